// speech/transcribe.h - a recording's PCM to its transcript: voice activity, windows, recognition,
// utterances, sound. The second station as a whole. Who is customer and who employee is decided after it, by
// speech/roles.h.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>

#include "base/result.h"
#include "media/decoder.h"
#include "media/recording.h"
#include "speech/recognizer.h"
#include "speech/sound_cues.h"
#include "speech/transcript.h"
#include "speech/voice_activity.h"

namespace guardian::speech {

/// Blocks of 16 kHz PCM of all channels, in order; empty at the end. `media::AudioReader::read` is one.
using BlockSource = std::function<Result<std::optional<media::Pcm>>()>;

struct TranscribeInput {
  BlockSource source;
  const media::Recording* recording = nullptr;  ///< what media/inspect.h found
  std::filesystem::path voice_activity_weights;
  int one_window_in = 1;  ///< of so many windows of speech of a channel only the loudest is listened to
};

/// Called for every stretch of speech of a recording whose voices must be told apart by their sound.
using SpanListener = std::function<void(double start_s, std::span<const float> pcm)>;

struct TranscribeHooks {
  std::function<void(double done_s)> progress;
  SpanListener on_speech;
  std::stop_token stop;
};

/// A transcript without roles, and what was measured of the sound of each utterance.
struct HeardSpeech {
  Transcript transcript;
  std::vector<RawCues> cues;  ///< one per utterance
};

/// Listens to every channel that carries a sound of its own: of copies only the first, of silence none.
/// Memory holds some 30 s windows, whatever the length. Errors: those of the source and the recogniser;
/// model; cancelled.
Result<HeardSpeech> transcribe(const TranscribeInput& input, Recognizer& recognizer,
                               const TranscribeHooks& hooks);

}  // namespace guardian::speech
