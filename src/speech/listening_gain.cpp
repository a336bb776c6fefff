#include "speech/listening_gain.h"

#include <algorithm>

namespace guardian::speech {
namespace {

constexpr float kTargetPeak = 0.5F;  // very quiet channels are lifted towards it
constexpr double kQuietPeak = 0.05;
constexpr float kMaximumGain = 30.0F;

}  // namespace

float listening_gain(const media::ChannelLevel& level) {
  if (level.peak <= 0.0 || level.peak >= kQuietPeak) return 1.0F;
  return std::min(kMaximumGain, kTargetPeak / static_cast<float>(level.peak));
}

}  // namespace guardian::speech
