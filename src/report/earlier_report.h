// report/earlier_report.h - what a report, read back, tells about its dealing to those that came later.
// Reports lie in folders that others may write to, so nothing in them is taken on trust.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"
#include "judgement/history.h"
#include "report/report.h"

namespace guardian::report {

struct EarlierReport {
  std::string counterpart;  ///< the user's id for the customer; empty: not told
  std::string sha256;       ///< of the recording
  std::chrono::sys_seconds created_at;
  judgement::EarlierDealing dealing;
};

/// Reads the JSON of one report. `name` is what errors call it. Reports older than the field
/// "warned_utterances" count as without a refusal. Errors: damaged, if it is larger than 16 MiB, not JSON,
/// of another schema, or a field that is needed is missing or not what the contract says.
Result<EarlierReport> parse_earlier_report(std::string_view json, const std::string& name);

/// The same of a report that was just made.
EarlierReport earlier_report_of(const Report& report);

}  // namespace guardian::report
