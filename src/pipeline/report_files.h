// pipeline/report_files.h - the report as files: JSON, HTML with sound, SRT. The last step of a job on the
// command line.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "report/report.h"

namespace guardian::pipeline {

/// Writes NAME.report.json, NAME.report.html and NAME.srt into `folder`, all three or none. `source` is the
/// recording, from which the HTML's sound is taken; empty for ready transcripts. Errors: storage, cancelled,
/// and those of decoding the recording again.
Result<void> write_report_files(const report::Report& report, const std::filesystem::path& source,
                                const std::filesystem::path& folder, const std::string& name,
                                const std::stop_token& stop);

}  // namespace guardian::pipeline
