// speech/log_mel.h - the spectrogram that Whisper listens to.
// Source: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision" (2022), and OpenAI's
// reference code: 25 ms periodic Hann window, 10 ms hop, Slaney mel filters, log10, clamped to 8 decades
// below the loudest.
#pragma once

#include <memory>
#include <span>
#include <vector>

namespace guardian::speech {

constexpr int kWindowSamples = 480000;  ///< Whisper hears exactly 30 s at 16 kHz
constexpr int kWindowFrames = 3000;     ///< of 10 ms

/// Not to be used by two threads at once.
class LogMel {
 public:
  /// `bands`: 80, or 128 for large-v3 and its kin.
  explicit LogMel(int bands);
  LogMel(LogMel&&) noexcept;
  LogMel& operator=(LogMel&&) noexcept;
  ~LogMel();

  int bands() const;

  /// Writes bands() x kWindowFrames values, band by band, to `features`. `pcm`: at most kWindowSamples
  /// samples at 16 kHz; what is missing counts as silence.
  void compute(std::span<const float> pcm, std::span<float> features);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::speech
