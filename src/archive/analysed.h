// archive/analysed.h - one finished analysis, as told to everything that follows from it.
// The worker's last step is one unit of work in the store: the report is noted, the minutes are charged
// (usage/), the employee's load grows (wellbeing/), a case is opened and its notices are written down
// (casework/), the words become findable (search/). All of it or nothing, however often the job was tried.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "report/report.h"
#include "store/database.h"

namespace guardian::archive {

struct Analysed {
  std::string tenant;
  std::string recording;                   ///< recordings.id
  std::optional<std::string> employee;     ///< employees.id
  std::optional<std::string> group;        ///< groups.id
  std::optional<std::string> counterpart;  ///< keyed hash
  std::optional<std::string> same_as;      ///< an earlier recording of the same bytes
  std::int64_t started_ms = 0;  ///< when the dealing began; when it was uploaded, where nobody said
  std::int64_t analysed_ms = 0;
  double silence_s = 0.0;  ///< in stretches over 60 s, all lanes silent
  bool again = false;      ///< it had been analysed before: replace, do not add
  const report::Report& report;
};

/// A consequence of an analysis, within its unit of work. Throws store::Fault as the store does.
using Consequence = std::function<Result<void>(store::Transaction&, const Analysed&)>;

}  // namespace guardian::archive
