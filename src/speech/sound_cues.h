// speech/sound_cues.h - how an utterance sounded: loudness, pitch, rate, overlap, interruption, silence
// before it. Every measure is held against the same speaker's own median in the same recording, never against
// other people: voices, microphones and telephone lines differ more than moods do.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/morphology.h"
#include "speech/transcript.h"

namespace guardian::speech {

/// Measured on the utterance's sound alone.
struct RawCues {
  std::optional<double> loudness_db;  ///< mean level of the voiced part, dB relative to full scale
  std::optional<double> pitch_hz;     ///< median F0 of the voiced frames, 70-450 Hz
};

/// `pcm`: mono 16 kHz in [-1, 1]. F0 by normalised autocorrelation (Boersma 1993 without interpolation
/// between windows), which also finds the fundamental that a telephone band has removed. Empty where too
/// little is voiced.
RawCues measure_cues(std::span<const float> pcm);

/// Fills `Utterance::cues`. `raw` has one entry per utterance. Changes against the speaker's median need at
/// least four measured utterances of that channel; interruption and response gap need a transcript whose
/// sides are told apart by channel. Time: n log n.
void relate_cues(Transcript& transcript, const std::vector<RawCues>& raw, const Morphology& morphology);

}  // namespace guardian::speech
