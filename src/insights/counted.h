// insights/counted.h - what counts of an analysed dealing: its findings as people left them (review/). Kept
// beside the recording, so that a picture of many dealings opens no report.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "insights/lead_up.h"
#include "store/database.h"

namespace guardian::insights {

struct CountedFinding {
  std::string category;
  int severity = 0;
  std::optional<double> start_s;  ///< empty: about the whole dealing, or not known
  LeadUp lead_up = LeadUp::unknown;
};

struct Counted {
  int score = 0;
  bool suspected = false;
  std::vector<CountedFinding> findings;
};

/// Replaces what counted of it before. Throws store::Fault as the store does.
void keep_counted(store::Transaction& transaction, const std::string& tenant, const std::string& recording,
                  const Counted& counted);

/// For the deletion of a recording: nothing stays.
void forget_counted(store::Transaction& transaction, const std::string& tenant, const std::string& recording);

}  // namespace guardian::insights
