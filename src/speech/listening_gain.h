// speech/listening_gain.h - how much a channel is amplified before anybody listens to it, the first time and
// the second. Speech detection and recognition answer differently for the same words louder or quieter, and a
// judgement must not depend on a volume knob.
#pragma once

#include <span>

#include "media/recording.h"

namespace guardian::speech {

/// Factor for the samples that brings the channel to -23 LUFS (EBU R 128); at most 30, and never so much that
/// the loudest sample leaves full scale.
float listening_gain(const media::ChannelLevel& level);

/// Samples that would leave full scale stay at it.
void amplify(std::span<float> pcm, float gain);

}  // namespace guardian::speech
