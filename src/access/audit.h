// access/audit.h - who did what, and when: every read and every change of what was recorded, as a chain in
// which no entry can be altered, moved or taken out of the middle unnoticed. Each entry carries a keyed hash
// over itself and the hash before it. The key follows from the first master key, so writing the database is
// not enough to forge one. Entries cut off at the end show only against a head that was noted elsewhere:
// `verify` and the server's log tell it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/keyring.h"
#include "base/result.h"
#include "store/database.h"

namespace guardian::access {

struct AuditEntry {
  std::string tenant;
  std::string actor;    ///< users.id, api_keys.id or "system"
  std::string action;   ///< what happened, e.g. "recording.listen"; lower-case words joined by dots
  std::string subject;  ///< id of what it happened to; may be empty
  std::string details;  ///< for a person; sealed at rest
  std::string address;  ///< of the network the request came from; sealed with the details
};

/// An entry as it lies in the log.
struct AuditRecord {
  std::int64_t number = 0;  ///< from 1, without gaps
  std::int64_t at_ms = 0;
  AuditEntry entry;
};

/// The log's end: what an auditor writes down elsewhere.
struct AuditHead {
  std::int64_t number = 0;  ///< of the last entry; 0: none
  std::string hash;         ///< 32 hexadecimal digits; empty: none
};

/// Safe to use from several threads. The database and the keyring must outlive it.
class AuditLog {
 public:
  AuditLog(store::Database& database, const Keyring& keyring);
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;
  ~AuditLog();

  /// Within the unit of work that makes the change: neither happens without the other.
  void add(store::Transaction& transaction, const AuditEntry& entry) const;

  /// For reading: returns when the entry is on the disk. Many callers at once share one unit of work. Errors:
  /// storage; whoever cannot note a read must not answer it.
  Result<void> note(const AuditEntry& entry);

  /// Newest first, from before `before` (0: from the end), at most `limit`. `subject` empty: all.
  Result<std::vector<AuditRecord>> list(const std::string& tenant, const std::string& subject,
                                        std::int64_t before, int limit) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Goes through the whole chain. `expected`: a head that was noted earlier and must be in it. Errors:
/// damaged, naming the first entry that is wrong or missing; storage.
Result<AuditHead> verify_audit(store::Database& database, const Key& master,
                               const std::optional<AuditHead>& expected = std::nullopt);

}  // namespace guardian::access
