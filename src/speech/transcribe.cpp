#include "speech/transcribe.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "speech/coverage.h"
#include "speech/invention_guard.h"
#include "speech/listening_gain.h"
#include "speech/utterance_builder.h"
#include "speech/window_packer.h"

namespace guardian::speech {
namespace {

constexpr std::size_t kReportedRejections = 20;

double mean_energy(const std::vector<float>& pcm) {
  const double sum = std::inner_product(pcm.begin(), pcm.end(), pcm.begin(), 0.0);
  return pcm.empty() ? 0.0 : sum / static_cast<double>(pcm.size());
}

/// One channel on its way: what is still needed of its PCM, its speech detector, its windows.
struct Lane {
  int channel = 0;
  float gain = 1.0F;
  VoiceActivity voice_activity;
  WindowPacker packer;
  std::vector<PackedWindow> candidates;  // of which one will be listened to
  std::vector<float> pcm;
  std::int64_t pcm_begin = 0;  // sample number of pcm[0]
  double last_end_s = 0.0;     // of the last span given to the packer

  void append(const std::vector<float>& samples) {
    const auto before = pcm.size();
    pcm.insert(pcm.end(), samples.begin(), samples.end());
    amplify(std::span(pcm).subspan(before), gain);
  }

  /// The samples of a span with its padding, which never reaches into the span before.
  std::span<const float> cut(const Span& span, double& start_s) const {
    start_s = std::max(last_end_s, span.start_s - kPadBefore_s);
    const auto begin =
        std::clamp<std::int64_t>(std::llround(start_s * kSampleRate_hz) - pcm_begin, 0, std::ssize(pcm));
    const auto end = std::clamp<std::int64_t>(
        std::llround((span.end_s + kPadAfter_s) * kSampleRate_hz) - pcm_begin, begin, std::ssize(pcm));
    return std::span(pcm).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
  }

  void forget_before(double moment_s) {
    const auto count =
        std::clamp<std::int64_t>(std::llround(moment_s * kSampleRate_hz) - pcm_begin, 0, std::ssize(pcm));
    pcm.erase(pcm.begin(), pcm.begin() + count);
    pcm_begin += count;
  }
};

/// The whole job; one object per recording.
class Transcriber {
 public:
  Transcriber(const TranscribeInput& input, Recognizer& recognizer, const TranscribeHooks& hooks)
      : input_(input), recognizer_(recognizer), hooks_(hooks) {}

  Result<void> open_lanes() {
    const auto& recording = *input_.recording;
    for (int channel = 0; channel < recording.channels; ++channel) {
      const auto& level = recording.levels[static_cast<std::size_t>(channel)];
      const bool copy = recording.dual_mono && channel > 0;
      if (copy || level.active_s <= 0.0) continue;
      auto voice_activity = VoiceActivity::load(input_.voice_activity_weights, {});
      if (!voice_activity) return tl::unexpected<Error>(voice_activity.error());
      lanes_.push_back({channel,
                        listening_gain(level),
                        std::move(*voice_activity),
                        WindowPacker(channel),
                        {},
                        {},
                        0,
                        0.0});
    }
    return {};
  }

  Result<void> listen() {
    while (!lanes_.empty()) {
      if (hooks_.stop.stop_requested())
        return fail(Error::Kind::cancelled, input_.recording->name, {"中止しました", "cancelled"}, {"", ""});
      auto block = input_.source();
      if (!block) return tl::unexpected<Error>(block.error());
      if (!*block) break;
      for (auto& lane : lanes_) {
        const auto& samples = (*block)->channels[static_cast<std::size_t>(lane.channel)];
        lane.append(samples);
        const auto tail = std::span(lane.pcm).last(samples.size());
        collect(lane, lane.voice_activity.push(tail));
        lane.forget_before(lane.voice_activity.open_since_s());
      }
      if (auto done = recognize_full_batches(); !done) return done;
      if (hooks_.progress) hooks_.progress((*block)->start_s);
    }
    return finish();
  }

  HeardSpeech take() && {
    auto& utterances = heard_.transcript.utterances;
    std::vector<std::size_t> order(utterances.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::pair(utterances[a].start_s, utterances[a].channel) <
             std::pair(utterances[b].start_s, utterances[b].channel);
    });
    HeardSpeech sorted;
    for (const std::size_t i : order) {
      utterances[i].index = static_cast<int>(sorted.cues.size());
      sorted.transcript.utterances.push_back(std::move(utterances[i]));
      sorted.cues.push_back(heard_.cues[i]);
    }
    sorted.transcript.speech_s = heard_.transcript.speech_s;
    sorted.transcript.warnings = std::move(heard_.transcript.warnings);
    sorted.transcript.asr_model = recognizer_.model_name();
    return sorted;
  }

 private:
  void collect(Lane& lane, const std::vector<Span>& spans) {
    for (const auto& span : spans) {
      double start_s = 0.0;
      const auto pcm = lane.cut(span, start_s);
      if (pcm.empty()) continue;
      lane.last_end_s = start_s + static_cast<double>(pcm.size()) / kSampleRate_hz;
      heard_.transcript.speech_s += span.end_s - span.start_s;
      if (hooks_.on_speech) hooks_.on_speech(start_s, pcm);
      for (auto& window : lane.packer.add(pcm, start_s)) choose(lane, std::move(window));
    }
  }

