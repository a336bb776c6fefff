// tests/support.h - where tests find the project's own files and the shared evaluation material.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace guardian::test {

inline std::filesystem::path source_dir() { return GUARDIAN_SOURCE_DIR; }
inline std::filesystem::path shared_dir() { return GUARDIAN_SHARED_DIR; }
inline std::filesystem::path guardian_binary() { return GUARDIAN_BINARY; }

/// A folder that lasts as long as the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "guardian-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace guardian::test

/// Skips the test, saying why, where ../shared is not beside the checkout.
#define GUARDIAN_NEEDS_SHARED(relative)                                    \
  if (!std::filesystem::exists(guardian::test::shared_dir() / (relative))) \
  GTEST_SKIP() << "needs " << (guardian::test::shared_dir() / (relative)) << ", not present"
