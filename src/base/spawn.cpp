#include "base/spawn.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

namespace guardian {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// Owns the list of what is done to descriptors between fork and exec.
class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }

  int prepare(int input, int output) {
    int code = posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    if (code == 0) code = posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    if (code == 0)
      code = posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (code == 0) code = posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    return code;
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

}  // namespace

int spawn(pid_t& id, std::vector<std::string> command, std::vector<std::string> environment, int input,
          int output) {
  FileActions actions;
  if (const int code = actions.prepare(input, output); code != 0) return code;
  return ::posix_spawn(&id, command[0].c_str(), actions.get(), nullptr, pointers(command).data(),
                       pointers(environment).data());
}

}  // namespace guardian
