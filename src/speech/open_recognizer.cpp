#include "speech/open_recognizer.h"

#include "speech/sherpa_recognizer.h"
#include "speech/whisper_recognizer.h"

namespace guardian::speech {

Result<std::unique_ptr<Recognizer>> open_recognizer(const ModelFolder& model, int threads) {
  if (model.manifest.engine != Engine::ctranslate2_whisper) return SherpaRecognizer::load(model, threads);
  WhisperOptions options;
  options.language = model.manifest.language;
  options.threads = threads;
  return WhisperRecognizer::load(model.path, model.manifest.name, options);
}

}  // namespace guardian::speech
