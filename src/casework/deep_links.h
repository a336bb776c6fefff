// casework/deep_links.h - the link in a notice: whoever has it may acknowledge this one case, and learns
// nothing but when, how grave and which group. Opening it changes nothing, since mail scanners open links,
// too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "access/audit.h"
#include "access/keyring.h"
#include "base/result.h"
#include "casework/routes.h"
#include "judgement/verdict.h"
#include "store/database.h"

namespace guardian::casework {

struct LinkView {
  std::int64_t occurred_ms = 0;
  judgement::Band band = judgement::Band::none;
  std::string group;  ///< its name; may be empty
  Language language = Language::japanese;
  std::optional<std::int64_t> acknowledged_ms;  ///< by whomever
  bool used = false;                            ///< this link has acknowledged already
  bool expired = false;                         ///< it acknowledges nothing any more
};

/// Safe to use from several threads. All references must outlive it.
class DeepLinks {
 public:
  DeepLinks(store::Database& database, const access::Keyring& keyring, const access::AuditLog& audit,
            const Routes& routes)
      : database_(database), keyring_(keyring), audit_(audit), routes_(routes) {}

  /// Changes nothing. Errors: not_found.
  Result<LinkView> look(const std::string& secret) const;
  /// Acknowledges the case in the name of the notice's recipient; a second time, or after somebody else has,
  /// it only says so. `address`: of the network, for the audit log. Errors: not_found; conflict, if the link
  /// has expired.
  Result<LinkView> acknowledge(const std::string& secret, const std::string& address) const;

 private:
  store::Database& database_;
  const access::Keyring& keyring_;
  const access::AuditLog& audit_;
  const Routes& routes_;
};

}  // namespace guardian::casework
