#include "archive/line_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sodium.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/spawn.h"

namespace guardian::archive {
namespace {

constexpr int kTakes_ms = 10'000;
constexpr std::size_t kBlock = std::size_t{64} << 10U;

/// What the child may know. The master key is in a variable, too, and not among them.
constexpr const char* kPassedOn[] = {"PATH",
                                     "HOME",
                                     "LANG",
                                     "LC_ALL",
                                     "TZ",
                                     "TMPDIR",
                                     "MECABRC",
                                     "GUARDIAN_MODELS",
                                     "GUARDIAN_POLICY",
                                     "XDG_DATA_HOME",
                                     "LD_LIBRARY_PATH"};

std::vector<std::string> environment() {
  std::vector<std::string> variables;
  for (const char* name : kPassedOn)
    if (const char* value = std::getenv(name); value != nullptr)
      variables.push_back(fmt::format("{}={}", name, value));
  return variables;
}

tl::unexpected<Error> process_error(const Text& what) {
  return fail(Error::Kind::model, "guardian work", what,
              {"くり返し起きるときは、メモリーの空きと録音ファイルを確かめてください",
               "If it happens again and again, check free memory and the recording"});
}

tl::unexpected<Error> cannot_start(int code) {
  const auto reason = std::system_category().message(code);
  return process_error({fmt::format("分析プロセスを始められません ({})", reason),
                        fmt::format("the analysing process cannot be started ({})", reason)});
}

int wait_for(int fd, short events, int ms) {
  pollfd polled{fd, events, 0};
  return ::poll(&polled, 1, ms);
}

}  // namespace

Result<LineProcess> LineProcess::start(const std::vector<std::string>& command) {
  // A pair of sockets in place of a pipe: a write to one whose reader is gone can be told not to raise
  // SIGPIPE.
  std::array<int, 2> sockets{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) != 0) return cannot_start(errno);
  Descriptor input(sockets[0]);
  const Descriptor child_input(sockets[1]);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return cannot_start(errno);
  Descriptor output(ends[0]);
  const Descriptor child_output(ends[1]);
  pid_t id = -1;
  if (const int code = spawn(id, command, environment(), child_input.get(), child_output.get()); code != 0)
    return cannot_start(code);
  return LineProcess(id, std::move(input), std::move(output));
}

LineProcess::LineProcess(LineProcess&& other) noexcept
    : id_(std::exchange(other.id_, -1)),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      heard_(std::move(other.heard_)),
      searched_(other.searched_) {}

LineProcess& LineProcess::operator=(LineProcess&& other) noexcept {
  std::swap(id_, other.id_);
  std::swap(input_, other.input_);
  std::swap(output_, other.output_);
  std::swap(heard_, other.heard_);
  std::swap(searched_, other.searched_);
  return *this;
}

LineProcess::~LineProcess() { end(); }

void LineProcess::end() {
  if (id_ < 0) return;
  ::kill(id_, SIGKILL);
  while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
  }
  id_ = -1;
}

Result<void> LineProcess::send(std::string line) {
  line += '\n';
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(kTakes_ms);
  std::size_t sent = 0;
  while (sent < line.size()) {
    const auto wrote =
        ::send(input_.get(), line.data() + sent, line.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (wrote > 0) sent += static_cast<std::size_t>(wrote);
    if (wrote > 0 || (wrote < 0 && errno == EINTR)) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) break;
    if (std::chrono::steady_clock::now() >= until) break;
    wait_for(input_.get(), POLLOUT, 100);
  }
  const bool all = sent == line.size();
  sodium_memzero(line.data(), line.size());  // it may hold a key
  if (all) return {};
  return process_error(
      {"分析プロセスが仕事を受け取りません", "the analysing process does not take its work"});
}

Result<std::optional<std::string>> LineProcess::receive(int ms, std::size_t limit) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  for (;;) {
    if (auto line = take_line()) return line;
    if (heard_.size() > limit)
      return fail(Error::Kind::damaged, "guardian work",
                  {"分析プロセスの返事が長すぎます", "the analysing process says too much"}, {"", ""});
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() < 0) return std::nullopt;
    if (wait_for(output_.get(), POLLIN, static_cast<int>(left.count())) <= 0) continue;
    std::array<char, kBlock> block{};
    const auto got = ::read(output_.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return how_it_ended();
    heard_.append(block.data(), static_cast<std::size_t>(got));
  }
}

std::optional<std::string> LineProcess::take_line() {
  const auto end = heard_.find('\n', searched_);
  searched_ = heard_.size();
  if (end == std::string::npos) return std::nullopt;
  auto line = heard_.substr(0, end);
  heard_.erase(0, end + 1);
  searched_ = 0;
  return line;
}

tl::unexpected<Error> LineProcess::how_it_ended() {
  // It closed its output: it is ending or has no way to answer any more.
  int status = 0;
  pid_t ended = 0;
  for (int i = 0; i < 50 && ended == 0; ++i) {
    ended = ::waitpid(id_, &status, WNOHANG);
    if (ended == 0) ::poll(nullptr, 0, 10);
  }
  if (ended == 0) {
    end();
    return process_error({"分析プロセスが返事をやめました", "the analysing process stopped answering"});
  }
  id_ = -1;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
    return process_error({"録音の長さのわりに計算が終わりませんでした",
                          "the work did not end within the time that such a recording may take"});
  if (WIFSIGNALED(status))
    return process_error({fmt::format("分析プロセスが異常終了しました ({})", ::strsignal(WTERMSIG(status))),
                          fmt::format("the analysing process crashed ({})", ::strsignal(WTERMSIG(status)))});
  return process_error({fmt::format("分析プロセスが終了しました (終了コード {})", WEXITSTATUS(status)),
                        fmt::format("the analysing process ended (exit code {})", WEXITSTATUS(status))});
}

}  // namespace guardian::archive
