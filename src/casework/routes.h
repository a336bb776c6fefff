// casework/routes.h - who is told of which cases: rules kept in the database, edited by administrators.
// Cases (cases.h) ask here for the recipients of a notice; the outbox asks where a recipient is to be found.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/audit.h"
#include "access/caller.h"
#include "access/keyring.h"
#include "base/result.h"
#include "casework/channel.h"
#include "casework/notice.h"
#include "store/database.h"

namespace guardian::casework {

struct Recipient {
  std::string id;  ///< empty for a new one
  ChannelKind channel = ChannelKind::mail;
  std::string address;  ///< e-mail address or URL
  /// Signs what goes to a webhook; 16 to 200 printable characters of ASCII. Empty in a choice: that of the
  /// same id stays, or a new one is made. Empty in a list: it is told once.
  std::string secret;
  std::string body_template;  ///< of a webhook; empty: ours
};

struct Route {
  std::string id;
  std::string name;
  std::optional<std::string> category;  ///< empty: any
  int minimum_score = 40;               ///< 0 to 100
  std::optional<std::string> group;     ///< empty: any
  bool with_quote = false;              ///< the gravest words go out, too
  Language language = Language::japanese;
  bool enabled = true;
  std::vector<Recipient> recipients;  ///< at most 20
  std::int64_t version = 0;           ///< grows with every change
};

/// What a trial of one recipient came to.
struct Trial {
  std::string recipient;
  Result<void> outcome;
};

/// What a route looks at.
struct Occasion {
  std::optional<std::string> group;
  int score = 0;
  std::vector<std::string> categories;
};

/// A recipient whose route fits an occasion.
struct Target {
  std::string recipient;
  ChannelKind channel = ChannelKind::mail;
  std::string address_hash;
  bool with_quote = false;
  Language language = Language::japanese;
};

/// Safe to use from several threads. The three must outlive it.
class Routes {
 public:
  static constexpr std::size_t kMost = 200;  ///< per tenant

  /// `categories`: ids that a route may name. `http_allowed`: some networks are allowed for webhooks
  /// without TLS (WebhookOptions).
  Routes(store::Database& database, const access::Keyring& keyring, const access::AuditLog& audit,
         std::vector<std::string> categories, bool http_allowed)
      : database_(database),
        keyring_(keyring),
        audit_(audit),
        categories_(std::move(categories)),
        http_allowed_(http_allowed) {}

  // For whoever may manage settings. Errors: forbidden; usage for a bad value; not_found.
  Result<std::vector<Route>> list(const access::Caller& by) const;
  Result<Route> get(const access::Caller& by, const std::string& id) const;
  /// The answer holds the secrets of new webhooks, for the only time.
  Result<Route> add(const access::Caller& by, Route choice) const;
  /// Recipients that are not in the choice are told nothing more, not even what waits. Errors also: conflict,
  /// if `choice.version` is not 0 and the route has changed since.
  Result<Route> change(const access::Caller& by, const std::string& id, Route choice) const;
  Result<void> remove(const access::Caller& by, const std::string& id) const;
  /// Sends everyone on the route a notice that says it is a trial, at once, and waits for the outcome.
  Result<std::vector<Trial>> try_out(const access::Caller& by, const std::string& id,
                                     const Channels& channels, const std::stop_token& stop) const;

  /// Everybody who is to be told, the same address once, with quote where one of its routes says so.
  std::vector<Target> targets(store::Transaction& transaction, const std::string& tenant,
                              const Occasion& occasion) const;
  /// Empty, if the recipient is gone. Errors: damaged.
  Result<std::optional<Recipient>> recipient(store::Transaction& transaction, const std::string& tenant,
                                             const std::string& id) const;

 private:
  Result<Route> checked(store::Transaction& transaction, const std::string& tenant, Route choice) const;
  Result<void> write_recipients(store::Transaction& transaction, const std::string& tenant,
                                Route& route) const;
  Result<Route> read(store::Transaction& transaction, const std::string& tenant, const store::Row& row) const;
  Result<Recipient> recipient_of(const std::string& tenant, const store::Row& row) const;

  store::Database& database_;
  const access::Keyring& keyring_;
  const access::AuditLog& audit_;
  std::vector<std::string> categories_;
  bool http_allowed_;
};

/// A plain address of letters, digits and the signs of RFC 5322's dot-atom, of at most 254 bytes: nothing
/// that could end a line, a header or a command of SMTP.
bool is_mail_address(std::string_view address);

}  // namespace guardian::casework
