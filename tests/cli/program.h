// tests/cli/program.h - runs the real `guardian` program as a user would, and keeps what it says.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "support.h"

namespace guardian::cli::test {

using guardian::test::TemporaryFolder;

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// How a run ended.
struct Run {
  int exit_code = -1;  ///< -1 if a signal ended it
  std::string output;
  std::string messages;

  nlohmann::json json() const { return nlohmann::json::parse(output); }
  std::size_t message_lines() const {
    return static_cast<std::size_t>(std::count(messages.begin(), messages.end(), '\n'));
  }
};

class Program {
 public:
  /// `before` runs in the child before the program starts. `output` replaces the file that stdout goes to.
  explicit Program(const std::vector<std::string>& arguments, const std::function<void()>& before = {},
                   const std::filesystem::path& output = {}) {
    const auto target = output.empty() ? folder_.path() / "out" : output;
    child_ = ::fork();
    if (child_ != 0) return;
    ::dup2(::open(target.c_str(), O_WRONLY | O_CREAT, 0600), STDOUT_FILENO);
    ::dup2(::open((folder_.path() / "err").c_str(), O_WRONLY | O_CREAT, 0600), STDERR_FILENO);
    if (before) before();
    std::vector<std::string> words = arguments;
    words.insert(words.begin(), guardian::test::guardian_binary().string());
    std::vector<char*> pointers;
    for (auto& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    ::execv(pointers[0], pointers.data());
    ::_exit(127);
  }

  void interrupt() const { ::kill(child_, SIGINT); }

  Run wait() const {
    int status = 0;
    ::waitpid(child_, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content_of(folder_.path() / "out"),
            content_of(folder_.path() / "err")};
  }

 private:
  TemporaryFolder folder_;
  pid_t child_ = 0;
};

inline Run guardian(const std::vector<std::string>& arguments) { return Program(arguments).wait(); }

inline std::filesystem::path sample_call() { return guardian::test::source_dir() / "data/sample/call.wav"; }

inline void write(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

/// Names in a folder, in order.
inline std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  if (std::filesystem::exists(folder))
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace guardian::cli::test
