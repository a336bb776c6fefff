// archive/shares.h - a link by which somebody without an account, e.g. a lawyer or the police, sees one
// redacted report for a while. What is shown is archive/redacted_export.h's; this keeps who may see it.
// The secret is told once and kept as a hash.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "access/audit.h"
#include "access/caller.h"
#include "access/keyring.h"
#include "base/result.h"
#include "store/database.h"

namespace guardian::archive {

constexpr int kLongestShare_days = 30;
/// Of one recording, that can still be opened: more would be a leak and not a decision.
constexpr std::int64_t kMostShares = 20;

struct Share {
  std::string id;
  std::string tenant;
  std::string recording;
  bool with_sound = false;
  std::string name;  ///< of whoever made it, as it was then
  std::int64_t created_ms = 0;
  std::int64_t expires_ms = 0;
  std::optional<std::int64_t> ended_ms;  ///< taken back
  int opened = 0;                        ///< times
  std::optional<std::int64_t> last_opened_ms;
};

struct NewShare {
  Share share;
  std::string secret;
};

/// Has no state; safe to use from several threads. Both references must outlive it. Functions throw
/// store::Fault as the store does. The caller of `make`, `of` and `end` has checked that the recording lies
/// within `by`'s reach.
class Shares {
 public:
  Shares(const access::Keyring& keyring, const access::AuditLog& audit) : keyring_(keyring), audit_(audit) {}

  /// Errors: usage for `days` outside 1 to kLongestShare_days; conflict beyond kMostShares.
  Result<NewShare> make(store::Transaction& transaction, const access::Caller& by,
                        const std::string& recording, int days, bool with_sound) const;
  /// Newest first, those that are over, too. Errors: damaged.
  Result<std::vector<Share>> of(store::Transaction& transaction, const std::string& tenant,
                                const std::string& recording) const;
  /// It opens nothing any more; a second time changes nothing. Errors: not_found.
  Result<void> end(store::Transaction& transaction, const access::Caller& by, const std::string& recording,
                   const std::string& id) const;
  /// Counts and audits the opening. Errors: not_found, the same whether it never was, is over, or its
  /// recording is gone.
  Result<Share> open(store::Transaction& transaction, const std::string& secret,
                     const std::string& address) const;
  /// For the deletion of a recording: nothing stays.
  static void forget(store::Transaction& transaction, const std::string& tenant,
                     const std::string& recording);

 private:
  const access::Keyring& keyring_;
  const access::AuditLog& audit_;
};

}  // namespace guardian::archive
