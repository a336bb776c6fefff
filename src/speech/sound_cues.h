// speech/sound_cues.h - how an utterance sounds: loudness, pitch, rate, and its timing against the other
// side. After recognition: each utterance is measured on its own channel, then compared with the same
// speaker's other utterances, so that a loud line or a high voice by nature says nothing and a change does.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/morphology.h"
#include "speech/transcript.h"

namespace guardian::speech {

/// What can be measured of one utterance alone. Empty where there was too little to measure.
struct RawCues {
  std::optional<double> level_db;        ///< mean level of the parts with speech, dB relative to full scale
  std::optional<double> pitch_hz;        ///< median F0 of the voiced frames
  std::optional<double> pitch_range_st;  ///< between the 10th and 90th percentile of F0, semitones
  double voiced_share = 0.0;             ///< voiced frames among the audible ones, in [0, 1]
};

/// Measures the sound of one utterance, its own channel's PCM at 16 kHz in [-1, 1]. Cost grows linearly with
/// length. Samples that are not finite count as silence.
RawCues measure_cues(std::span<const float> pcm_16k);

/// Which of the comparisons make sense.
struct CueOptions {
  /// False for mono: one microphone gives one voice at a time, so overlap cannot be known and stays empty.
  bool separate_channels = true;
};

/// Fills `Utterance::cues` of a timed transcript whose speakers are decided. `per_utterance` belongs to the
/// utterances by position; missing entries mean not measured. A speaker's own medians need three measured
/// utterances; before that the changes stay empty. Transcripts without times are left as they are.
void relate_cues(Transcript& transcript, const std::vector<RawCues>& per_utterance,
                 const Morphology& morphology, const CueOptions& options = {});

}  // namespace guardian::speech
