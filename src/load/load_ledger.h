// load/load_ledger.h - what every employee was exposed to, day by day, kept so that each figure can be traced
// to the words that made it, and open to the employee before anybody else. After report/ and archive/: the
// ledger takes what wellbeing/exposure.h measured, wellbeing/load.h adds it up. group_picture.h is the only
// way from here to a manager.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "access/audit.h"
#include "access/caller.h"
#include "access/keyring.h"
#include "archive/analysed.h"
#include "base/calendar.h"
#include "base/id.h"
#include "base/result.h"
#include "store/database.h"
#include "wellbeing/load.h"

namespace guardian::load {

/// When the company learned of a dealing, and when somebody took it up.
struct Attention {
  std::int64_t told_ms = 0;
  std::optional<std::int64_t> acknowledged_ms;
};

/// Asks casework/ about a recording; empty where there is no case. Throws store::Fault as the store does.
using AttentionOf = std::function<std::optional<Attention>(store::Transaction&, const std::string& tenant,
                                                           const std::string& recording)>;

/// Three questions a day (domain reference, section 6.4), each from 1 (not at all) to 4 (very much), each
/// free to leave out. They do not enter the index.
struct Answers {
  std::optional<int> exhausted;   ///< felt emotionally drained by today's dealings
  std::optional<int> afraid;      ///< felt fear
  std::optional<int> could_stop;  ///< could end a dealing when it was needed; here more is better
};

/// The employee's own view of a stretch of days.
struct OwnDay {
  wellbeing::DayLoad load;
  Answers answers;
};

struct Dispute {
  std::string id;
  std::string employee;
  std::string recording;
  std::string category;
  std::string reason;  ///< the employee's words
  std::string state;   ///< "open", "upheld" (the finding was wrong), "rejected" or "taken_back"
  std::int64_t raised_ms = 0;
  std::optional<std::int64_t> decided_ms;
};

/// Has no state beside what it is made with; safe to use from several threads. Keyring and audit log must
/// outlive it. `transaction` is the caller's unit of work; functions throw store::Fault as the store does.
class LoadLedger {
 public:
  using Clock = std::function<std::int64_t()>;
  LoadLedger(const access::Keyring& keyring, const access::AuditLog& audit, AttentionOf attention = {},
             wellbeing::LoadOptions options = {}, Clock clock = now_ms);

  /// An archive::Consequence. Replaces what was noted of the recording. One dealing counts once for an
  /// employee, even if its bytes were uploaded twice: the earlier upload stands. Objections are found again
  /// by category and place. Errors: damaged, for an employee who is not the tenant's.
  Result<void> record_exposure(store::Transaction& transaction, const archive::Analysed& analysed) const;

  /// These findings of a recording, and no others of it, are left out because a person rejected them.
  void leave_out(store::Transaction& transaction, const std::string& tenant, const std::string& recording,
                 const std::vector<int>& findings) const;

  /// For the deletion of a recording: nothing of it stays here but the objections, without their words.
  void remove(store::Transaction& transaction, const std::string& tenant, const std::string& recording) const;

  /// Everything that follows up to `answer` is the caller's own. Errors of all: forbidden, for callers who
  /// are no employee; usage. `first` to `last`, at most 400 days.
  Result<std::vector<OwnDay>> own_days(store::Transaction& transaction, const access::Caller& by, Day first,
                                       Day last) const;
  /// What the load at a day's end is made of.
  Result<std::vector<wellbeing::LoadShare>> explain(store::Transaction& transaction, const access::Caller& by,
                                                    Day day) const;
  /// Replaces the day's answers; none at all takes them back. Up to 31 days back, not for days to come.
  Result<void> answer(store::Transaction& transaction, const access::Caller& by, Day day,
                      const Answers& answers) const;
  /// "This finding is wrong": from now on it is left out, until somebody decides. Errors: not_found;
  /// conflict, if there is an objection already, open or decided.
  Result<Dispute> dispute(store::Transaction& transaction, const access::Caller& by,
                          const std::string& recording, int finding, const std::string& reason) const;
  /// Only while it is open. Errors: not_found.
  Result<void> take_back(store::Transaction& transaction, const access::Caller& by,
                         const std::string& dispute) const;
  /// All of the caller's own, newest first.
  Result<std::vector<Dispute>> own_disputes(store::Transaction& transaction, const access::Caller& by) const;

  /// Open ones within the caller's reach, oldest first, from behind `after`. They tell the finding, never a
  /// load.
  Result<std::vector<Dispute>> open_disputes(store::Transaction& transaction, const access::Caller& by,
                                             const std::string& after, int limit) const;
  /// `upheld`: the finding was wrong and stays out; else it counts again. Nobody decides on an objection of
  /// their own. Errors: not_found, forbidden, conflict if it is not open.
  Result<void> decide(store::Transaction& transaction, const access::Caller& by, const std::string& dispute,
                      bool upheld) const;

  /// For group_picture.h: an employee's dealings from `first` to `last`, as far as they were recorded before
  /// `known_ms`.
  std::vector<wellbeing::LoadCall> calls_of(store::Transaction& transaction, const std::string& tenant,
                                            const std::string& employee, Day first, Day last,
                                            std::int64_t known_ms) const;
  const wellbeing::LoadOptions& options() const { return options_; }
  std::int64_t now() const { return clock_(); }

 private:
  double weight_of(store::Transaction& transaction, const std::string& tenant, const std::string& recording,
                   std::int64_t at_ms) const;
  Result<Dispute> dispute_of(const std::string& tenant, const store::Row& row) const;

  const access::Keyring* keyring_;
  const access::AuditLog* audit_;
  AttentionOf attention_;
  wellbeing::LoadOptions options_;
  Clock clock_;
};

/// Today on the tenant's calendar. Errors: not_found.
Result<Day> today_of(store::Transaction& transaction, const std::string& tenant, std::int64_t now_ms);

}  // namespace guardian::load
