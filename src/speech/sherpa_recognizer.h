// speech/sherpa_recognizer.h - ONNX models through sherpa-onnx: offline transducers, SenseVoice, Whisper.
#pragma once

#include <memory>
#include <string>

#include "speech/model_folder.h"
#include "speech/recognizer.h"

namespace guardian::speech {

/// Greedy decoding, so that two runs agree. Token times are the engine's; where a model gives none (Whisper
/// as ONNX), the text is spread evenly over the window. Probabilities are the engine's; where it gives none,
/// 0.5 stands for "unknown".
class SherpaRecognizer : public Recognizer {
 public:
  /// `threads`: 0 for one per core. The files are checked before the engine sees them, because it ends the
  /// process over those it does not like. Errors: model, naming the file.
  static Result<std::unique_ptr<Recognizer>> load(const ModelFolder& model, int threads);
  ~SherpaRecognizer() override;

  const std::string& model_name() const override;
  std::size_t batch_size() const override;
  Result<std::vector<Recognition>> recognize(std::span<const std::vector<float>> windows) override;

 private:
  struct Impl;
  explicit SherpaRecognizer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::speech
