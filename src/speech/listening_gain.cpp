#include "speech/listening_gain.h"

#include <algorithm>
#include <cmath>

namespace guardian::speech {
namespace {

constexpr double kListening_lufs = -23.0;
constexpr double kUnmeasured_lufs = -70.0;
constexpr double kMaximumGain = 30.0;

}  // namespace

float listening_gain(const media::ChannelLevel& level) {
  const double headroom = level.peak > 0.0 ? 1.0 / level.peak : 1.0;
  const double wanted = level.loudness_lufs > kUnmeasured_lufs
                            ? std::pow(10.0, (kListening_lufs - level.loudness_lufs) / 20.0)
                            : headroom;
  return static_cast<float>(std::min({wanted, headroom, kMaximumGain}));
}

void amplify(std::span<float> pcm, float gain) {
  for (float& sample : pcm) sample = std::clamp(sample * gain, -1.0F, 1.0F);
}

}  // namespace guardian::speech
