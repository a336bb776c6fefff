// speech/listening_gain.h - how much a channel is amplified before anybody listens to it, the first time and
// the second.
#pragma once

#include "media/recording.h"

namespace guardian::speech {

/// Factor for the samples: above 1 for very quiet channels only.
float listening_gain(const media::ChannelLevel& level);

}  // namespace guardian::speech
