#include "speech/pitch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace guardian::speech {
namespace {

// Half of 16 kHz is enough for a telephone band and makes the search four times cheaper.
constexpr double kRate_hz = 8000.0;
constexpr std::size_t kWindow = 320;  // 40 ms
constexpr std::size_t kHop = 160;     // 20 ms
constexpr double kLowest_hz = 60.0;
constexpr double kHighest_hz = 500.0;
constexpr std::size_t kLongestLag = static_cast<std::size_t>(kRate_hz / kLowest_hz) + 1;
constexpr std::size_t kShortestLag = static_cast<std::size_t>(kRate_hz / kHighest_hz);
constexpr std::size_t kReach = kWindow + kLongestLag + 1;  // samples one frame looks at

// YIN's absolute threshold; a frame whose best dip stays above the second value is not voiced.
constexpr double kClearDip = 0.15;
constexpr double kVoicedDip = 0.35;
// Frames this far below the loudest one are pauses and breath.
constexpr double kQuietShare = 0.056;  // -25 dB in amplitude
constexpr double kInaudible = 0.0003;  // -70 dBFS
// The range of the second pass around the first pass's quartiles (De Looze and Hirst).
constexpr double kFloorFactor = 0.75;
constexpr double kCeilingFactor = 1.5;

using Differences = std::array<double, kLongestLag + 2>;

struct LagRange {
  std::size_t shortest = kShortestLag;
  std::size_t longest = kLongestLag;
};

std::vector<float> halve_rate(std::span<const float> pcm) {
  // Binomial low-pass: 6 dB down at 4 kHz is enough here, aliases do not share the voice's period.
  std::vector<float> half;
  half.reserve(pcm.size() / 2);
  for (std::size_t i = 2; i + 2 < pcm.size(); i += 2) {
    half.push_back((pcm[i - 2] + 4 * pcm[i - 1] + 6 * pcm[i] + 4 * pcm[i + 1] + pcm[i + 2]) / 16.0F);
  }
  return half;
}

/// YIN's cumulative mean normalised difference for lags 1 to kLongestLag + 1.
Differences normalised_differences(const float* frame) {
  Differences differences{};
  differences[0] = 1.0;
  double sum = 0.0;
  for (std::size_t lag = 1; lag < differences.size(); ++lag) {
    float difference = 0.0F;
    for (std::size_t i = 0; i < kWindow; ++i) {
      const float step = frame[i] - frame[i + lag];
      difference += step * step;
    }
    sum += static_cast<double>(difference);
    differences[lag] = sum > 0.0 ? static_cast<double>(difference) * static_cast<double>(lag) / sum : 1.0;
  }
  return differences;
}

/// The lag of the dip's true bottom, between samples, by a parabola through three points.
double refine(const Differences& differences, std::size_t lag) {
  const double left = differences[lag - 1];
  const double middle = differences[lag];
  const double right = differences[lag + 1];
  const double curvature = left - 2 * middle + right;
  const double shift = curvature > 0.0 ? 0.5 * (left - right) / curvature : 0.0;
  return static_cast<double>(lag) + std::clamp(shift, -0.5, 0.5);
}

std::optional<double> find_pitch(const float* frame, const LagRange& range) {
  const Differences differences = normalised_differences(frame);
  std::size_t best = 0;
  for (std::size_t lag = range.shortest; lag <= range.longest; ++lag) {
    const bool is_dip = differences[lag] <= differences[lag - 1] && differences[lag] < differences[lag + 1];
    if (!is_dip || differences[lag] > kVoicedDip) continue;
    if (best == 0 || differences[lag] < differences[best]) best = lag;
    if (differences[lag] < kClearDip) break;
  }
  if (best == 0) return std::nullopt;
  return kRate_hz / refine(differences, best);
}

double rms(const float* frame) {
  double energy = 0.0;
  for (std::size_t i = 0; i < kWindow; ++i)
    energy += static_cast<double>(frame[i]) * static_cast<double>(frame[i]);
  return std::sqrt(energy / static_cast<double>(kWindow));
}

std::vector<const float*> audible_frames(const std::vector<float>& half) {
  std::vector<const float*> frames;
  double loudest = 0.0;
  for (std::size_t at = 0; at + kReach <= half.size(); at += kHop)
    loudest = std::max(loudest, rms(&half[at]));
  const double floor = std::max(kInaudible, loudest * kQuietShare);
  for (std::size_t at = 0; at + kReach <= half.size(); at += kHop) {
    if (rms(&half[at]) >= floor) frames.push_back(&half[at]);
  }
  return frames;
}

std::vector<double> search(const std::vector<const float*>& frames, const LagRange& range) {
  std::vector<double> found;
  for (const float* frame : frames) {
    if (const auto pitch = find_pitch(frame, range)) found.push_back(*pitch);
  }
  return found;
}

LagRange range_around(std::vector<double> pitches) {
  std::sort(pitches.begin(), pitches.end());
  const double floor = kFloorFactor * pitches[pitches.size() / 4];
  const double ceiling = kCeilingFactor * pitches[pitches.size() * 3 / 4];
  LagRange range;
  range.shortest =
      std::max(kShortestLag, static_cast<std::size_t>(kRate_hz / std::min(ceiling, kHighest_hz)));
  range.longest = std::min(kLongestLag, static_cast<std::size_t>(kRate_hz / std::max(floor, kLowest_hz)) + 1);
  return range;
}

}  // namespace

PitchTrack track_pitch(std::span<const float> pcm_16k) {
  const std::vector<float> half = halve_rate(pcm_16k);
  const std::vector<const float*> frames = audible_frames(half);
  PitchTrack track;
  track.frames = frames.size();
  track.voiced_hz = search(frames, {});
  if (!track.voiced_hz.empty()) track.voiced_hz = search(frames, range_around(track.voiced_hz));
  return track;
}

}  // namespace guardian::speech
