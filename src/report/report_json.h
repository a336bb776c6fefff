// report/report_json.h - the report for other programs, as the contract's report.schema.json has it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "report/report.h"

namespace guardian::report {

/// The report as a value, for those who add to it.
nlohmann::ordered_json report_value(const Report& report, Language language);

/// One line of UTF-8 JSON without a newline. Keys have a fixed order and times are rounded to the
/// millisecond, so equal reports give equal bytes. Malformed bytes in texts become U+FFFD. `language` chooses
/// labels, grounds and advice.
std::string to_json(const Report& report, Language language = Language::japanese);

/// {"recording": ..., "transcript": [...]}, for transcription alone.
std::string transcript_to_json(const media::Recording& recording, const speech::Transcript& transcript);

}  // namespace guardian::report
