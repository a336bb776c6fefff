#include "document/pdf.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <mutex>

#include "base/descriptor.h"

namespace guardian::document {
namespace {

constexpr std::chrono::seconds kTurn{60};
constexpr int kPatience_ms = 120'000;
constexpr rlim_t kProcessor_s = 100;
constexpr rlim_t kMemory_bytes = rlim_t{3} << 30U;
constexpr off_t kMost_bytes = off_t{100} << 20U;

tl::unexpected<Error> failed(const Text& what) {
  return fail(Error::Kind::model, "weasyprint", what,
              {"Debian のパッケージ weasyprint と fonts-noto-cjk を入れてください",
               "Install the Debian packages weasyprint and fonts-noto-cjk"});
}

/// In memory: what a report says is never on a disk in the clear.
Descriptor memory_file(const char* name) { return Descriptor(::memfd_create(name, MFD_CLOEXEC)); }

/// The program's descriptors and what little it may know of our environment.
pid_t start(const Descriptor& input, const Descriptor& output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.get(), STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  std::array<std::string, 6> words = {"weasyprint", "--encoding", "utf-8", "--quiet", "-", "-"};
  std::array<char*, 7> arguments{};
  for (std::size_t i = 0; i < words.size(); ++i) arguments.at(i) = words.at(i).data();
  std::array<std::string, 3> variables = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/nonexistent"};
  std::array<char*, 4> environment{};
  for (std::size_t i = 0; i < variables.size(); ++i) environment.at(i) = variables.at(i).data();
  pid_t id = -1;
  if (::posix_spawn(&id, "/usr/bin/weasyprint", &actions, nullptr, arguments.data(), environment.data()) != 0)
    id = -1;
  posix_spawn_file_actions_destroy(&actions);
  return id;
}

void limit(pid_t id) {
  const rlimit processor{kProcessor_s, kProcessor_s};
  const rlimit memory{kMemory_bytes, kMemory_bytes};
  const rlimit file{static_cast<rlim_t>(kMost_bytes), static_cast<rlim_t>(kMost_bytes)};
  ::prlimit(id, RLIMIT_CPU, &processor, nullptr);
  ::prlimit(id, RLIMIT_AS, &memory, nullptr);
  ::prlimit(id, RLIMIT_FSIZE, &file, nullptr);
}

/// True if it ended well and in time. It is gone afterwards in any case.
bool finish(pid_t id) {
  const Descriptor watched(static_cast<int>(::syscall(SYS_pidfd_open, id, 0)));
  pollfd polled{watched.get(), POLLIN, 0};
  if (::poll(&polled, 1, kPatience_ms) != 1) ::kill(id, SIGKILL);
  int status = 0;
  while (::waitpid(id, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string content_of(const Descriptor& file) {
  const auto size = ::lseek(file.get(), 0, SEEK_END);
  std::string content(size > 0 ? static_cast<std::size_t>(size) : 0, '\0');
  const auto read = ::pread(file.get(), content.data(), content.size(), 0);
  content.resize(read > 0 ? static_cast<std::size_t>(read) : 0);
  return content;
}

}  // namespace

Result<std::string> to_pdf(const Page& page) {
  static std::timed_mutex turn;
  const std::unique_lock lock(turn, kTurn);
  if (!lock.owns_lock())
    return fail(Error::Kind::busy, "weasyprint", {"ほかの PDF を作っています", "other PDFs are being made"},
                {"少し待って、もう一度お試しください", "Wait a little and try again"});
  const auto input = memory_file("page");
  const auto output = memory_file("pdf");
  if (!input.valid() || !output.valid() || write_all(input.get(), page.html()) != 0 ||
      ::lseek(input.get(), 0, SEEK_SET) != 0)
    return failed({"メモリーが足りません", "not enough memory"});
  const auto id = start(input, output);
  if (id < 0) return failed({"PDF を作るプログラムがありません", "the program that makes PDFs is missing"});
  limit(id);
  const bool done = finish(id);
  auto pdf = content_of(output);
  if (!done || !pdf.starts_with("%PDF-"))
    return failed({"PDF を作れませんでした", "the PDF could not be made"});
  return pdf;
}

}  // namespace guardian::document
