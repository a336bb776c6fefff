// archive/retention.h - how long recordings are kept, and how they go: last step of a recording on a server.
// A recording's grade says how long it is kept (ordinary, with a finding, with a case); legal hold keeps it
// whatever its time. A deletion is one unit of work that turns the row into a tombstone without anything that
// was told or found, and notes which files have to go; then the files go; then the deletion is finished and
// certified. What a crash leaves between is finished at the next start.
// What this does not reach, backups for one, is in docs/keeping.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "access/audit.h"
#include "access/caller.h"
#include "access/keyring.h"
#include "archive/keeping_days.h"
#include "archive/queue.h"
#include "base/result.h"
#include "store/database.h"
#include "store/objects.h"

namespace guardian::archive {

/// Part of the unit of work that brings the reason (a case is opened): the recording keeps the higher grade
/// and the later end. A deleted one stays deleted.
void raise_grade(store::Transaction& transaction, const std::string& tenant, const std::string& recording,
                 Grade grade, const KeepingDays& days, std::int64_t now_ms);

/// What other stations know of a recording and forget with it (search/, casework/), in the same unit of work.
using Forgetting =
    std::function<void(store::Transaction&, const std::string& tenant, const std::string& recording)>;

/// What retention works with. All of it must outlive it.
struct RetentionParts {
  store::Database& database;
  store::ObjectStore& objects;
  const access::Keyring& keyring;
  const access::AuditLog& audit;
  const Queue& queue;
  std::vector<Forgetting> forgetting;
};

/// Days after a change of keeping times in which nothing is deleted because of it.
constexpr int kGrace_days = 7;

/// Safe to use from several threads.
class Retention {
 public:
  /// `standard`: how long recordings of companies that chose nothing else are kept.
  Retention(RetentionParts parts, KeepingDays standard) : parts_(std::move(parts)), standard_(standard) {}

  /// One more of those who forget. Before anybody else uses this.
  void forget_with(Forgetting forgetting) { parts_.forgetting.push_back(std::move(forgetting)); }

  /// Deletes at the caller's wish, whatever the grade; work on it ends. When this returns, the files are
  /// gone. `reason` goes to the audit log, sealed. Errors: not_found, also for what is beyond the caller's
  /// reach; conflict, under legal hold; storage: if only files are left, the next sweep finishes it.
  Result<void> remove(const access::Caller& caller, const std::string& id, const std::string& reason,
                      const std::string& address);

  struct Hold {
    bool held = false;
    std::string reason;  ///< empty if it is not held
  };
  /// While held, neither time nor wish deletes it. Needs a reason both ways. Errors: usage; not_found.
  Result<void> set_hold(const access::Caller& caller, const std::string& id, const Hold& hold,
                        const std::string& address);
  /// Errors: not_found; damaged.
  Result<Hold> hold_of(const access::Caller& caller, const std::string& id);

  /// How long the caller's company keeps recordings. Errors: storage.
  Result<KeepingDays> days_of(const access::Caller& caller);
  /// How many recordings would be due when kGrace_days are over if it kept them so long. Errors: usage.
  Result<std::int64_t> due_with(const access::Caller& caller, const KeepingDays& days);
  /// From now on, and for what is kept already: its end moves, but never to before kGrace_days from now, so
  /// that a mistake can be taken back. Errors: usage, storage.
  Result<void> set_days(const access::Caller& caller, const KeepingDays& days, const std::string& address);

  /// Finishes deletions that a crash left half done, then deletes what is due at `now_ms`, each in a unit of
  /// its own, until `stop`. What waits for its analysis is never due. Returns how many recordings are gone
  /// now that were not before. Errors: storage, after trying the others, too.
  Result<int> sweep(std::int64_t now_ms, const std::stop_token& stop = {});

  /// The signed proof that it was deleted (archive/certificate.h). Whoever may read the audit log gets any of
  /// the tenant's. Errors: not_found, if it was not deleted; busy, while its files are still going.
  Result<std::string> certificate(const access::Caller& caller, const std::string& id);

  /// By which certificates are checked.
  std::string public_key() const;

 private:
  struct Deletion;
  void mark(store::Transaction& transaction, const Deletion& deletion);
  void blank(store::Transaction& transaction, const Deletion& deletion);
  Result<bool> mark_due(const std::string& tenant, const std::string& id, std::int64_t now_ms);
  Result<void> erase(const std::string& tenant, const std::string& id);
  void finish(store::Transaction& transaction, const std::string& tenant, const std::string& id);

  RetentionParts parts_;
  KeepingDays standard_;
};

}  // namespace guardian::archive
