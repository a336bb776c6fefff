#include "casework/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/id.h"
#include "base/text.h"
#include "casework/webhook_channel.h"

namespace guardian::casework {
namespace {

using access::Caller;
using access::Permission;

constexpr std::size_t kRecipients = 20;
constexpr std::size_t kNameCharacters = 100;
constexpr std::size_t kSecretBytes = 32;
constexpr const char* kAddressColumn = "notice_recipients.address";
constexpr const char* kSecretColumn = "notice_recipients.secret";

tl::unexpected<Error> bad_value(const char* field, const Text& what) {
  return fail(Error::Kind::usage, field, what, {"入力を直してください", "Correct the input"});
}

tl::unexpected<Error> unknown(const char* what) {
  return fail(Error::Kind::not_found, what, {"見つかりません", "there is no such entry"},
              {"一覧から選び直してください", "Choose again from the list"});
}

Result<void> check_caller(const Caller& by) {
  if (by.may(Permission::manage_settings)) return {};
  return fail(Error::Kind::forbidden, "notification route",
              {"通知先を扱う権限がありません", "you may not see or change who is notified"},
              {"管理者に頼んでください", "Ask an administrator"});
}

bool is_secret(std::string_view secret) {
  return secret.size() >= 16 && secret.size() <= 200 &&
         std::all_of(secret.begin(), secret.end(), [](char c) { return c > ' ' && c < 127; });
}

Result<void> check_recipient(const Recipient& recipient, bool http_allowed) {
  if (recipient.channel == ChannelKind::mail) {
    if (!is_mail_address(recipient.address))
      return bad_value("address", {"メールアドレスにしてください", "it must be an e-mail address"});
    if (!recipient.secret.empty() || !recipient.body_template.empty())
      return bad_value("secret", {"メールには要りません", "a mail takes neither secret nor template"});
    return {};
  }
  if (auto good = check_webhook_url(recipient.address, http_allowed); !good) return good;
  if (!recipient.secret.empty() && !is_secret(recipient.secret))
    return bad_value("secret", {"16 から 200 文字の ASCII 文字にしてください",
                                "it needs 16 to 200 printable characters of ASCII"});
  if (recipient.body_template.empty()) return {};
  const auto filled = fill_template(recipient.body_template, {});
  if (!filled) return tl::unexpected<Error>(filled.error());
  return {};
}

Notice trial_notice() {
  Notice notice;
  notice.occurred_ms = now_ms();
  notice.score = 50;
  notice.band = judgement::Band::caution;
  return notice;
}

}  // namespace

bool is_mail_address(std::string_view address) {
  const auto at = address.find('@');
  if (at == std::string_view::npos || at == 0 || at > 64 || address.size() > 254) return false;
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  const auto local = address.substr(0, at);
  const auto domain = address.substr(at + 1);
  const auto dots_are_good = [](std::string_view part) {
    return !part.empty() && part.front() != '.' && part.back() != '.' &&
           part.find("..") == std::string_view::npos;
  };
  return dots_are_good(local) && dots_are_good(domain) && domain.front() != '-' &&
         std::all_of(local.begin(), local.end(),
                     [&](char c) {
                       return is_word(c) ||
                              std::string_view(".!#$%&'*+/=?^_`{|}~").find(c) != std::string_view::npos;
                     }) &&
         std::all_of(domain.begin(), domain.end(), [&](char c) { return is_word(c) || c == '.'; });
}

Result<std::vector<Route>> Routes::list(const Caller& by) const {
  if (auto good = check_caller(by); !good) return tl::unexpected<Error>(good.error());
  return database_.read([&](store::Transaction& t) -> Result<std::vector<Route>> {
    std::vector<Route> routes;
    for (const auto& row :
         t.query("SELECT * FROM notice_routes WHERE tenant_id = ? ORDER BY id", {by.tenant})) {
      auto route = read(t, by.tenant, row);
      if (!route) return tl::unexpected<Error>(route.error());
      routes.push_back(std::move(*route));
    }
    return routes;
  });
}

Result<Route> Routes::get(const Caller& by, const std::string& id) const {
  if (auto good = check_caller(by); !good) return tl::unexpected<Error>(good.error());
  return database_.read([&](store::Transaction& t) -> Result<Route> {
    const auto row = t.first("SELECT * FROM notice_routes WHERE tenant_id = ? AND id = ?", {by.tenant, id});
    if (!row) return unknown("notification route");
    return read(t, by.tenant, *row);
  });
}

Result<Route> Routes::add(const Caller& by, Route choice) const {
  if (auto good = check_caller(by); !good) return tl::unexpected<Error>(good.error());
  return database_.write([&](store::Transaction& t) -> Result<Route> {
    auto route = checked(t, by.tenant, std::move(choice));
    if (!route) return route;
    const auto there = t.first("SELECT COUNT(*) AS n FROM notice_routes WHERE tenant_id = ?", {by.tenant});
    if (there->integer("n") >= static_cast<std::int64_t>(kMost))
      return bad_value("notification routes", {"通知先は 200 件までです", "there can be 200 routes at most"});
    route->id = make_id();
    route->version = 1;
    t.execute(
        "INSERT INTO notice_routes (id, tenant_id, name, category, minimum_score, group_id, with_quote, "
        "language, enabled, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
        {route->id, by.tenant, route->name, store::or_null(route->category),
         std::int64_t{route->minimum_score}, store::or_null(route->group), std::int64_t{route->with_quote},
         route->language == Language::japanese ? "ja" : "en", std::int64_t{route->enabled}});
    if (auto written = write_recipients(t, by.tenant, *route); !written)
      return tl::unexpected<Error>(written.error());
    audit_.add(t, {by.tenant, by.id, "notification_route.add", route->id, route->name, ""});
    return route;
  });
}

Result<Route> Routes::change(const Caller& by, const std::string& id, Route choice) const {
  if (auto good = check_caller(by); !good) return tl::unexpected<Error>(good.error());
  return database_.write([&](store::Transaction& t) -> Result<Route> {
    auto route = checked(t, by.tenant, std::move(choice));
    if (!route) return route;
    const auto row =
        t.first("SELECT version FROM notice_routes WHERE tenant_id = ? AND id = ?", {by.tenant, id});
    if (!row) return unknown("notification route");
    if (route->version != 0 && route->version != row->integer("version"))
      return fail(Error::Kind::conflict, "notification route",
                  {"ほかの人が先に変えました", "somebody else changed it meanwhile"},
                  {"読み直してからもう一度変えてください", "Read it again, then change it"});
    route->id = id;
    route->version = row->integer("version") + 1;
    t.execute(
        "UPDATE notice_routes SET name = ?, category = ?, minimum_score = ?, group_id = ?, with_quote = ?, "
        "language = ?, enabled = ?, version = ? WHERE tenant_id = ? AND id = ?",
        {route->name, store::or_null(route->category), std::int64_t{route->minimum_score},
         store::or_null(route->group), std::int64_t{route->with_quote},
         route->language == Language::japanese ? "ja" : "en", std::int64_t{route->enabled}, route->version,
         by.tenant, id});
    if (auto written = write_recipients(t, by.tenant, *route); !written)
      return tl::unexpected<Error>(written.error());
    audit_.add(t, {by.tenant, by.id, "notification_route.change", id, route->name, ""});
    return route;
  });
}

Result<void> Routes::remove(const Caller& by, const std::string& id) const {
  if (auto good = check_caller(by); !good) return good;
  return database_.write([&](store::Transaction& t) -> Result<void> {
    t.execute("DELETE FROM notice_recipients WHERE tenant_id = ? AND route_id = ?", {by.tenant, id});
    if (t.execute("DELETE FROM notice_routes WHERE tenant_id = ? AND id = ?", {by.tenant, id}) == 0)
      return unknown("notification route");
    audit_.add(t, {by.tenant, by.id, "notification_route.remove", id, "", ""});
    return {};
  });
}

Result<std::vector<Trial>> Routes::try_out(const Caller& by, const std::string& id, const Channels& channels,
                                           const std::stop_token& stop) const {
  if (auto good = check_caller(by); !good) return tl::unexpected<Error>(good.error());
  auto route = database_.write([&](store::Transaction& t) -> Result<Route> {
    const auto row = t.first("SELECT * FROM notice_routes WHERE tenant_id = ? AND id = ?", {by.tenant, id});
    if (!row) return unknown("notification route");
    audit_.add(t, {by.tenant, by.id, "notification_route.try", id, row->text("name"), ""});
    return read(t, by.tenant, *row);
  });
  if (!route) return tl::unexpected<Error>(route.error());
  std::vector<Trial> trials;
  for (const auto& listed : route->recipients) {
    const auto full =
        database_.read([&](store::Transaction& t) { return recipient(t, by.tenant, listed.id); });
    if (!full) return tl::unexpected<Error>(full.error());
    if (!*full) continue;
    Delivery delivery{make_id(),       trial_notice(),        "", 0, route->language, (*full)->address,
                      (*full)->secret, (*full)->body_template};
    trials.push_back({listed.id, channels.send(listed.channel, delivery, stop)});
  }
  return trials;
}

std::vector<Target> Routes::targets(store::Transaction& t, const std::string& tenant,
                                    const Occasion& occasion) const {
  const auto rows = t.query(
      "SELECT r.id, r.channel, r.address_hash, n.category, n.with_quote, n.language FROM notice_routes n "
      "JOIN notice_recipients r ON r.tenant_id = n.tenant_id AND r.route_id = n.id "
      "WHERE n.tenant_id = ? AND n.enabled = 1 AND n.minimum_score <= ? "
      "AND (n.group_id IS NULL OR n.group_id = ?) ORDER BY n.with_quote DESC, r.id",
      {tenant, std::int64_t{occasion.score}, store::or_null(occasion.group)});
  std::vector<Target> targets;
  for (const auto& row : rows) {
    const auto& all = occasion.categories;
    if (const auto category = row.text_if("category");
        category && std::find(all.begin(), all.end(), *category) == all.end())
      continue;
    auto hash = row.text("address_hash");
    if (std::any_of(targets.begin(), targets.end(),
                    [&](const auto& known) { return known.address_hash == hash; }))
      continue;
    targets.push_back({row.text("id"),
                       row.text("channel") == "mail" ? ChannelKind::mail : ChannelKind::webhook,
                       std::move(hash), row.integer("with_quote") != 0,
                       row.text("language") == "ja" ? Language::japanese : Language::english});
  }
  return targets;
}

Result<std::optional<Recipient>> Routes::recipient(store::Transaction& t, const std::string& tenant,
                                                   const std::string& id) const {
  const auto row = t.first("SELECT * FROM notice_recipients WHERE tenant_id = ? AND id = ?", {tenant, id});
  if (!row) return std::optional<Recipient>();
  auto recipient = recipient_of(tenant, *row);
  if (!recipient) return tl::unexpected<Error>(recipient.error());
  return std::optional(std::move(*recipient));
}

Result<Route> Routes::checked(store::Transaction& t, const std::string& tenant, Route choice) const {
  if (!is_utf8(choice.name) || printable(choice.name) != choice.name || choice.name.empty() ||
      count_characters(choice.name) > kNameCharacters)
    return bad_value("name", {"1 文字から 100 文字にしてください", "it needs 1 to 100 plain characters"});
  if (choice.minimum_score < 0 || choice.minimum_score > 100)
    return bad_value("minimum_score", {"0 から 100 にしてください", "it must be 0 to 100"});
  if (choice.category &&
      std::find(categories_.begin(), categories_.end(), *choice.category) == categories_.end())
    return bad_value("category", {"そのような種類はありません", "there is no such category"});
  if (choice.group &&
      !t.first("SELECT id FROM groups WHERE tenant_id = ? AND id = ?", {tenant, *choice.group}))
    return bad_value("group", {"そのようなグループはありません", "there is no such group"});
  if (choice.recipients.empty() || choice.recipients.size() > kRecipients)
    return bad_value("recipients", {"宛先を 1 件から 20 件にしてください", "it needs 1 to 20 recipients"});
  for (const auto& recipient : choice.recipients)
    if (auto good = check_recipient(recipient, http_allowed_); !good)
      return tl::unexpected<Error>(good.error());
  return choice;
}

/// Known recipients keep their id, and their secret unless another is chosen; the secrets of old ones are
/// taken out of the answer.
Result<void> Routes::write_recipients(store::Transaction& t, const std::string& tenant, Route& route) const {
  std::vector<Recipient> before;
  for (const auto& row :
       t.query("SELECT * FROM notice_recipients WHERE tenant_id = ? AND route_id = ?", {tenant, route.id})) {
    auto known = recipient_of(tenant, row);
    if (!known) return tl::unexpected<Error>(known.error());
    before.push_back(std::move(*known));
  }
  t.execute("DELETE FROM notice_recipients WHERE tenant_id = ? AND route_id = ?", {tenant, route.id});
  std::int64_t place = 0;
  for (auto& recipient : route.recipients) {
    const auto known = std::find_if(before.begin(), before.end(), [&](const Recipient& other) {
      return other.id == recipient.id && other.channel == recipient.channel;
    });
    if (known == before.end() && !recipient.id.empty()) return unknown("recipient");
    if (known == before.end()) recipient.id = make_id();
    auto secret = recipient.secret;
    if (secret.empty() && known != before.end()) secret = known->secret;
    if (secret.empty() && recipient.channel == ChannelKind::webhook)
      recipient.secret = secret = make_secret(kSecretBytes);
    if (known != before.end()) before.erase(known);
    t.execute(
        "INSERT INTO notice_recipients (id, tenant_id, route_id, place, channel, address_sealed, "
        "address_hash, "
        "secret_sealed, template) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {recipient.id, tenant, route.id, place++, name_of(recipient.channel),
         keyring_.seal(tenant, recipient.address, kAddressColumn),
         keyring_.hash(tenant, kAddressColumn, name_of(recipient.channel) + " " + recipient.address),
         secret.empty() ? store::Value(nullptr) : store::Value(keyring_.seal(tenant, secret, kSecretColumn)),
         recipient.body_template.empty() ? store::Value(nullptr) : store::Value(recipient.body_template)});
  }
  return {};
}

