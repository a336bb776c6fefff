// server/idempotency.h - a POST that is sent again because its answer got lost does not happen again.
// After draft-ietf-httpapi-idempotency-key-header: the client names its request, and the server keeps the
// answer for 24 hours.
#pragma once

#include <optional>
#include <string>

#include "access/keyring.h"
#include "base/result.h"
#include "server/exchange.h"
#include "store/database.h"

namespace guardian::server {

/// Safe to use from several threads. Database and keyring must outlive it.
class Idempotency {
 public:
  Idempotency(store::Database& database, const access::Keyring& keyring)
      : database_(database), keyring_(keyring) {}

  /// Runs `handler` unless it already answered this request of this caller under this key; then the earlier
  /// answer comes again, with the header Idempotency-Replayed. `content` is whatever tells two requests
  /// apart. An answer of 500 or more is not kept: the client may try again. A crash between the handler's
  /// change and the note of its answer lets a repetition through after a minute.
  /// Errors: those of `handler`; usage (key malformed), conflict (the first one is still running); storage.
  /// The same key with another request is answered with 422.
  Result<Response> once(const Request& request, const std::string& key, const std::string& content,
                        const Handler& handler);

 private:
  Result<std::optional<Response>> begin(const Request& request, const std::string& key,
                                        const std::string& hash);
  Result<void> note(const Request& request, const std::string& key, const Response& response);
  Result<void> forget(const Request& request, const std::string& key);

  store::Database& database_;
  const access::Keyring& keyring_;
};

}  // namespace guardian::server