  void choose(Lane& lane, PackedWindow window) {
    lane.candidates.push_back(std::move(window));
    if (std::ssize(lane.candidates) >= input_.one_window_in) take_loudest(lane);
  }

  void take_loudest(Lane& lane) {
    if (lane.candidates.empty()) return;
    waiting_.push_back(std::move(*std::max_element(
        lane.candidates.begin(), lane.candidates.end(),
        [](const auto& a, const auto& b) { return mean_energy(a.pcm) < mean_energy(b.pcm); })));
    lane.candidates.clear();
  }

  Result<void> recognize_full_batches() {
    while (waiting_.size() >= recognizer_.batch_size()) {
      if (auto done = recognize(recognizer_.batch_size()); !done) return done;
    }
    return {};
  }

  Result<void> finish() {
    for (auto& lane : lanes_) {
      collect(lane, lane.voice_activity.finish());
      if (auto window = lane.packer.finish()) choose(lane, std::move(*window));
      take_loudest(lane);
    }
    while (!waiting_.empty()) {
      if (hooks_.stop.stop_requested())
        return fail(Error::Kind::cancelled, input_.recording->name, {"中止しました", "cancelled"}, {"", ""});
      if (auto done = recognize(std::min(waiting_.size(), recognizer_.batch_size())); !done) return done;
    }
    return {};
  }

  /// Recognises the first `count` waiting windows.
  Result<void> recognize(std::size_t count) {
    std::vector<std::vector<float>> sounds;
    for (std::size_t i = 0; i < count; ++i) sounds.push_back(waiting_[i].pcm);
    auto recognitions = recognizer_.recognize(sounds);
    if (!recognitions) return tl::unexpected<Error>(recognitions.error());
    for (std::size_t i = 0; i < count; ++i) {
      if (auto done = listen_again(waiting_[i], (*recognitions)[i]); !done) return done;
      keep(waiting_[i], (*recognitions)[i]);
    }
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
    return {};
  }

  /// Gives the pieces that were passed over a window of their own, and keeps what is heard there if it is
  /// more.
  Result<void> listen_again(const PackedWindow& window, Recognition& recognition) {
    std::vector<PackedWindow> alone;
    std::vector<std::vector<float>> sounds;
    const auto pieces = find_unheard_pieces(window, recognition);
    for (const std::size_t piece : pieces) {
      alone.push_back(window_of_piece(window, piece));
      sounds.push_back(alone.back().pcm);
    }
    if (alone.empty()) return {};
    const auto second = recognizer_.recognize(sounds);
    if (!second) return tl::unexpected<Error>(second.error());
    for (std::size_t i = 0; i < alone.size(); ++i) {
      Recognition without = recognition;
      std::size_t bytes = 0;
      for (const auto& token : (*second)[i].tokens) bytes += token.text.size();
      if (bytes <= take_out_piece(window, pieces[i], without)) continue;
      recognition = std::move(without);
      keep(alone[i], (*second)[i]);
    }
    return {};
  }

  void keep(const PackedWindow& window, const Recognition& recognition) {
    for (auto& heard : build_utterances(window, recognition)) {
      const auto begin =
          std::min(window.pcm.size(), static_cast<std::size_t>(heard.window_start_s * kSampleRate_hz));
      const auto end =
          std::clamp(static_cast<std::size_t>(heard.window_end_s * kSampleRate_hz), begin, window.pcm.size());
      const auto sound = std::span(window.pcm).subspan(begin, end - begin);
      const auto invention = find_invention(heard.utterance, sound, recognition);
      if (invention != Invention::none) {
        if (rejections_++ < kReportedRejections)
          heard_.transcript.warnings.push_back(describe_rejection(heard.utterance, invention));
        continue;
      }
      heard_.transcript.utterances.push_back(std::move(heard.utterance));
      heard_.cues.push_back(measure_cues(sound));
      if (auto& level_db = heard_.cues.back().level_db) *level_db -= gain_db(window.channel);
    }
  }

  double gain_db(int channel) const {
    const auto lane =
        std::find_if(lanes_.begin(), lanes_.end(), [&](const Lane& l) { return l.channel == channel; });
    return lane == lanes_.end() ? 0.0 : 20.0 * std::log10(lane->gain);
  }

  const TranscribeInput& input_;
  Recognizer& recognizer_;
  const TranscribeHooks& hooks_;
  std::vector<Lane> lanes_;
  std::vector<PackedWindow> waiting_;
  HeardSpeech heard_;
  std::size_t rejections_ = 0;
};

}  // namespace

Result<HeardSpeech> transcribe(const TranscribeInput& input, Recognizer& recognizer,
                               const TranscribeHooks& hooks) {
  Transcriber transcriber(input, recognizer, hooks);
  if (auto opened = transcriber.open_lanes(); !opened) return tl::unexpected<Error>(opened.error());
  if (auto done = transcriber.listen(); !done) return tl::unexpected<Error>(done.error());
  return std::move(transcriber).take();
}

}  // namespace guardian::speech
