// casework/webhook_channel.h - notices to programs: a signed JSON body, posted to a URL that a user chose.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "casework/channel.h"
#include "casework/network_guard.h"

namespace guardian::casework {

struct WebhookOptions {
  /// Networks that may be reached beside the public internet, and without TLS, too (NetworkGuard).
  std::vector<std::string> allowed_networks;
  long connect_ms = 5'000;
  long total_ms = 10'000;  ///< from the name's look-up to the end of the answer
};

/// Posts `Delivery`'s body with Content-Type: application/json, X-Guardian-Delivery: its id, and
/// X-Guardian-Signature: t=UNIX SECONDS,v1=HEX of HMAC-SHA256(secret, t + "." + body). Any 2xx is acceptance.
/// Redirects are not followed; no proxy of the environment is used; answers are read up to 16 KiB.
class WebhookChannel final : public Channel {
 public:
  /// Errors: usage, for a network that is none.
  static Result<WebhookChannel> make(const WebhookOptions& options);
  Result<void> send(const Delivery& delivery, const std::stop_token& stop) override;

 private:
  WebhookChannel(const WebhookOptions& options, NetworkGuard guard)
      : options_(options), guard_(std::move(guard)) {}
  WebhookOptions options_;
  NetworkGuard guard_;
};

/// Whether a webhook may be entered: https (or http, where `http_allowed`), a host, no user and password in
/// it, at most 2000 bytes of printable ASCII. Errors: usage.
Result<void> check_webhook_url(const std::string& url, bool http_allowed);

/// The signature of a body, as in the header. `at_s`: UNIX seconds.
std::string signature_of(std::string_view secret, std::int64_t at_s, std::string_view body);

}  // namespace guardian::casework