Result<Route> Routes::read(store::Transaction& t, const std::string& tenant, const store::Row& row) const {
  Route route{row.text("id"),
              row.text("name"),
              row.text_if("category"),
              static_cast<int>(row.integer("minimum_score")),
              row.text_if("group_id"),
              row.integer("with_quote") != 0,
              row.text("language") == "ja" ? Language::japanese : Language::english,
              row.integer("enabled") != 0,
              {},
              row.integer("version")};
  for (const auto& line :
       t.query("SELECT * FROM notice_recipients WHERE tenant_id = ? AND route_id = ? ORDER BY place",
               {tenant, route.id})) {
    auto recipient = recipient_of(tenant, line);
    if (!recipient) return tl::unexpected<Error>(recipient.error());
    recipient->secret.clear();
    route.recipients.push_back(std::move(*recipient));
  }
  return route;
}

Result<Recipient> Routes::recipient_of(const std::string& tenant, const store::Row& row) const {
  Recipient recipient;
  recipient.id = row.text("id");
  recipient.channel = row.text("channel") == "mail" ? ChannelKind::mail : ChannelKind::webhook;
  recipient.body_template = row.text_if("template").value_or("");
  auto address = keyring_.unseal(tenant, row.bytes("address_sealed"), kAddressColumn);
  if (!address) return tl::unexpected<Error>(address.error());
  recipient.address = std::move(*address);
  if (row.is_null("secret_sealed")) return recipient;
  auto secret = keyring_.unseal(tenant, row.bytes("secret_sealed"), kSecretColumn);
  if (!secret) return tl::unexpected<Error>(secret.error());
  recipient.secret = std::move(*secret);
  return recipient;
}

}  // namespace guardian::casework
