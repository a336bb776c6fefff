#include "document/pdf.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <mutex>

#include "base/descriptor.h"
#include "base/spawn.h"

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

/// Its process, -1 if there is no such program. It knows nothing of our environment.
pid_t start(const Descriptor& input, const Descriptor& output) {
  pid_t id = -1;
  const int code =
      spawn(id, {"/usr/bin/weasyprint", "--encoding", "utf-8", "--quiet", "-", "-"},
            {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/nonexistent"}, input.get(), output.get());
  return code == 0 ? id : -1;
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
