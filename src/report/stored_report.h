// report/stored_report.h - the whole report as one text, from which the same Report comes back: how a server
// keeps it and how it travels between its processes. Other forms (report_json.h, report_html.h) are made from
// the Report in the language of whoever asks; they leave things out and cannot be read back.
#pragma once

#include <string>
#include <string_view>

#include "base/json_fields.h"
#include "base/result.h"
#include "report/report.h"

namespace guardian::report {

/// One line of JSON. Lossless but for the waveform's peaks, kept to 1/10,000, and numbers that are not
/// finite.
std::string to_stored(const Report& report);

/// What comes from a process that decodes strangers' files is not believed: every index points to something,
/// every number is in its range. Errors: damaged, naming the field; too large above 256 MiB.
Result<Report> parse_stored(std::string_view text, const std::string& name);

/// For messages that hold a report (base/json_fields.h).
nlohmann::json to_stored_value(const Report& report);
/// Throws FieldMistake.
Report from_stored_value(const nlohmann::json& json);

}  // namespace guardian::report
