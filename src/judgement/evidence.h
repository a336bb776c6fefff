// judgement/evidence.h - where exactly in the recording a quote was said.
#pragma once

#include "policy/pattern.h"
#include "speech/transcript.h"

namespace guardian::judgement {

/// Seconds from the start of the recording.
struct SpokenRange {
  double start_s = 0.0;
  double end_s = 0.0;
};

/// When a stretch of an utterance's text (bytes) was spoken: from the times of its words where there are any,
/// else in proportion to its place in the text.
SpokenRange locate(const speech::Utterance& utterance, const policy::Match& in_text);

}  // namespace guardian::judgement
