// speech/invention_guard.h - recognisers invent words where nobody speaks; evidence must not contain any.
// Source: Koenecke et al., "Careless Whisper" (FAccT 2024), on Whisper's inventions in silence; the phrases
// are those that Whisper learned from the ends of Japanese videos.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "speech/recognizer.h"
#include "speech/transcript.h"

namespace guardian::speech {

/// Why words were rejected; empty if they stand.
enum class Invention { none, no_sound, video_phrase, not_speech, impossible_rate };

/// Judges one utterance against its own sound (mono 16 kHz) and against what the recogniser said of the whole
/// window.
Invention find_invention(const Utterance& utterance, std::span<const float> sound, const Recognition& window);

/// A sentence for the transcript's warnings.
Text describe_rejection(const Utterance& utterance, Invention reason);

}  // namespace guardian::speech
