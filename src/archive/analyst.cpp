#include "archive/analyst.h"

#include <algorithm>

namespace guardian::archive {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kTick_ms = 500;
constexpr milliseconds kLoading{120'000};  // from a slow disk
constexpr milliseconds kLeastPatience{120'000};
constexpr milliseconds kMostPatience{1'800'000};
// The sparsest codecs give 2,000 bytes a second of sound; silence for a quarter of the sound's time is too
// long.
constexpr std::int64_t kBytesPerMillisecond = 8;

milliseconds patience_for(const WorkOrder& order) {
  return std::min(kMostPatience, kLeastPatience + milliseconds(order.bytes / kBytesPerMillisecond));
}

tl::unexpected<Error> hung() {
  return fail(Error::Kind::model, "guardian work",
              {"分析プロセスが応答しなくなりました", "the analysing process hung"},
              {"録音ファイルが壊れていないか確かめてください", "Check that the recording is sound"});
}

/// The file may be all right although the child talked nonsense: another attempt can help.
Error nonsense(Error error) {
  error.kind = Error::Kind::model;
  return error;
}

}  // namespace

Result<WorkResult> Analyst::analyse(const WorkOrder& order, const Watch& watch) {
  if (!process_)
    if (auto started = start(watch); !started) {
      drop();
      return tl::unexpected<Error>(started.error());
    }
  auto sent = process_->send(to_line(order));
  auto result = sent ? listen(order, watch) : tl::unexpected<Error>(sent.error());
  return result;
}

void Analyst::drop() {
  child_ = 0;
  process_.reset();
}

Result<void> Analyst::start(const Watch& watch) {
  auto process = LineProcess::start(command_);
  if (!process) return tl::unexpected<Error>(process.error());
  process_.emplace(std::move(*process));
  child_ = process_->id();
  const auto until = Clock::now() + kLoading;
  while (Clock::now() < until) {
    auto message = hear();
    if (!message) return tl::unexpected<Error>(message.error());
    if (*message && (*message)->error) return tl::unexpected<Error>(*(*message)->error);
    if (*message) return {};
    if (auto go_on = watch(0.0); !go_on) return go_on;
  }
  return hung();
}

/// One message, if there is one. After an error there is no child any more.
Result<std::optional<WorkMessage>> Analyst::hear() {
  auto line = process_->receive(kTick_ms, kLongestLine);
  if (!line) {
    drop();
    return tl::unexpected<Error>(nonsense(line.error()));
  }
  if (!*line) return std::nullopt;
  auto message = parse_message(**line);
  if (message) return std::move(*message);
  drop();
  return tl::unexpected<Error>(nonsense(message.error()));
}

Result<WorkResult> Analyst::listen(const WorkOrder& order, const Watch& watch) {
  const auto patience = patience_.value_or(patience_for(order));
  auto heard = Clock::now();
  double share = 0.0;
  for (;;) {
    auto message = hear();
    if (!message) return tl::unexpected<Error>(message.error());
    if (auto& said = *message; said && (said->job == order.job || said->job.empty())) {
      if (said->result) return std::move(*said->result);
      if (said->error) return tl::unexpected<Error>(*said->error);
      const double grown = std::clamp(said->share.value_or(share), share, 1.0);
      if (grown > share) heard = Clock::now();
      share = grown;
    }
    auto go_on = watch(share);
    if (go_on && Clock::now() - heard <= patience) continue;
    drop();
    if (!go_on) return tl::unexpected<Error>(go_on.error());
    return hung();
  }
}

}  // namespace guardian::archive
