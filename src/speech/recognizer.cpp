#include "speech/recognizer.h"

namespace guardian::speech {

Result<std::vector<std::vector<double>>> Recognizer::weigh(std::span<const Wordings> /*stretches*/) {
  return fail(Error::Kind::model, model_name(),
              {"この音声認識エンジンは、与えた文と音を照合できません",
               "this speech engine cannot weigh given texts against the sound"},
              {"Whisper (CTranslate2) のモデルを使ってください", "Use a Whisper model for CTranslate2"});
}

}  // namespace guardian::speech
