// tests/local_server.h - real servers that tests talk to, run as programs of their own.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include "support.h"

namespace guardian::test {

/// Runs a Python script that prints its address first, and ends it with the object.
class LocalServer {
 public:
  /// `script`: below tests/.
  LocalServer(const std::string& script, std::vector<std::string> arguments) {
    std::array<int, 2> from{};
    std::array<int, 2> to{};
    if (::pipe(from.data()) != 0 || ::pipe(to.data()) != 0) throw std::runtime_error("pipe");
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(to[0], STDIN_FILENO);
      ::dup2(from[1], STDOUT_FILENO);
      if (std::freopen("/dev/null", "w", stderr) == nullptr) ::_exit(127);
      ::close(to[1]);
      const auto path = (source_dir() / "tests" / script).string();
      arguments.insert(arguments.begin(), {"python3", path});
      std::vector<char*> pointers;
      pointers.reserve(arguments.size() + 1);
      for (auto& argument : arguments) pointers.push_back(argument.data());
      pointers.push_back(nullptr);
      ::execvp(pointers[0], pointers.data());
      ::_exit(127);
    }
    ::close(from[1]);
    ::close(to[0]);
    to_ = to[1];
    std::FILE* lines = ::fdopen(from[0], "r");
    std::array<char, 200> line{};
    if (std::fscanf(lines, "%199s", line.data()) == 1) address_ = line.data();
    std::fclose(lines);
  }
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;
  ~LocalServer() {
    ::close(to_);
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

  /// Base address; empty if the server did not start.
  const std::string& address() const { return address_; }

 private:
  pid_t child_ = 0;
  int to_ = -1;
  std::string address_;
};

}  // namespace guardian::test
