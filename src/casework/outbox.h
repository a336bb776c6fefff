// casework/outbox.h - notices between the case they were written with and the channel that carries them.
// Written in the case's own unit of work, so a notice exists if and only if its case does; sent afterwards by
// the dispatcher (dispatcher.h), at least once. A repetition after a crash carries the same id.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "access/audit.h"
#include "access/caller.h"
#include "access/keyring.h"
#include "base/result.h"
#include "casework/notice.h"
#include "casework/routes.h"
#include "store/database.h"

namespace guardian::casework {

struct OutboxOptions {
  std::string public_url;                ///< without a slash at the end; empty: no links
  int attempts = 12;                     ///< then a notice is dead
  std::int64_t first_delay_ms = 15'000;  ///< after the first failure; doubled with each, and shortened by
                                         ///< up to half at random
  std::int64_t longest_delay_ms = 3'600'000;
  std::int64_t patience_ms = 72LL * 3'600'000;  ///< an older notice is dead at its next failure
  std::int64_t lease_ms = 15LL * 60'000;  ///< a sender that was silent for so long is thought to be gone
  int batch = 20;                         ///< notices to one recipient taken at once
};

/// A notice as administrators see it: nothing of the case but its id.
struct NoticeState {
  std::string id;
  std::string case_id;  ///< empty: of the month's minutes
  std::string recipient;
  ChannelKind channel = ChannelKind::mail;
  std::string state;  ///< "waiting", "sending", "sent" or "dead"
  int attempts = 0;
  std::int64_t created_ms = 0;
  std::int64_t not_before_ms = 0;
  std::optional<std::int64_t> sent_ms;
  std::optional<Text> reason;  ///< of the last failure
};

struct NoticeFilter {
  std::optional<std::string> state;
  std::optional<std::string> case_id;
  std::string before;  ///< only notices older than this id; empty: from the newest
  int limit = 50;
};

/// Of all tenants, for metrics.
struct OutboxStats {
  std::int64_t waiting = 0;
  std::int64_t dead = 0;
  double oldest_waiting_s = 0.0;
};

/// Tenant and recipient.
using RecipientKey = std::pair<std::string, std::string>;

/// Notices of one recipient, taken by one sender.
struct Batch {
  RecipientKey to;
  std::vector<std::string> notices;  ///< ids, oldest first
};

/// Safe to use from several threads. All references must outlive it.
class Outbox {
 public:
  Outbox(store::Database& database, const access::Keyring& keyring, const access::AuditLog& audit,
         const Routes& routes, OutboxOptions options = {})
      : database_(database),
        keyring_(keyring),
        audit_(audit),
        routes_(routes),
        options_(std::move(options)) {}

  /// Writes a notice to everybody whose route fits and who was not told of this case in this band yet.
  /// Returns how many. `quote` goes only where the route wants it.
  int write(store::Transaction& transaction, const std::string& tenant, const Notice& notice,
            const std::optional<std::string>& group, const std::string& quote) const;

  /// Writes a notice of the month's minutes to everybody whose route is for every group and category,
  /// whatever its score. Returns how many.
  int write_usage(store::Transaction& transaction, const std::string& tenant, const UsageShare& usage) const;

  // For whoever may manage settings. Errors: forbidden; usage; not_found; conflict, if it is not dead.
  /// Newest first.
  Result<std::vector<NoticeState>> list(const access::Caller& by, const NoticeFilter& filter) const;
  /// A dead notice is tried again, from the first attempt.
  Result<void> retry(const access::Caller& by, const std::string& id) const;

  OutboxStats stats(store::Transaction& transaction) const;

  /// Notices that were sent or given up and are older go, with their links. Returns how many. Errors:
  /// storage.
  Result<int> forget(std::int64_t before_ms) const;

  // For the dispatcher.
  /// At the start of a server: what was being sent when the last one ended is due at once.
  Result<void> recover() const;
  /// The recipient who has waited longest and is not in `busy`. Empty if nothing is due.
  Result<std::optional<Batch>> claim(const std::set<RecipientKey>& busy) const;
  /// What to send. Empty, if the notice is not to be sent any more. Errors: not_found, if its recipient is
  /// gone; damaged.
  struct Outgoing {
    ChannelKind channel = ChannelKind::mail;
    Delivery delivery;
  };
  Result<std::optional<Outgoing>> open(const RecipientKey& to, const std::string& id) const;
  Result<void> note_sent(const RecipientKey& to, const std::string& id) const;
  /// An error that is worth another attempt puts off all that waits for this recipient. Returns true if the
  /// rest of the batch should not be tried now.
  Result<bool> note_failed(const RecipientKey& to, const std::string& id, const Error& why) const;
  /// Notices that were claimed and not tried are due again.
  Result<void> give_back(const Batch& batch) const;

 private:
  std::int64_t insert(store::Transaction& transaction, const std::string& tenant, const Notice& notice,
                      const Target& target) const;
  std::int64_t delay_ms(std::int64_t attempts) const;

  store::Database& database_;
  const access::Keyring& keyring_;
  const access::AuditLog& audit_;
  const Routes& routes_;
  OutboxOptions options_;
};

}  // namespace guardian::casework
