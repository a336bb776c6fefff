#include "insights/counted.h"

namespace guardian::insights {

void keep_counted(store::Transaction& transaction, const std::string& tenant, const std::string& recording,
                  const Counted& counted) {
  forget_counted(transaction, tenant, recording);
  transaction.execute(
      "UPDATE recordings SET counted_score = ?, counted_suspected = ? WHERE tenant_id = ? AND id = ?",
      {std::int64_t{counted.score}, std::int64_t{counted.suspected}, tenant, recording});
  for (const auto& finding : counted.findings)
    transaction.execute(
        "INSERT INTO counted_findings (tenant_id, recording_id, category, severity, start_s, lead_up) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        {tenant, recording, finding.category, std::int64_t{finding.severity}, store::or_null(finding.start_s),
         std::string(name_of(finding.lead_up))});
}

void forget_counted(store::Transaction& transaction, const std::string& tenant,
                    const std::string& recording) {
  transaction.execute("DELETE FROM counted_findings WHERE tenant_id = ? AND recording_id = ?",
                      {tenant, recording});
}

}  // namespace guardian::insights
