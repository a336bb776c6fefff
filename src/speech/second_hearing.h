// speech/second_hearing.h - stretches of a recording are read once more, and wordings of each are weighed
// against its sound. What there is to ask comes from judgement/suspicion.h.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "media/recording.h"
#include "speech/recognizer.h"
#include "speech/transcribe.h"

namespace guardian::speech {

/// A stretch of one channel and what may have been said in it, from its first word to its last.
struct Doubt {
  int channel = 0;  ///< in the file, from 0
  double start_s = 0.0;
  double end_s = 0.0;
  std::vector<std::string> texts;
};

/// For each doubt one figure per text, as Recognizer::weigh gives them; none where the stretch is empty or
/// too long to be heard at once. Reads the source up to the last doubt, once; memory holds the stretches that
/// are waiting, not the recording. Errors: those of the source and the recogniser; cancelled.
Result<std::vector<std::vector<double>>> hear_again(const BlockSource& source,
                                                    const media::Recording& recording,
                                                    const std::vector<Doubt>& doubts, Recognizer& recognizer,
                                                    const std::stop_token& stop);

}  // namespace guardian::speech
