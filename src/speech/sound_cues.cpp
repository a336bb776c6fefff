#include "speech/sound_cues.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "speech/pitch.h"

namespace guardian::speech {
namespace {

constexpr std::size_t kLevelFrame = 320;  // 20 ms
constexpr double kInaudiblePower = 1e-7;  // -70 dBFS
constexpr double kGatePower = 0.00316;    // pauses: 25 dB below the loudest frame
constexpr std::size_t kFewestVoicedFrames = 5;
constexpr std::size_t kFewestForMedian = 3;

// Shorter utterances give a rate made of rounding; faster than this nobody speaks, the times are wrong
// (quick Japanese conversation is about 10 morae per second).
constexpr double kShortestForRate_s = 0.5;
constexpr std::size_t kFewestMorae = 4;
constexpr double kFastestRate = 16.0;

// Voice activity is padded by about 0.1 s on both sides; less than this is no overlap of voices.
constexpr double kOverlapTolerance_s = 0.2;
// Whoever keeps talking this long after the other fell silent has taken the floor; a 「はい」 in between has
// not.
constexpr double kFloorTaken_s = 0.5;
// Sound cues compare sides of a conversation; a file that claims more than this many is not one.
constexpr std::size_t kMostSides = 16;

double percentile(std::vector<double> values, double share) {
  const auto at = static_cast<std::ptrdiff_t>(std::lround(share * static_cast<double>(values.size() - 1)));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2.0;
}

double semitones(double hz, double reference_hz) { return 12.0 * std::log2(hz / reference_hz); }

std::optional<double> speech_level_db(std::span<const float> pcm) {
  std::vector<double> powers;
  for (std::size_t at = 0; at + kLevelFrame <= pcm.size(); at += kLevelFrame) {
    double energy = 0.0;
    for (const float sample : pcm.subspan(at, kLevelFrame)) {
      energy += static_cast<double>(sample) * static_cast<double>(sample);
    }
    powers.push_back(energy / static_cast<double>(kLevelFrame));
  }
  if (powers.empty()) return std::nullopt;
  const double gate = std::max(kInaudiblePower, *std::max_element(powers.begin(), powers.end()) * kGatePower);
  double sum = 0.0;
  std::size_t count = 0;
  for (const double power : powers) {
    if (power < gate) continue;
    sum += power;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return 10.0 * std::log10(sum / static_cast<double>(count));
}

// ---- against the same speaker ----

/// Utterances are compared within one voice: channel (or diarized voice) and role together.
using Voice = std::pair<int, Speaker>;

std::optional<Voice> voice_of(const Utterance& utterance) {
  if (utterance.channel < 0 && utterance.speaker == Speaker::unknown) return std::nullopt;
  return Voice{utterance.channel, utterance.speaker};
}

struct Baseline {
  std::vector<double> levels_db;
  std::vector<double> pitches_hz;

  std::optional<double> level_db() const { return typical(levels_db); }
  std::optional<double> pitch_hz() const { return typical(pitches_hz); }

 private:
  static std::optional<double> typical(const std::vector<double>& values) {
    if (values.size() < kFewestForMedian) return std::nullopt;
    return median(values);
  }
};

void compare_with_own_voice(std::vector<Utterance>& utterances) {
  std::map<Voice, Baseline> baselines;
  for (const Utterance& utterance : utterances) {
    const auto voice = voice_of(utterance);
    if (!voice) continue;
    Baseline& baseline = baselines[*voice];
    if (utterance.cues.loudness_db) baseline.levels_db.push_back(*utterance.cues.loudness_db);
    if (utterance.cues.pitch_hz) baseline.pitches_hz.push_back(*utterance.cues.pitch_hz);
  }
  std::map<Voice, std::pair<std::optional<double>, std::optional<double>>> usual;
  for (const auto& [voice, baseline] : baselines) usual[voice] = {baseline.level_db(), baseline.pitch_hz()};
  for (Utterance& utterance : utterances) {
    const auto voice = voice_of(utterance);
    if (!voice) continue;
    const auto& [level_db, pitch_hz] = usual[*voice];
    SoundCues& cues = utterance.cues;
    if (cues.loudness_db && level_db) cues.loudness_change_db = *cues.loudness_db - *level_db;
    if (cues.pitch_hz && pitch_hz) cues.pitch_change_st = semitones(*cues.pitch_hz, *pitch_hz);
  }
}

// ---- rate ----

std::optional<double> speech_rate(const Utterance& utterance, const Morphology& morphology) {
  const bool has_words = !utterance.words.empty();
  const double start_s = has_words ? utterance.words.front().start_s : utterance.start_s;
  const double end_s = has_words ? utterance.words.back().end_s : utterance.end_s;
  const double duration_s = end_s - start_s;
  if (!(duration_s >= kShortestForRate_s)) return std::nullopt;
  std::size_t morae = 0;
  for (const Morpheme& word : morphology.analyze(utterance.text)) {
    if (!word.part_of_speech.starts_with("記号")) morae += count_morae(word.reading);
  }
  const double rate = static_cast<double>(morae) / duration_s;
  if (morae < kFewestMorae || rate > kFastestRate) return std::nullopt;
  return rate;
}

// ---- against the other side ----

/// One side of the conversation: a role, or a channel whose role is not known.
using Side = std::pair<Speaker, int>;

std::optional<Side> side_of(const Utterance& utterance) {
  if (utterance.speaker != Speaker::unknown) return Side{utterance.speaker, 0};
  if (utterance.channel < 0) return std::nullopt;
  return Side{Speaker::unknown, utterance.channel};
}

struct Interval {
  double start_s = 0.0;
  double end_s = 0.0;
};

/// When somebody spoke: disjoint intervals in order, with the time spoken before each.
class SpokenTime {
 public:
  /// Intervals must come in order of start.
  void add(double start_s, double end_s) {
    if (!(end_s > start_s)) return;
    if (!intervals_.empty() && start_s <= intervals_.back().end_s) {
      intervals_.back().end_s = std::max(intervals_.back().end_s, end_s);
      return;
    }
    before_s_.push_back(total_s());
    intervals_.push_back({start_s, end_s});
  }

  /// Time spoken within [start_s, end_s].
  double within_s(double start_s, double end_s) const {
    return std::max(0.0, until_s(end_s) - until_s(start_s));
  }

  /// The last interval that began at or before `time_s`.
  const Interval* latest(double time_s) const {
    const std::size_t count = started_by(time_s);
    return count == 0 ? nullptr : &intervals_[count - 1];
  }

 private:
  std::size_t started_by(double time_s) const {
    const auto after =
        std::upper_bound(intervals_.begin(), intervals_.end(), time_s,
                         [](double time, const Interval& interval) { return time < interval.start_s; });
    return static_cast<std::size_t>(after - intervals_.begin());
  }

  double total_s() const {
    if (intervals_.empty()) return 0.0;
    return before_s_.back() + intervals_.back().end_s - intervals_.back().start_s;
  }

  double until_s(double time_s) const {
    const std::size_t count = started_by(time_s);
    if (count == 0) return 0.0;
    const Interval& last = intervals_[count - 1];
    return before_s_[count - 1] + std::min(time_s, last.end_s) - last.start_s;
  }

  std::vector<Interval> intervals_;
  std::vector<double> before_s_;
};

/// For every side, when anybody else spoke. Empty if there are more sides than a conversation has.
std::map<Side, SpokenTime> time_of_the_others(const std::vector<Utterance>& utterances) {
  std::map<Side, SpokenTime> others;
  for (const Utterance& utterance : utterances) {
    if (const auto side = side_of(utterance)) others.try_emplace(*side);
    if (others.size() > kMostSides) return {};
  }
  for (const Utterance& utterance : utterances) {
    const auto own = side_of(utterance);
    if (!own) continue;
    for (auto& [side, time] : others) {
      if (side != *own) time.add(utterance.start_s, utterance.end_s);
    }
  }
  return others;
}

/// `answers`: the last to begin speaking before this utterance was another side.
void relate_to_others(Utterance& utterance, const SpokenTime& others, bool answers, bool separate_channels) {
  SoundCues& cues = utterance.cues;
  if (separate_channels) cues.overlap_s = others.within_s(utterance.start_s, utterance.end_s);
  const Interval* last = others.latest(utterance.start_s);
  if (last == nullptr) return;
  const double gap_s = utterance.start_s - last->end_s;
  const bool takes_floor = utterance.end_s - last->end_s >= kFloorTaken_s;
  cues.interruption = separate_channels && gap_s < -kOverlapTolerance_s && takes_floor;
  // Words inside the other's speech (「はい」) answer nothing.
  if (answers && (gap_s >= 0.0 || takes_floor)) cues.response_gap_s = gap_s;
}

void compare_with_other_sides(std::vector<Utterance>& utterances, bool separate_channels) {
  const std::map<Side, SpokenTime> others = time_of_the_others(utterances);
  if (others.size() < 2) return;
  const Utterance* previous = nullptr;
  for (Utterance& utterance : utterances) {
    if (const auto side = side_of(utterance)) {
      const auto before = previous == nullptr ? std::nullopt : side_of(*previous);
      relate_to_others(utterance, others.at(*side), before && before != side, separate_channels);
    }
    previous = &utterance;
  }
}

}  // namespace

RawCues measure_cues(std::span<const float> pcm_16k) {
  std::vector<float> finite(pcm_16k.begin(), pcm_16k.end());
  for (float& sample : finite) sample = std::isfinite(sample) ? std::clamp(sample, -1.0F, 1.0F) : 0.0F;
  RawCues cues;
  cues.level_db = speech_level_db(finite);
  const PitchTrack track = track_pitch(finite);
  if (track.frames > 0) {
    cues.voiced_share = static_cast<double>(track.voiced_hz.size()) / static_cast<double>(track.frames);
  }
  if (track.voiced_hz.size() >= kFewestVoicedFrames) {
    cues.pitch_hz = median(track.voiced_hz);
    cues.pitch_range_st = semitones(percentile(track.voiced_hz, 0.9), percentile(track.voiced_hz, 0.1));
  }
  return cues;
}

void relate_cues(Transcript& transcript, const std::vector<RawCues>& per_utterance,
                 const Morphology& morphology, const CueOptions& options) {
  if (!transcript.timed) return;
  std::vector<Utterance>& utterances = transcript.utterances;
  for (std::size_t i = 0; i < utterances.size(); ++i) {
    SoundCues& cues = utterances[i].cues;
    cues = SoundCues{};
    cues.rate_morae_per_s = speech_rate(utterances[i], morphology);
    if (i >= per_utterance.size()) continue;
    cues.loudness_db = per_utterance[i].level_db;
    cues.pitch_hz = per_utterance[i].pitch_hz;
  }
  compare_with_own_voice(utterances);
  compare_with_other_sides(utterances, options.separate_channels);
}

}  // namespace guardian::speech
