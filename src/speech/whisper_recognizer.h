// speech/whisper_recognizer.h - Whisper models through CTranslate2.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "speech/recognizer.h"

namespace guardian::speech {

struct WhisperOptions {
  std::string language = "ja";
  int threads = 0;  ///< 0: one per core
  std::size_t beam_size = 5;
  double max_compression_ratio = 2.4;  ///< beyond it the text is taken for a loop (OpenAI's reference code)
  double min_average_log_probability = -1.0;  ///< below it a second decoding is tried (same source)
};

/// Decoding that fails the reference code's two checks (loop, low probability) is repeated with repeated
/// phrases forbidden; the better of both is kept. The reference samples at rising temperatures instead, which
/// would make two runs differ: see docs/decisions/0004-deterministic-fallback.md.
class WhisperRecognizer : public Recognizer {
 public:
  /// Errors: model, naming the file that is missing or broken.
  static Result<std::unique_ptr<Recognizer>> load(const std::filesystem::path& model_folder,
                                                  const std::string& name, const WhisperOptions& options);
  ~WhisperRecognizer() override;

  const std::string& model_name() const override;
  std::size_t batch_size() const override;
  Result<std::vector<Recognition>> recognize(std::span<const std::vector<float>> windows) override;
  bool can_weigh() const override { return true; }
  Result<std::vector<std::vector<double>>> weigh(std::span<const Wordings> stretches) override;

 private:
  struct Impl;
  explicit WhisperRecognizer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::speech
