// tests/consultation/local_server.h - servers of this folder.
#pragma once

#include "../local_server.h"

namespace guardian::consultation::test {

/// A script of this folder.
class LocalServer : public guardian::test::LocalServer {
 public:
  LocalServer(const std::string& script, std::vector<std::string> arguments)
      : guardian::test::LocalServer("consultation/" + script, std::move(arguments)) {}
};

/// Where scripts/setup puts llama.cpp's server.
inline std::filesystem::path llama_folder() { return guardian::test::source_dir() / ".deps/llama-cpp"; }

}  // namespace guardian::consultation::test

/// Skips the test, saying why, where the real server is not installed.
#define GUARDIAN_NEEDS_LLAMA()                                                                   \
  if (!std::filesystem::exists(guardian::consultation::test::llama_folder() / "xllamacpp"))      \
  GTEST_SKIP() << "needs llama.cpp's server in " << guardian::consultation::test::llama_folder() \
               << ", not present; scripts/setup brings it"
