#include "media/silence.h"

#include <algorithm>
#include <cmath>

namespace guardian::media {

void silence(Pcm& pcm, int rate_hz, const std::vector<PlaybackClip>& stretches) {
  for (const auto& stretch : stretches)
    for (auto& channel : pcm.channels) {
      const auto length = static_cast<double>(channel.size());
      const auto from = std::clamp(std::floor((stretch.start_s - pcm.start_s) * rate_hz), 0.0, length);
      const auto to = std::clamp(std::ceil((stretch.end_s - pcm.start_s) * rate_hz), from, length);
      std::fill(channel.begin() + static_cast<std::ptrdiff_t>(from),
                channel.begin() + static_cast<std::ptrdiff_t>(to), 0.0F);
    }
}

}  // namespace guardian::media
