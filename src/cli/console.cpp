#include "cli/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "base/clock.h"
#include "base/text.h"

namespace guardian::cli {
namespace {

constexpr int kBarWidth = 28;
constexpr std::size_t kLabelCharacters = 28;
constexpr auto kRedrawInterval = std::chrono::milliseconds(100);
constexpr double kShareBeforeEstimate = 0.02;  // below this the time left would be a guess

std::string shorten(const std::string& label) {
  if (count_characters(label) <= kLabelCharacters) return label;
  std::size_t end = 0;
  for (std::size_t characters = 0; characters < kLabelCharacters - 1; ++characters) do
      ++end;
    while (end < label.size() && (static_cast<unsigned char>(label[end]) & 0xC0U) == 0x80U);
  return label.substr(0, end) + "…";
}

}  // namespace

Language language_from_environment() {
  const char* chosen = std::getenv("GUARDIAN_LANG");
  return chosen != nullptr && std::string_view(chosen).substr(0, 2) == "en" ? Language::english
                                                                            : Language::japanese;
}

void print_error(const Error& error, Language language) {
  fmt::print(stderr, "guardian: {}\n", describe(error, language));
}

Result<void> print(std::string_view text) {
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (written) return {};
  const std::string reason = std::system_category().message(errno);
  return fail(
      Error::Kind::storage, "",
      {fmt::format("標準出力に書けません ({})", reason), fmt::format("cannot write to stdout ({})", reason)},
      {"空き容量と出力先を確かめてください", "Check free space and where the output goes"});
}

bool is_terminal_output() { return ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr; }

ProgressBar::ProgressBar(const std::string& label, Language language)
    : label_(shorten(printable(label))),
      language_(language),
      visible_(::isatty(STDERR_FILENO) == 1),
      begun_(std::chrono::steady_clock::now()) {}

ProgressBar::~ProgressBar() {
  if (visible_) fmt::print(stderr, "\r\x1b[2K");
}

void ProgressBar::update(double share) {
  const auto now = std::chrono::steady_clock::now();
  if (!visible_ || now - drawn_ < kRedrawInterval) return;
  drawn_ = now;
  share = std::clamp(share, 0.0, 1.0);
  std::string left;
  if (share > kShareBeforeEstimate) {
    const double spent_s = std::chrono::duration<double>(now - begun_).count();
    const auto position = format_position(spent_s / share - spent_s + 1.0);
    left =
        language_ == Language::japanese ? fmt::format("残り {}", position) : fmt::format("{} left", position);
  }
  const int filled = static_cast<int>(share * kBarWidth);
  fmt::print(stderr, "\r\x1b[2K{} [{:=<{}}{: <{}}] {:3.0f} % {}", label_, "", filled, "", kBarWidth - filled,
             share * 100.0, left);
  std::fflush(stderr);
}

}  // namespace guardian::cli
