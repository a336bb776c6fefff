// casework/counterpart_record.h - what one counterpart's dealings add up to over the months: how often, how
// long, and which topics come back. For whoever works on a case. Beside cases.h.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "access/caller.h"
#include "base/calendar.h"
#include "base/result.h"
#include "store/database.h"

namespace guardian::casework {

struct Dealing {
  std::string recording;
  std::string case_id;  ///< empty: no case was opened
  std::int64_t occurred_ms = 0;
  double duration_s = 0.0;
  int score = 0;
  std::string band;
  std::vector<std::string> categories;
};

struct CounterpartRecord {
  struct Month {
    int dealings = 0;
    double duration_s = 0.0;
  };
  std::vector<Dealing> dealings;        ///< newest first, at most 200
  std::map<std::string, Month> months;  ///< "2026-11", of these
  std::map<std::string, int> repeated;  ///< category -> in how many of these it was found; two or more
  double duration_s = 0.0;              ///< of these
};

/// Analysed dealings within the caller's reach of the counterpart of a case, on the tenant's calendar.
/// Without a counterpart it is empty. Noted in the audit log by the caller of this. Errors: not_found for a
/// case out of reach.
Result<CounterpartRecord> counterpart_record(store::Transaction& transaction, const access::Caller& by,
                                             const std::string& case_id);

}  // namespace guardian::casework
