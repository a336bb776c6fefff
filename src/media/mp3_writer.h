// media/mp3_writer.h - samples in, MP3 bytes out. Used by playback.cpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace guardian::media {

/// Encodes to memory with a constant bit rate and an Info header that states length and encoder delay.
class Mp3Writer {
 public:
  /// `channels`: 1 or 2. Errors: storage, if the installed libavcodec has no libmp3lame.
  static Result<Mp3Writer> create(int channels, int rate_hz, int bits_per_second);
  Mp3Writer(Mp3Writer&&) noexcept;
  Mp3Writer& operator=(Mp3Writer&&) noexcept;
  ~Mp3Writer();

  /// Samples in [-1, 1], as many channels as at `create`, all equally long. Errors: storage.
  Result<void> write(const std::vector<std::vector<float>>& samples);

  /// The whole file; nothing may be written after it. Errors: storage.
  Result<std::string> finish();

 private:
  struct Impl;
  explicit Mp3Writer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::media
