// speech/voice_activity.h - where in a channel somebody speaks.
// media/ gives PCM, this gives spans, speech/recognizer.h turns spans into words.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"

namespace guardian::speech {

constexpr int kSampleRate_hz = 16000;

/// What is listened to around a span of speech, so that no first consonant is lost.
constexpr double kPadBefore_s = 0.10;
constexpr double kPadAfter_s = 0.15;

/// A stretch of speech in one channel. Times are seconds from the start of the recording.
struct Span {
  double start_s = 0.0;
  double end_s = 0.0;
};

struct VoiceActivityOptions {
  float threshold = 0.5F;       ///< speech probability above which a frame counts as speech
  float min_silence_s = 0.30F;  ///< shorter pauses do not end a span
  float min_speech_s = 0.15F;   ///< shorter bursts are dropped
  float max_speech_s = 20.0F;   ///< from here on the first short dip ends the span
};

/// Finds speech in mono 16 kHz PCM in [-1, 1] that arrives piece by piece. Spans are ordered and do not
/// overlap. Source: Silero VAD (MIT), frames of 512 samples, run by sherpa-onnx.
class VoiceActivity {
 public:
  /// Error::Kind::model if the weights cannot be loaded.
  static Result<VoiceActivity> load(const std::filesystem::path& weights,
                                    const VoiceActivityOptions& options);
  VoiceActivity(VoiceActivity&&) noexcept;
  VoiceActivity& operator=(VoiceActivity&&) noexcept;
  ~VoiceActivity();

  /// Spans that ended within what has been heard so far.
  std::vector<Span> push(std::span<const float> pcm);

  /// The span that was still open when the recording ended, if any. The next push starts a new recording at 0
  /// s.
  std::vector<Span> finish();

  /// Start of the earliest speech that has not been given out yet; equals the heard length where there is
  /// none. Samples before it are no longer needed. Seconds, on the safe side.
  double open_since_s() const;

 private:
  struct Impl;
  explicit VoiceActivity(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::speech
