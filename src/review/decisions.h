// review/decisions.h - what people decided on the findings of a recording: right, wrong, or something else.
// The report stays as the program made it; decisions stand beside it. After archive/ and load/: what is
// rejected leaves the employee's load, and insights/ count what is left. labels.h makes training data of
// them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access/audit.h"
#include "access/caller.h"
#include "access/keyring.h"
#include "archive/analysed.h"
#include "base/result.h"
#include "load/load_ledger.h"
#include "policy/policy.h"
#include "store/database.h"

namespace guardian::review {

enum class Ruling {
  confirmed,  ///< as the program says
  changed,    ///< harassment, but of another category or gravity
  rejected    ///< none
};

std::string_view name_of(Ruling ruling);
std::optional<Ruling> ruling_named(std::string_view name);

/// What somebody says of a finding.
struct Choice {
  Ruling ruling = Ruling::confirmed;
  std::optional<std::string> category;  ///< of `changed`; empty: the finding's
  std::optional<int> severity;          ///< of `changed`, 0-100; empty: the finding's
  std::string comment;                  ///< may be empty
};

struct Decision {
  int finding = -1;  ///< index in the report's findings; -1: a later analysis does not find it any more
  Ruling ruling = Ruling::confirmed;
  std::string category;
  int severity = 0;
  std::string comment;
  std::string decided_by;  ///< users.id or api_keys.id
  std::string name;        ///< as it was then
  std::int64_t at_ms = 0;
};

/// One recording that the caller may review, and its report.
struct Reviewed {
  std::string recording;
  const report::Report& report;
};

/// Has no state; safe to use from several threads. All references must outlive it. Functions throw
/// store::Fault as the store does.
class Decisions {
 public:
  Decisions(const access::Keyring& keyring, const access::AuditLog& audit, const load::LoadLedger& ledger,
            const policy::Policy& policy)
      : keyring_(keyring), audit_(audit), ledger_(ledger), policy_(policy) {}

  // Both answer with the decisions that count afterwards, as `of` does.
  /// Replaces what was decided on this finding. The caller has checked that `by` may review the recording.
  /// Errors: not_found, if there is no such finding; usage for a severity or comment out of range.
  Result<std::vector<Decision>> decide(store::Transaction& transaction, const access::Caller& by,
                                       const Reviewed& reviewed, int finding, const Choice& choice) const;
  /// Takes the last decision on this finding back; the one before it counts again. Errors: not_found.
  Result<std::vector<Decision>> undo(store::Transaction& transaction, const access::Caller& by,
                                     const Reviewed& reviewed, int finding) const;
  /// Those that count, in the order of the findings; those of findings that are gone come last.
  /// Errors: damaged.
  Result<std::vector<Decision>> of(store::Transaction& transaction, const std::string& tenant,
                                   const Reviewed& reviewed) const;

  /// An archive::Consequence, after the ledger's: decisions hold for the findings of a new analysis, too.
  Result<void> apply_again(store::Transaction& transaction, const archive::Analysed& analysed) const;
  /// For the deletion of a recording: nothing stays.
  static void forget(store::Transaction& transaction, const std::string& tenant,
                     const std::string& recording);

 private:
  Result<std::vector<Decision>> settle(store::Transaction& transaction, const std::string& tenant,
                                       const Reviewed& reviewed) const;

  const access::Keyring& keyring_;
  const access::AuditLog& audit_;
  const load::LoadLedger& ledger_;
  const policy::Policy& policy_;
};

/// The score of the dealing after these decisions; without one, the analysis's own: a policy may have changed
/// since.
int score_after_review(const judgement::Verdict& verdict, const std::vector<Decision>& decisions,
                       const policy::Policy& policy);

/// The findings as they are after review: rejected ones left out, changed ones as changed, and those that a
/// person confirmed as sure as can be. For judgement/call_score.h.
std::vector<judgement::Finding> after_review(const std::vector<judgement::Finding>& findings,
                                             const std::vector<Decision>& decisions);

}  // namespace guardian::review
