#include "speech/second_hearing.h"

#include <algorithm>
#include <cmath>

#include "speech/listening_gain.h"
#include "speech/voice_activity.h"

namespace guardian::speech {
namespace {

constexpr std::int64_t kLongest = std::int64_t{30} * kSampleRate_hz;

/// A doubt on its way: the samples it needs and those collected so far.
struct Collected {
  std::size_t doubt = 0;
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::vector<float> pcm;
};

class SecondHearing {
 public:
  SecondHearing(const media::Recording& recording, const std::vector<Doubt>& doubts, Recognizer& recognizer)
      : recording_(recording), doubts_(doubts), recognizer_(recognizer), answers_(doubts.size()) {
    for (std::size_t i = 0; i < doubts.size(); ++i) {
      const auto begin =
          std::max<std::int64_t>(0, std::llround((doubts[i].start_s - kPadBefore_s) * kSampleRate_hz));
      const auto end = std::llround((doubts[i].end_s + kPadAfter_s) * kSampleRate_hz);
      const bool there = doubts[i].channel >= 0 && doubts[i].channel < recording.channels;
      if (there && begin < end && end - begin <= kLongest) open_.push_back({i, begin, end, {}});
    }
  }

  bool is_done() const { return open_.empty(); }

  Result<void> take(const media::Pcm& block) {
    const auto& channels = block.channels;
    const auto length = channels.empty() ? 0 : std::ssize(channels[0]);
    for (auto& wanted : open_) {
      const auto& samples = channels[static_cast<std::size_t>(doubts_[wanted.doubt].channel)];
      const auto from = std::clamp<std::int64_t>(wanted.begin - position_, 0, length);
      const auto to = std::clamp<std::int64_t>(wanted.end - position_, from, length);
      wanted.pcm.insert(wanted.pcm.end(), samples.begin() + from, samples.begin() + to);
    }
    position_ += length;
    return weigh_complete(recognizer_.batch_size());
  }

  /// The recording has ended: what was collected is all there is.
  Result<void> finish() {
    for (auto& wanted : open_) wanted.end = std::min(wanted.end, position_);
    return weigh_complete(1);
  }

  std::vector<std::vector<double>> take_answers() && { return std::move(answers_); }

 private:
  Result<void> weigh_complete(std::size_t at_least) {
    const auto complete = std::stable_partition(
        open_.begin(), open_.end(), [&](const Collected& wanted) { return wanted.end > position_; });
    const auto count = static_cast<std::size_t>(open_.end() - complete);
    const bool nothing_else = complete == open_.begin();
    if (count == 0 || (count < at_least && !nothing_else)) return {};
    std::vector<Wordings> stretches;
    std::vector<std::size_t> asked;
    for (auto i = complete; i != open_.end(); ++i) {
      if (i->pcm.empty()) continue;
      const auto& doubt = doubts_[i->doubt];
      amplify(i->pcm, listening_gain(recording_.levels[static_cast<std::size_t>(doubt.channel)]));
      asked.push_back(i->doubt);
      stretches.push_back({std::move(i->pcm), doubt.texts});
    }
    open_.erase(complete, open_.end());
    auto weighed = recognizer_.weigh(stretches);
    if (!weighed) return tl::unexpected<Error>(weighed.error());
    for (std::size_t i = 0; i < asked.size(); ++i) answers_[asked[i]] = std::move((*weighed)[i]);
    return {};
  }

  const media::Recording& recording_;
  const std::vector<Doubt>& doubts_;
  Recognizer& recognizer_;
  std::vector<Collected> open_;
  std::vector<std::vector<double>> answers_;
  std::int64_t position_ = 0;  // samples read
};

}  // namespace

Result<std::vector<std::vector<double>>> hear_again(const BlockSource& source,
                                                    const media::Recording& recording,
                                                    const std::vector<Doubt>& doubts, Recognizer& recognizer,
                                                    const std::stop_token& stop) {
  SecondHearing hearing(recording, doubts, recognizer);
  while (!hearing.is_done()) {
    if (stop.stop_requested())
      return fail(Error::Kind::cancelled, recording.name, {"中止しました", "cancelled"}, {"", ""});
    const auto block = source();
    if (!block) return tl::unexpected<Error>(block.error());
    if (!*block) break;
    if (auto done = hearing.take(**block); !done) return tl::unexpected<Error>(done.error());
  }
  if (auto done = hearing.finish(); !done) return tl::unexpected<Error>(done.error());
  return std::move(hearing).take_answers();
}

}  // namespace guardian::speech
