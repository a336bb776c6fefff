#include "archive/shares.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/id.h"

namespace guardian::archive {
namespace {

constexpr const char* kNameContext = "shares.name";
constexpr std::size_t kSecretBytes = 24;

tl::unexpected<Error> unknown() {
  return fail(Error::Kind::not_found, "share", {"このリンクは使えません", "this link does not work"},
              {"送った人に、新しいリンクを頼んでください", "Ask whoever sent it for a new one"});
}

Share share_of(const store::Row& row) {
  Share share;
  share.id = row.text("id");
  share.tenant = row.text("tenant_id");
  share.recording = row.text("recording_id");
  share.with_sound = row.integer("with_sound") != 0;
  share.created_ms = row.integer("created_ms");
  share.expires_ms = row.integer("expires_ms");
  share.ended_ms = row.integer_if("ended_ms");
  share.opened = static_cast<int>(row.integer("opened"));
  share.last_opened_ms = row.integer_if("last_opened_ms");
  return share;
}

Result<void> check_number(store::Transaction& t, const std::string& tenant, const std::string& recording) {
  const auto row = t.first(
      "SELECT COUNT(*) AS number FROM shares WHERE tenant_id = ? AND recording_id = ? AND ended_ms "
      "IS NULL AND expires_ms > ?",
      {tenant, recording, now_ms()});
  if (row->integer("number") < kMostShares) return {};
  return fail(Error::Kind::conflict, "share",
              {"有効なリンクが多すぎます", "there are too many links that can be opened"},
              {"使わないリンクを終わらせてください", "End those that are not needed"});
}

}  // namespace

Result<NewShare> Shares::make(store::Transaction& transaction, const access::Caller& by,
                              const std::string& recording, int days, bool with_sound) const {
  if (days < 1 || days > kLongestShare_days)
    return fail(Error::Kind::usage, "days", {"1 日から 30 日までです", "from 1 to 30 days"},
                {"短くしてください", "Make it shorter"});
  if (auto free = check_number(transaction, by.tenant, recording); !free)
    return tl::unexpected<Error>(free.error());
  NewShare made;
  made.secret = make_secret(kSecretBytes);
  auto& share = made.share;
  share.id = make_id();
  share.tenant = by.tenant;
  share.recording = recording;
  share.with_sound = with_sound;
  share.name = by.name;
  share.created_ms = now_ms();
  share.expires_ms = share.created_ms + days * kDay_ms;
  transaction.execute(
      "INSERT INTO shares (id, tenant_id, recording_id, secret_hash, with_sound, created_by, name_sealed, "
      "created_ms, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {share.id, share.tenant, recording, sha256(made.secret), std::int64_t{with_sound}, by.id,
       keyring_.seal(by.tenant, by.name, kNameContext), share.created_ms, share.expires_ms});
  audit_.add(transaction, {by.tenant, by.id, "share.make", recording,
                           share.id + (with_sound ? " sound " : " words ") + std::to_string(days) + "d", ""});
  return made;
}

Result<std::vector<Share>> Shares::of(store::Transaction& transaction, const std::string& tenant,
                                      const std::string& recording) const {
  std::vector<Share> shares;
  for (const auto& row : transaction.query(
           "SELECT * FROM shares WHERE tenant_id = ? AND recording_id = ? ORDER BY id DESC LIMIT 200",
           {tenant, recording})) {
    auto name = keyring_.unseal(tenant, row.bytes("name_sealed"), kNameContext);
    if (!name) return tl::unexpected<Error>(name.error());
    shares.push_back(share_of(row));
    shares.back().name = std::move(*name);
  }
  return shares;
}

Result<void> Shares::end(store::Transaction& transaction, const access::Caller& by,
                         const std::string& recording, const std::string& id) const {
  const auto row =
      transaction.first("SELECT ended_ms FROM shares WHERE tenant_id = ? AND recording_id = ? AND id = ?",
                        {by.tenant, recording, id});
  if (!row) return unknown();
  if (row->integer_if("ended_ms")) return {};
  transaction.execute("UPDATE shares SET ended_ms = ? WHERE tenant_id = ? AND id = ?",
                      {now_ms(), by.tenant, id});
  audit_.add(transaction, {by.tenant, by.id, "share.end", recording, id, ""});
  return {};
}

Result<Share> Shares::open(store::Transaction& transaction, const std::string& secret,
                           const std::string& address) const {
  // The only query here without a tenant: the secret itself says which.
  const auto row =
      transaction.first("SELECT * FROM shares WHERE secret_hash = ? AND ended_ms IS NULL AND expires_ms > ?",
                        {sha256(secret), now_ms()});
  if (!row) return unknown();
  auto share = share_of(*row);
  transaction.execute(
      "UPDATE shares SET opened = opened + 1, last_opened_ms = ? WHERE tenant_id = ? AND id = ?",
      {now_ms(), share.tenant, share.id});
  audit_.add(transaction, {share.tenant, "share", "share.open", share.recording, share.id, address});
  return share;
}

void Shares::forget(store::Transaction& transaction, const std::string& tenant,
                    const std::string& recording) {
  transaction.execute("DELETE FROM shares WHERE tenant_id = ? AND recording_id = ?", {tenant, recording});
}

}  // namespace guardian::archive
