// pipeline/second_hearing.h - between the two halves of a job: what the judge suspects was misheard is put to
// the recogniser again. Joins judgement/suspicion.h and speech/second_hearing.h.
#pragma once

#include <stop_token>
#include <vector>

#include "base/result.h"
#include "judgement/judge.h"
#include "pipeline/listener.h"

namespace guardian::pipeline {

/// One hearing per suspicion that could be put; none with a recogniser that cannot weigh words. The source
/// must be the one that was listened to. Errors: those of reading it; model; cancelled.
Result<std::vector<judgement::Hearing>> hear_again(Listener& listener, const judgement::Judge& judge,
                                                   const media::Source& source, const HeardRecording& heard,
                                                   const std::stop_token& stop);

}  // namespace guardian::pipeline
