// speech/recognizer.h - the seam between our program and a speech recogniser.
// Windows of speech in, text with times and doubts out. Implementations: whisper_recognizer.h,
// sherpa_recognizer.h.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace guardian::speech {

/// The smallest piece of text with a time of its own: in Japanese one or a few characters.
struct Token {
  std::string text;
  double start_s = 0.0;  ///< from the start of the window
  double end_s = 0.0;
  double probability = 0.0;  ///< in [0, 1]
};

/// What was heard in one window.
struct Recognition {
  std::vector<Token> tokens;
  double average_log_probability = 0.0;  ///< natural logarithm, per token
  double no_speech_probability = 0.0;    ///< that the window holds no speech at all, in [0, 1]
  double compression_ratio = 1.0;  ///< of the text by zlib; high where the recogniser got stuck in a loop
  bool looped = false;             ///< a loop was cut out: the text is incomplete
};

/// Wordings of one stretch of sound, to be weighed against each other.
struct Wordings {
  std::vector<float> pcm;  ///< at most 30 s of mono 16 kHz
  std::vector<std::string> texts;
};

class Recognizer {
 public:
  Recognizer() = default;
  Recognizer(const Recognizer&) = delete;
  Recognizer& operator=(const Recognizer&) = delete;
  virtual ~Recognizer() = default;

  /// The model's name, as reports state it.
  virtual const std::string& model_name() const = 0;

  /// As many windows as are best given at once.
  virtual std::size_t batch_size() const = 0;

  /// Recognises windows of at most 30 s of mono 16 kHz PCM each; one answer per window, in order. The same
  /// windows give the same answers. Errors: model.
  virtual Result<std::vector<Recognition>> recognize(std::span<const std::vector<float>> windows) = 0;

  /// True where weigh() answers: only engines that can be made to say a given text can do it.
  virtual bool can_weigh() const { return false; }

  /// For each stretch the natural logarithm of each text's probability, given the sound; always below 0 and
  /// only to be compared within one stretch. The same question gets the same answer. Errors: model.
  virtual Result<std::vector<std::vector<double>>> weigh(std::span<const Wordings> stretches);
};

}  // namespace guardian::speech
