#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "intake/pickup.h"

namespace guardian::cli {
namespace {

using std::chrono::seconds;

constexpr const char* kKeyVariable = "GUARDIAN_API_KEY";
constexpr std::size_t kKeyBytes = 1000;
constexpr seconds kLook{2};  // between two looks at the folder
constexpr seconds kFirstPatience{5};
constexpr seconds kMostPatience{300};

/// Never from the command line, which other users of the machine can read.
Result<std::string> read_key(const std::filesystem::path& file) {
  std::string key;
  if (!file.empty()) {
    auto text = read_file(file, kKeyBytes);
    if (!text) return text;
    key = std::move(*text);
  } else if (const char* told = std::getenv(kKeyVariable); told != nullptr) {
    key = told;
  }
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r' || key.back() == ' ')) key.pop_back();
  if (key.starts_with("kgk_") && key.size() <= kKeyBytes &&
      std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 127; }))
    return key;
  return fail(Error::Kind::usage, kKeyVariable, {"API キーがありません", "there is no API key"},
              {"guardian api-key add で作り、$GUARDIAN_API_KEY か --key-file で渡してください",
               "Make one with `guardian api-key add` and give it in $GUARDIAN_API_KEY or by --key-file"});
}

/// False if a stop was requested meanwhile.
bool wait(seconds patience, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait_for(lock, stop, patience, [] { return false; });
  return !stop.stop_requested();
}

std::string summary(const intake::Round& total, Language language) {
  return language == Language::japanese
             ? fmt::format("送信 {}、待ち {}、送れず {}\n", total.sent, total.waiting, total.refused)
             : fmt::format("sent {}, waiting {}, refused {}\n", total.sent, total.waiting, total.refused);
}

/// Until a stop is requested; with `once` until nothing moves any more. Returns what the last round came to.
Result<intake::Round> go_on(intake::Pickup& pickup, intake::Sender& sender, bool once, double settle_s,
                            const CommonOptions& common) {
  intake::Round last;
  int sent = 0;
  auto patience = kFirstPatience;
  while (!common.stop.stop_requested()) {
    auto round = pickup.go_round(sender, common.stop);
    if (!round && round.error().kind == Error::Kind::cancelled) break;
    if (!round) return round;
    sent += round->sent;
    last = *round;
    last.sent = sent;
    // What is still being written gets its time; a server that is away does not, for somebody waits.
    if (once && (round->again || round->waiting == 0 || settle_s <= 0.0)) break;
    if (once) settle_s -= static_cast<double>(kLook.count());
    if (round->sent > 0 && !once)
      if (auto told = print(summary(*round, common.language)); !told)
        return tl::unexpected<Error>(told.error());
    if (!wait(round->again ? patience : kLook, common.stop)) break;
    patience = round->again ? std::min(patience * 2, kMostPatience) : kFirstPatience;
  }
  return last;
}

Result<bool> watch_folder(const WatchOptions& options, const CommonOptions& common) {
  const auto key = read_key(options.key_file);
  if (!key) return tl::unexpected<Error>(key.error());
  if (auto good = intake::check_server_url(options.server); !good) return tl::unexpected<Error>(good.error());
  auto pickup =
      intake::Pickup::open(options.pickup, [&](const std::filesystem::path& file, const Text& what) {
        print_error({Error::Kind::usage, printable(file.string()), what, {"", ""}}, common.language);
      });
  if (!pickup) return tl::unexpected<Error>(pickup.error());
  intake::Sender sender({options.server, *key, options.ca_file});
  const auto last = go_on(*pickup, sender, options.once, options.pickup.settle_s, common);
  if (!last) return tl::unexpected<Error>(last.error());
  if (auto told = print(summary(*last, common.language)); !told) return tl::unexpected<Error>(told.error());
  return !options.once || (last->refused == 0 && last->waiting == 0 && !last->again);
}

}  // namespace

int watch(const WatchOptions& options, const CommonOptions& common) {
  const auto good = watch_folder(options, common);
  if (good) return *good ? kDone : kFailed;
  print_error(good.error(), common.language);
  return good.error().kind == Error::Kind::usage ? kUsage : kFailed;
}

}  // namespace guardian::cli
