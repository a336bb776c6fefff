// media/silence.h - stretches of a recording that nobody shall hear. Used by playback.cpp.
#pragma once

#include <vector>

#include "media/decoder.h"
#include "media/playback.h"

namespace guardian::media {

/// Every sample of `pcm` within one of the stretches becomes 0, on all channels; the others stay as they are.
/// Borders are rounded outwards.
void silence(Pcm& pcm, int rate_hz, const std::vector<PlaybackClip>& stretches);

}  // namespace guardian::media
