// speech/open_recognizer.h - from a model folder to a recogniser, whichever engine its manifest asks for.
#pragma once

#include <memory>

#include "base/result.h"
#include "speech/model_folder.h"
#include "speech/recognizer.h"

namespace guardian::speech {

/// `threads`: 0 for one per core. Errors: model.
Result<std::unique_ptr<Recognizer>> open_recognizer(const ModelFolder& model, int threads);

}  // namespace guardian::speech
