// speech/speaker_encoder.h - what a voice sounds like, as a point in space: near points are the same voice.
// Used by diarization.h on mono recordings. Embeddings live as long as the job; none is stored or sent
// anywhere.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"

namespace guardian::speech {

/// GE2E speaker encoder: three LSTM layers of 256 units over 1.6 s of sound.
/// Source: Wan et al. 2018, "Generalized end-to-end loss for speaker verification"; weights of Resemblyzer
/// (Apache-2.0), converted by scripts/convert_ge2e.py.
class SpeakerEncoder {
 public:
  static constexpr std::size_t kMels = 40;
  static constexpr std::size_t kFrameSamples = 160;  ///< 10 ms at 16 kHz
  static constexpr std::size_t kWindowFrames = 160;  ///< 1.6 s
  static constexpr std::size_t kWindowSamples = kFrameSamples * kWindowFrames;

  /// Of length one; no component is negative, so the cosine of two lies in [0, 1].
  using Embedding = std::array<float, 256>;

  /// `folder` holds ge2e.bin and ge2e.json. Errors: model, if they are missing, damaged or another network's.
  static Result<SpeakerEncoder> load(const std::filesystem::path& folder);
  SpeakerEncoder(SpeakerEncoder&&) noexcept;
  SpeakerEncoder& operator=(SpeakerEncoder&&) noexcept;
  ~SpeakerEncoder();

  /// Mel power spectrum of 16 kHz PCM in [-1, 1], `kMels` values per 10 ms, one frame more than whole steps.
  std::vector<float> mel_frames(std::span<const float> pcm) const;

  /// One embedding per window of `kWindowFrames` * `kMels` values. Windows are worked on together, so many at
  /// once are cheaper than one by one.
  std::vector<Embedding> embed(std::span<const float> windows) const;

 private:
  struct Impl;
  explicit SpeakerEncoder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::speech
