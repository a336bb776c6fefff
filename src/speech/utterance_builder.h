// speech/utterance_builder.h - from the tokens of a window to utterances on the recording's timeline.
#pragma once

#include <vector>

#include "speech/recognizer.h"
#include "speech/transcript.h"
#include "speech/window_packer.h"

namespace guardian::speech {

/// An utterance and where its sound lies in the window, for measuring how it sounded.
struct WindowUtterance {
  Utterance utterance;
  double window_start_s = 0.0;
  double window_end_s = 0.0;
};

/// Puts every token on the recording's timeline and splits them where the speaker paused (0.7 s), and after a
/// sentence when an utterance grows longer than 15 s. A sentence's last mark stays with the sentence.
std::vector<WindowUtterance> build_utterances(const PackedWindow& window, const Recognition& recognition);

}  // namespace guardian::speech
