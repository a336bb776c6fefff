// archive/keeping_days.h - how many days recordings are kept, by what was found in them. A company may
// choose; archive/retention.h changes the choice and deletes what is due.
#pragma once

#include <string>

#include "store/database.h"

namespace guardian::archive {

enum class Grade { ordinary, finding, case_file };

/// "ordinary", "finding" or "case".
std::string name_of(Grade grade);

constexpr int kLongestKept_days = 36500;

/// Days a recording is kept, from the moment it got its grade.
struct KeepingDays {
  int ordinary = 90;
  int finding = 365;
  int case_file = 1825;

  int of(Grade grade) const;
};

/// What the company chose, or `standard`.
KeepingDays keeping_days_of(store::Transaction& transaction, const std::string& tenant,
                            const KeepingDays& standard);

}  // namespace guardian::archive
