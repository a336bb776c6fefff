// media/audio_reader.h - a recording's sound in the form that speech/ listens to: 16 kHz, one lane per
// channel.
#pragma once

#include <optional>

#include "base/result.h"
#include "media/decoder.h"

namespace guardian::media {

constexpr int kListeningRate_hz = 16000;

/// Reads a recording once from start to end in blocks of about a second; memory does not grow with its
/// length.
class AudioReader {
 public:
  /// Errors: as Decoder::open.
  static Result<AudioReader> open(const Source& source);

  int channels() const { return decoder_.facts().channels; }

  /// The next block of at least a second, shorter only at the end; empty after the end. Errors: as
  /// Decoder::read.
  Result<std::optional<Pcm>> read();

 private:
  explicit AudioReader(Decoder decoder) : decoder_(std::move(decoder)) {}
  Decoder decoder_;
};

}  // namespace guardian::media
