#include "casework/outbox.h"

#include <sodium.h>

#include <algorithm>

#include "base/file.h"
#include "base/id.h"
#include "casework/settings.h"
#include "report/names.h"

namespace guardian::casework {
namespace {

using access::Caller;
using access::Permission;

constexpr const char* kContentColumn = "notices.content";
constexpr const char* kLinkPurpose = "notice link";
constexpr std::int64_t kPageLimit = 201;
constexpr const char* kUnsent = "state IN ('waiting', 'sending')";

tl::unexpected<Error> unknown_notice() {
  return fail(Error::Kind::not_found, "notice", {"その通知はありません", "there is no such notice"},
              {"一覧から選び直してください", "Choose again from the list"});
}

Result<void> check_caller(const Caller& by) {
  if (by.may(Permission::manage_settings)) return {};
  return fail(Error::Kind::forbidden, "notice",
              {"通知の記録を扱う権限がありません", "you may not see or change notices"},
              {"管理者に頼んでください", "Ask an administrator"});
}

NoticeState state_of(const store::Row& row) {
  NoticeState state;
  state.id = row.text("id");
  state.case_id = row.text_if("case_id").value_or("");
  state.recipient = row.text("recipient_id");
  state.channel = row.text("channel") == "mail" ? ChannelKind::mail : ChannelKind::webhook;
  state.state = row.text("state");
  state.attempts = static_cast<int>(row.integer("attempts"));
  state.created_ms = row.integer("created_ms");
  state.not_before_ms = row.integer("not_before_ms");
  state.sent_ms = row.integer_if("sent_ms");
  if (const auto ja = row.text_if("reason_ja"))
    state.reason = Text{*ja, row.text_if("reason_en").value_or("")};
  return state;
}

}  // namespace

std::int64_t Outbox::insert(store::Transaction& t, const std::string& tenant, const Notice& notice,
                            const Target& target) const {
  const auto now = now_ms();
  const auto id = make_id();
  const std::optional<std::string> about =
      notice.case_id.empty() ? std::nullopt : std::optional(notice.case_id);
  return t.execute(
      "INSERT INTO notices (id, tenant_id, case_id, recipient_id, channel, address_hash, round, band, "
      "language, "
      "content_sealed, state, not_before_ms, created_ms, link_hash, link_expires_ms) "
      "VALUES (?, ?, ?, ?, ?, ?, COALESCE((SELECT round FROM cases WHERE tenant_id = ? AND id = ?), 0), ?, "
      "?, ?, "
      "'waiting', ?, ?, ?, ?) "
      "ON CONFLICT (tenant_id, case_id, address_hash, round, band) DO NOTHING",
      {id, tenant, store::or_null(about), target.recipient, name_of(target.channel), target.address_hash,
       tenant, notice.case_id, report::band_id(notice.band),
       target.language == Language::japanese ? "ja" : "en",
       keyring_.seal(tenant, to_bytes(notice), kContentColumn), now, now,
       sha256(keyring_.hash(tenant, kLinkPurpose, id)), now + settings_of(t, tenant).link_ms()});
}

int Outbox::write(store::Transaction& t, const std::string& tenant, const Notice& notice,
                  const std::optional<std::string>& group, const std::string& quote) const {
  Occasion occasion{group, notice.score, {}};
  for (const auto& category : notice.categories) occasion.categories.push_back(category.id);
  std::int64_t written = 0;
  for (const auto& target : routes_.targets(t, tenant, occasion)) {
    auto told = notice;
    told.quote = target.with_quote ? quote : "";
    written += insert(t, tenant, told, target);
  }
  return static_cast<int>(written);
}

int Outbox::write_usage(store::Transaction& t, const std::string& tenant, const UsageShare& usage) const {
  Notice notice;
  notice.occurred_ms = now_ms();
  notice.usage = usage;
  constexpr int kWhateverScore = 100;
  std::int64_t written = 0;
  for (const auto& target : routes_.targets(t, tenant, {std::nullopt, kWhateverScore, {}}))
    written += insert(t, tenant, notice, target);
  return static_cast<int>(written);
}

Result<std::vector<NoticeState>> Outbox::list(const Caller& by, const NoticeFilter& filter) const {
  if (auto good = check_caller(by); !good) return tl::unexpected<Error>(good.error());
  std::string sql = "SELECT * FROM notices WHERE tenant_id = ?";
  store::Values values{by.tenant};
  const auto narrow = [&](const char* condition, const std::string& value) {
    sql += condition;
    values.emplace_back(value);
  };
  if (filter.state) narrow(" AND state = ?", *filter.state);
  if (filter.case_id) narrow(" AND case_id = ?", *filter.case_id);
  if (!filter.before.empty()) narrow(" AND id < ?", filter.before);
  values.emplace_back(std::clamp<std::int64_t>(filter.limit, 1, kPageLimit));
  return database_.read([&](store::Transaction& t) -> Result<std::vector<NoticeState>> {
    std::vector<NoticeState> states;
    for (const auto& row : t.query(sql + " ORDER BY id DESC LIMIT ?", values))
      states.push_back(state_of(row));
    return states;
  });
}

Result<void> Outbox::retry(const Caller& by, const std::string& id) const {
  if (auto good = check_caller(by); !good) return good;
  return database_.write([&](store::Transaction& t) -> Result<void> {
    const auto now = now_ms();
    const auto row =
        t.first("SELECT state, content_sealed FROM notices WHERE tenant_id = ? AND id = ?", {by.tenant, id});
    if (!row) return unknown_notice();
    if (row->text("state") != "dead" || row->is_null("content_sealed"))
      return fail(Error::Kind::conflict, "notice",
                  {"この通知は送信済みか送信中か、録音が削除されています",
                   "this notice was sent, is still being tried, or its recording is gone"},
                  {"送れなかった通知だけをやり直せます", "Only a dead notice can be tried again"});
    t.execute(
        "UPDATE notices SET state = 'waiting', attempts = 0, not_before_ms = ?, created_ms = ?, "
        "link_expires_ms = ? WHERE tenant_id = ? AND id = ?",
        {now, now, now + settings_of(t, by.tenant).link_ms(), by.tenant, id});
    audit_.add(t, {by.tenant, by.id, "notice.retry", id, "", ""});
    return {};
  });
}

OutboxStats Outbox::stats(store::Transaction& t) const {
  const auto row = t.first(
      "SELECT SUM(CASE WHEN state = 'dead' THEN 1 ELSE 0 END) AS dead, "
      "SUM(CASE WHEN state = 'dead' THEN 0 ELSE 1 END) AS waiting, "
      "MIN(CASE WHEN state = 'dead' THEN NULL ELSE created_ms END) AS oldest "
      "FROM notices WHERE state IN ('waiting', 'sending', 'dead')");
  const auto oldest = row->integer_if("oldest");
  return {row->integer_if("waiting").value_or(0), row->integer_if("dead").value_or(0),
          oldest ? static_cast<double>(now_ms() - *oldest) / 1000.0 : 0.0};
}

Result<void> Outbox::recover() const {
  return database_.write([](store::Transaction& t) -> Result<void> {
    t.execute("UPDATE notices SET state = 'waiting', not_before_ms = ? WHERE state = 'sending'", {now_ms()});
    return {};
  });
}

Result<std::optional<Batch>> Outbox::claim(const std::set<RecipientKey>& busy) const {
  const auto now = now_ms();
  const auto find_recipient = [&](store::Transaction& t) -> Result<std::optional<RecipientKey>> {
    for (const auto& row : t.query("SELECT tenant_id, recipient_id, MIN(not_before_ms) AS due FROM notices "
                                   "WHERE state IN ('waiting', 'sending') AND not_before_ms <= ? "
                                   "GROUP BY tenant_id, recipient_id ORDER BY due LIMIT ?",
                                   {now, static_cast<std::int64_t>(busy.size() + 1)}))
      if (RecipientKey key{row.text("tenant_id"), row.text("recipient_id")}; !busy.contains(key))
        return std::optional(std::move(key));
    return std::optional<RecipientKey>();
  };
  auto recipient = database_.read(find_recipient);  // writes nothing where nothing is due
  if (!recipient) return tl::unexpected<Error>(recipient.error());
  if (!*recipient) return std::optional<Batch>();
  return database_.write([&](store::Transaction& t) -> Result<std::optional<Batch>> {
    Batch batch{std::move(**recipient), {}};
    const auto& [tenant, to] = batch.to;
    for (const auto& row :
         t.query("SELECT id FROM notices WHERE tenant_id = ? AND recipient_id = ? AND state "
                 "IN ('waiting', 'sending') AND not_before_ms <= ? ORDER BY id LIMIT ?",
                 {tenant, to, now, std::int64_t{options_.batch}})) {
      batch.notices.push_back(row.text("id"));
      t.execute("UPDATE notices SET state = 'sending', not_before_ms = ? WHERE tenant_id = ? AND id = ?",
                {now + options_.lease_ms, tenant, batch.notices.back()});
    }
    return std::optional(std::move(batch));
  });
}

Result<std::optional<Outbox::Outgoing>> Outbox::open(const RecipientKey& to, const std::string& id) const {
  const auto& tenant = to.first;
  return database_.read([&](store::Transaction& t) -> Result<std::optional<Outgoing>> {
    const auto row =
        t.first("SELECT * FROM notices WHERE tenant_id = ? AND id = ? AND state = 'sending'", {tenant, id});
    if (!row || row->is_null("content_sealed")) return std::optional<Outgoing>();
    auto recipient = routes_.recipient(t, tenant, to.second);
    if (!recipient) return tl::unexpected<Error>(recipient.error());
    if (!*recipient)
      return fail(Error::Kind::not_found, "recipient",
                  {"宛先が通知先から外されました", "the recipient was taken off its route"},
                  {"通知先を確かめてください", "Check the notification routes"});
    auto notice = keyring_.unseal(tenant, row->bytes("content_sealed"), kContentColumn).and_then(notice_of);
    if (!notice) return tl::unexpected<Error>(notice.error());
    const auto link = options_.public_url.empty() || notice->case_id.empty()
                          ? std::string()
                          : options_.public_url + "/n/" + keyring_.hash(tenant, kLinkPurpose, id);
    return std::optional(
        Outgoing{(*recipient)->channel,
                 {id, std::move(*notice), link, row->integer("link_expires_ms"),
                  row->text("language") == "ja" ? Language::japanese : Language::english,
                  (*recipient)->address, (*recipient)->secret, (*recipient)->body_template}});
  });
}

Result<int> Outbox::forget(std::int64_t before_ms) const {
  return database_.write([&](store::Transaction& t) -> Result<int> {
    return static_cast<int>(
        t.execute("DELETE FROM notices WHERE state IN ('sent', 'dead') AND created_ms < ?", {before_ms}));
  });
}

Result<void> Outbox::note_sent(const RecipientKey& to, const std::string& id) const {
  return database_.write([&](store::Transaction& t) -> Result<void> {
    const auto now = now_ms();
    t.execute(
        "UPDATE notices SET state = 'sent', sent_ms = ?, attempts = attempts + 1, content_sealed = NULL, "
        "reason_ja = NULL, reason_en = NULL WHERE tenant_id = ? AND id = ? AND state = 'sending'",
        {now, to.first, id});
    t.execute(
        "UPDATE cases SET noticed_ms = ? WHERE tenant_id = ? AND noticed_ms IS NULL AND acknowledged_ms IS "
        "NULL AND id = (SELECT case_id FROM notices WHERE tenant_id = ? AND id = ?)",
        {now, to.first, to.first, id});
    return {};
  });
}

Result<bool> Outbox::note_failed(const RecipientKey& to, const std::string& id, const Error& why) const {
  const bool is_final = why.kind == Error::Kind::forbidden || why.kind == Error::Kind::not_found ||
                        why.kind == Error::Kind::damaged;
  return database_.write([&](store::Transaction& t) -> Result<bool> {
    const auto row =
        t.first("SELECT attempts, created_ms FROM notices WHERE tenant_id = ? AND id = ?", {to.first, id});
    if (!row) return false;
    const auto now = now_ms();
    const auto attempts = row->integer("attempts") + 1;
    const auto next = now + delay_ms(attempts);
    const bool is_dead =
        is_final || attempts >= options_.attempts || now - row->integer("created_ms") >= options_.patience_ms;
    t.execute(
        "UPDATE notices SET state = ?, attempts = ?, not_before_ms = ?, reason_ja = ?, reason_en = ? "
        "WHERE tenant_id = ? AND id = ?",
        {is_dead ? "dead" : "waiting", attempts, next, why.what.ja, why.what.en, to.first, id});
    if (is_final) return false;
    // One knock at a closed door is enough: the others wait as long.
    t.execute(std::string("UPDATE notices SET state = 'waiting', not_before_ms = CASE WHEN state = 'sending' "
                          "OR not_before_ms < ? THEN ? ELSE not_before_ms END WHERE tenant_id = ? AND "
                          "recipient_id = ? AND ") +
                  kUnsent + " AND id <> ?",
              {next, next, to.first, to.second, id});
    return true;
  });
}

Result<void> Outbox::give_back(const Batch& batch) const {
  if (batch.notices.empty()) return {};
  return database_.write([&](store::Transaction& t) -> Result<void> {
    for (const auto& id : batch.notices)
      t.execute(
          "UPDATE notices SET state = 'waiting', not_before_ms = ? WHERE tenant_id = ? AND id = ? AND "
          "state = 'sending'",
          {now_ms(), batch.to.first, id});
    return {};
  });
}

std::int64_t Outbox::delay_ms(std::int64_t attempts) const {
  std::int64_t delay = options_.first_delay_ms;
  for (std::int64_t i = 1; i < attempts && delay < options_.longest_delay_ms; ++i) delay *= 2;
  delay = std::min(delay, options_.longest_delay_ms);
  // At random, so that servers which failed together do not all come back together.
  return delay - static_cast<std::int64_t>(randombytes_uniform(static_cast<std::uint32_t>(delay / 2 + 1)));
}

}  // namespace guardian::casework
