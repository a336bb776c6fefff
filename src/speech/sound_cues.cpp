#include "speech/sound_cues.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace guardian::speech {
namespace {

constexpr std::size_t kDecimation = 2;  // 16 kHz to 8 kHz: enough for pitch, a quarter of the work
constexpr double kPitchRate_hz = 8000.0;
constexpr std::size_t kFrame = 320;       // 40 ms: two periods of the lowest voice
constexpr std::size_t kHop = 160;         // 20 ms
constexpr std::size_t kShortestLag = 18;  // 444 Hz
constexpr std::size_t kLongestLag = 114;  // 70 Hz
constexpr double kVoiced = 0.60;          // normalised autocorrelation of voiced speech lies above
constexpr double kOctaveGuard = 0.92;     // a shorter period nearly as good is the true one
constexpr double kAudible = 1e-6;         // mean square, -60 dBFS
constexpr std::size_t kVoicedFrames = 8;  // fewer say nothing about the speaker
constexpr std::size_t kUtterancesForMedian = 4;
constexpr double kMinimumRateDuration_s = 0.8;  // rates of shorter utterances are noise
constexpr double kInterruption_s = 0.3;         // overlap beyond a listener's 「はい」
constexpr double kLongestGap_s = 60.0;

struct VoicedFrame {
  double pitch_hz = 0.0;
  double mean_square = 0.0;
};

double correlate(std::span<const float> signal, std::size_t lag) {
  double product = 0.0;
  double now = 0.0;
  double later = 0.0;
  for (std::size_t i = 0; i < kFrame; ++i) {
    product += static_cast<double>(signal[i]) * signal[i + lag];
    now += static_cast<double>(signal[i]) * signal[i];
    later += static_cast<double>(signal[i + lag]) * signal[i + lag];
  }
  const double scale = std::sqrt(now * later);
  return scale > 0.0 ? product / scale : 0.0;
}

/// `signal`: at least kFrame + kLongestLag samples.
std::optional<VoicedFrame> analyze_frame(std::span<const float> signal) {
  double energy = 0.0;
  for (const float sample : signal.first(kFrame)) energy += static_cast<double>(sample) * sample;
  energy /= kFrame;
  if (energy < kAudible) return std::nullopt;
  std::array<double, kLongestLag + 1> correlation{};
  double best = 0.0;
  for (std::size_t lag = kShortestLag; lag <= kLongestLag; ++lag) {
    correlation[lag] = correlate(signal, lag);
    best = std::max(best, correlation[lag]);
  }
  if (best < kVoiced) return std::nullopt;
  for (std::size_t lag = kShortestLag + 1; lag < kLongestLag; ++lag) {
    const bool peak = correlation[lag] >= correlation[lag - 1] && correlation[lag] >= correlation[lag + 1];
    if (peak && correlation[lag] > kOctaveGuard * best)
      return VoicedFrame{kPitchRate_hz / static_cast<double>(lag), energy};
  }
  return std::nullopt;
}

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// What is usual for one speaker.
struct Baseline {
  std::vector<double> loudness_db;
  std::vector<double> pitch_hz;

  static std::optional<double> typical(const std::vector<double>& values) {
    return values.size() < kUtterancesForMedian ? std::nullopt : median(values);
  }
};

void compare_with_self(Transcript& transcript, const std::vector<RawCues>& raw) {
  std::map<int, Baseline> baselines;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    auto& baseline = baselines[transcript.utterances[i].channel];
    if (raw[i].loudness_db) baseline.loudness_db.push_back(*raw[i].loudness_db);
    if (raw[i].pitch_hz) baseline.pitch_hz.push_back(*raw[i].pitch_hz);
  }
  std::map<int, std::pair<std::optional<double>, std::optional<double>>> usual;
  for (const auto& [channel, baseline] : baselines)
    usual[channel] = {Baseline::typical(baseline.loudness_db), Baseline::typical(baseline.pitch_hz)};
  for (std::size_t i = 0; i < raw.size(); ++i) {
    auto& utterance = transcript.utterances[i];
    const auto& [loudness_db, pitch_hz] = usual[utterance.channel];
    utterance.cues.loudness_db = raw[i].loudness_db;
    utterance.cues.pitch_hz = raw[i].pitch_hz;
    if (raw[i].loudness_db && loudness_db)
      utterance.cues.loudness_change_db = *raw[i].loudness_db - *loudness_db;
    if (raw[i].pitch_hz && pitch_hz)
      utterance.cues.pitch_change_st = 12.0 * std::log2(*raw[i].pitch_hz / *pitch_hz);
  }
}

void measure_rate(Utterance& utterance, const Morphology& morphology) {
  const double duration_s = utterance.end_s - utterance.start_s;
  if (duration_s < kMinimumRateDuration_s) return;
  std::size_t morae = 0;
  for (const auto& morpheme : morphology.analyze(utterance.text)) morae += count_morae(morpheme.reading);
  utterance.cues.rate_morae_per_s = static_cast<double>(morae) / duration_s;
}

/// Utterances are in order of start, so of every other channel only the one that ends last so far matters.
void relate_turns(Transcript& transcript) {
  std::map<int, double> latest_end_s;
  for (auto& utterance : transcript.utterances) {
    double other_end_s = -kLongestGap_s;
    for (const auto& [channel, end_s] : latest_end_s)
      if (channel != utterance.channel) other_end_s = std::max(other_end_s, end_s);
    const double gap_s = utterance.start_s - other_end_s;
    if (gap_s < kLongestGap_s) {
      utterance.cues.response_gap_s = gap_s;
      utterance.cues.overlap_s = std::clamp(-gap_s, 0.0, utterance.end_s - utterance.start_s);
      utterance.cues.interruption = -gap_s > kInterruption_s && utterance.end_s > other_end_s;
    }
    auto& own_end_s = latest_end_s[utterance.channel];
    own_end_s = std::max(own_end_s, utterance.end_s);
  }
}

}  // namespace

RawCues measure_cues(std::span<const float> pcm) {
  std::vector<float> signal;
  signal.reserve(pcm.size() / kDecimation);
  for (std::size_t i = 0; i + 1 < pcm.size(); i += kDecimation)
    signal.push_back((pcm[i] + pcm[i + 1]) / 2.0F);
  std::vector<double> pitches_hz;
  double energy = 0.0;
  for (std::size_t begin = 0; begin + kFrame + kLongestLag <= signal.size(); begin += kHop) {
    const auto frame = analyze_frame(std::span(signal).subspan(begin, kFrame + kLongestLag));
    if (!frame) continue;
    pitches_hz.push_back(frame->pitch_hz);
    energy += frame->mean_square;
  }
  if (pitches_hz.size() < kVoicedFrames) return {};
  const double mean_square = energy / static_cast<double>(pitches_hz.size());
  return {10.0 * std::log10(mean_square), median(std::move(pitches_hz))};
}

void relate_cues(Transcript& transcript, const std::vector<RawCues>& raw, const Morphology& morphology) {
  compare_with_self(transcript, raw);
  for (auto& utterance : transcript.utterances) measure_rate(utterance, morphology);
  relate_turns(transcript);
}

}  // namespace guardian::speech
