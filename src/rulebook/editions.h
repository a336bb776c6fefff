// rulebook/editions.h - the editions of a company's own changes to the policy (policy/amendment.h): each is
// kept with who published it, when and why, and the last one is what its recordings are judged by.
// Sealed, since a rule of one's own may name somebody.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "access/audit.h"
#include "access/caller.h"
#include "access/keyring.h"
#include "base/result.h"
#include "policy/amendment.h"
#include "store/database.h"

namespace guardian::rulebook {

constexpr int kMostListed = 100;

struct Edition {
  policy::Amendment amendment;  ///< its `edition` is 0 where nothing was ever published
  std::string name;             ///< of whoever published it, as it was then
  std::string note;             ///< why
  std::int64_t published_ms = 0;
};

/// Has no state; safe to use from several threads. Both references must outlive it. Functions throw
/// store::Fault as the store does.
class Editions {
 public:
  Editions(const access::Keyring& keyring, const access::AuditLog& audit)
      : keyring_(keyring), audit_(audit) {}

  /// What recordings of the company are judged by. Errors: damaged.
  Result<Edition> current(store::Transaction& transaction, const std::string& tenant) const;
  /// The last kMostListed, newest first. Errors: damaged.
  Result<std::vector<Edition>> list(store::Transaction& transaction, const std::string& tenant) const;

  /// Makes it the next edition; whoever calls has checked it (rulebook/preview.h). `amendment.edition` is the
  /// one it was made from. Errors: conflict, if another was published since.
  Result<Edition> publish(store::Transaction& transaction, const access::Caller& by,
                          policy::Amendment amendment, const std::string& note,
                          const std::string& address) const;

 private:
  Result<Edition> read(const std::string& tenant, const store::Row& row) const;

  const access::Keyring& keyring_;
  const access::AuditLog& audit_;
};

}  // namespace guardian::rulebook
