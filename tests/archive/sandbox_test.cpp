#include "archive/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <thread>

#include "support.h"

namespace guardian::archive {
namespace {

/// Runs `act` in a process that is confined; the exit code is 0 if it returns true.
int confined(const std::function<bool()>& act) {
  const pid_t process = ::fork();
  if (process == 0) {
    if (!limit_process({}) || !close_sandbox()) ::_exit(77);
    ::_exit(act() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(process, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(TheSandbox, OpensNoSocket) {
  EXPECT_EQ(confined([] { return ::socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM; }), 0);
  EXPECT_EQ(confined([] { return ::socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM; }), 0);
}

TEST(TheSandbox, StartsNoProgramAndNoProcess) {
  EXPECT_EQ(confined([] { return ::execl("/bin/true", "true", nullptr) < 0 && errno == EPERM; }), 0);
  EXPECT_EQ(confined([] { return ::fork() < 0; }), 0);
}

TEST(TheSandbox, StillReadsFilesAndStartsThreads) {
  EXPECT_EQ(confined([] {
              char byte = 0;
              const int file = ::open("/proc/self/exe", O_RDONLY);
              bool ran = false;
              std::thread([&] { ran = true; }).join();
              return ran && file >= 0 && ::read(file, &byte, 1) == 1;
            }),
            0);
}

TEST(TheSandbox, ChangesNoFile) {
  const guardian::test::TemporaryFolder folder;
  const auto path = (folder.path() / "file").string();
  const int open_before = ::open(path.c_str(), O_WRONLY | O_CREAT, 0600);
  EXPECT_EQ(confined([&] { return ::open(path.c_str(), O_WRONLY) < 0 && errno == EPERM; }), 0);
  EXPECT_EQ(confined([&] { return ::open(path.c_str(), O_RDWR | O_CREAT, 0600) < 0 && errno == EPERM; }), 0);
  EXPECT_EQ(confined([&] { return ::unlink(path.c_str()) < 0 && errno == EPERM; }), 0);
  EXPECT_EQ(confined([&] { return ::write(open_before, "x", 1) < 0 && errno == EFBIG; }), 0);
  ::close(open_before);
}

TEST(TheSandbox, EndsWhatComputesForEver) {
  EXPECT_EQ(confined([] {
              limit_processor_time(1);
              for (std::atomic<int> turns = 0;; ++turns) continue;
              return true;
            }),
            -1);
}

}  // namespace
}  // namespace guardian::archive
