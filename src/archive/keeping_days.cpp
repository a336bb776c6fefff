#include "archive/keeping_days.h"

namespace guardian::archive {

std::string name_of(Grade grade) {
  if (grade == Grade::case_file) return "case";
  return grade == Grade::finding ? "finding" : "ordinary";
}

int KeepingDays::of(Grade grade) const {
  if (grade == Grade::case_file) return case_file;
  return grade == Grade::finding ? finding : ordinary;
}

KeepingDays keeping_days_of(store::Transaction& transaction, const std::string& tenant,
                            const KeepingDays& standard) {
  const auto row = transaction.first(
      "SELECT ordinary_days, finding_days, case_days FROM keeping_days WHERE tenant_id = ?", {tenant});
  if (!row) return standard;
  return {static_cast<int>(row->integer("ordinary_days")), static_cast<int>(row->integer("finding_days")),
          static_cast<int>(row->integer("case_days"))};
}

}  // namespace guardian::archive
