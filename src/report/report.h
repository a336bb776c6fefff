// report/report.h - everything that is known about one dealing with a customer, as one value.
// pipeline/ fills it; the other headers of this folder turn it into JSON, HTML, SRT and terminal text.
#pragma once

#include <string>
#include <vector>

#include "guidance/advice.h"
#include "judgement/verdict.h"
#include "media/recording.h"
#include "speech/transcript.h"
#include "wellbeing/exposure.h"

namespace guardian::report {

/// How a report names its form, in the contract's report.schema.json.
constexpr const char* kSchema = "kasuhara-guardian/report/1";

/// What made the report.
struct Engine {
  std::string version;    ///< of this program
  std::string asr_model;  ///< "none" for ready transcripts
  std::string policy_version;
};

struct Report {
  media::Recording recording;
  Engine engine;
  speech::Transcript transcript;
  judgement::Verdict verdict;
  std::vector<guidance::Advice> advice;
  wellbeing::Exposure exposure;
  std::string created_at;  ///< RFC 3339 in UTC
};

}  // namespace guardian::report
