#include "access/sign_in.h"

#include <fmt/format.h>

#include <algorithm>

#include "access/password.h"
#include "base/file.h"
#include "base/id.h"
#include "base/text.h"

namespace guardian::access {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr const char* kCodeContext = "users.code_secret";
constexpr const char* kKeyPrefix = "kgk_";
constexpr const char* kIssuer = "Kasuhara AI Guardian";
constexpr std::int64_t kMinute_ms = 60LL * 1000;
constexpr std::int64_t kLongestLock_ms = 24LL * 3600 * 1000;
constexpr std::size_t kLongestSecret = 200;

tl::unexpected<Error> refused() {
  return fail(
      Error::Kind::unknown_caller, "sign-in",
      {"ログインできません。ログイン名、パスワード、確認コードのどれかが違うか、一時的に止められています",
       "sign-in refused: login, password or code is wrong, or the account is stopped for a while"},
      {"確かめてから、しばらく待ってやり直してください。続く場合は管理者に連絡してください",
       "Check them, wait a while and try again; if it goes on, tell an administrator"});
}

/// What is known of an account before its password is checked; nothing for an unknown login.
struct Account {
  User user;
  std::string tenant;
  std::string hash;
  std::string code_secret;  ///< empty: no app
  std::int64_t code_step = 0;
  std::int64_t failures = 0;
  std::int64_t locked_until_ms = 0;
};

Result<Account> account_of(const store::Row& row, const Keyring& keyring) {
  Account account{user_of(row),
                  row.text("tenant_id"),
                  row.text("password_hash"),
                  "",
                  row.integer("code_step"),
                  row.integer("failures"),
                  row.integer("locked_until_ms")};
  if (!account.user.has_code) return account;
  auto secret = keyring.unseal(account.tenant, row.bytes("code_secret_sealed"), kCodeContext);
  if (!secret) return tl::unexpected<Error>(secret.error());
  account.code_secret = std::move(*secret);
  return account;
}

Result<std::optional<Account>> find_account(store::Transaction& t, const Keyring& keyring,
                                            std::string_view column, const std::string& value) {
  const auto row = t.first(fmt::format("SELECT * FROM users WHERE {} = ?", column), {value});
  if (!row) return std::nullopt;
  auto account = account_of(*row, keyring);
  if (!account) return tl::unexpected<Error>(account.error());
  return std::move(*account);
}

std::int64_t lock_for(const SignInLimits& limits, std::int64_t failures) {
  std::int64_t lock = 0;
  if (failures >= limits.failures) lock = limits.lock_ms;
  for (auto i = static_cast<std::int64_t>(limits.failures); i < failures && lock < kLongestLock_ms; ++i)
    lock *= 2;
  return std::min(lock, kLongestLock_ms);
}

void note_failure(store::Transaction& t, const AuditLog& audit, const Account& account,
                  const SignInLimits& limits, const std::string& address) {
  const auto row = t.first("SELECT failures FROM users WHERE id = ?", {account.user.id});
  const auto failures = (row ? row->integer("failures") : 0) + 1;
  t.execute("UPDATE users SET failures = ?, locked_until_ms = ? WHERE id = ?",
            {failures, now_ms() + lock_for(limits, failures), account.user.id});
  audit.add(t, {account.tenant, account.user.id, "session.refused", account.user.id, "", address});
}

tl::unexpected<Error> refused_by_provider() {
  return fail(Error::Kind::unknown_caller, "sign-in",
              {"この認証サーバーの利用者に当たるアカウントがないか、止められています",
               "no account belongs to this person of the identity provider, or it is disabled"},
              {"管理者に、同じメールアドレスで招待してもらってください",
               "Ask an administrator to invite you by the same e-mail address"});
}

Session make_session(const Account& account) {
  Session session{make_secret(kSecretBytes), "", caller_for(account.tenant, account.user)};
  session.csrf = csrf_of(session.secret);
  return session;
}

void keep_session(store::Transaction& t, const Session& session) {
  t.execute(
      "INSERT INTO sessions (token_hash, tenant_id, user_id, created_ms, seen_ms) VALUES (?, ?, ?, ?, ?)",
      {sha256(session.secret), session.caller.tenant, session.caller.id, now_ms(), now_ms()});
}

/// A refusal that no account counts reaches the disk, too: else it would be answered a millisecond sooner,
/// and that would tell which logins exist (bench/sign_in_time.py).
Result<void> note_stranger(store::Database& database) {
  return database.write([&](store::Transaction& t) -> Result<void> {
    t.execute("UPDATE refused_strangers SET refusals = refusals + 1, last_ms = ?", {now_ms()});
    return {};
  });
}

std::string joined(const std::set<Permission>& permissions) {
  std::string text = " ";
  for (const auto permission : permissions) text += fmt::format("{} ", name_of(permission));
  return text;
}

std::set<Permission> split(const std::string& names) {
  std::set<Permission> found;
  for (std::size_t begin = 0; begin < names.size();) {
    const auto end = std::min(names.find(' ', begin), names.size());
    if (const auto one = permission_named(std::string_view(names).substr(begin, end - begin)))
      found.insert(*one);
    begin = end + 1;
  }
  return found;
}

ApiKey key_of(const store::Row& row) {
  return {row.text("id"),
          row.text("name"),
          split(row.text("scopes")),
          row.text_if("group_id"),
          row.integer("created_ms"),
          row.integer_if("expires_ms"),
          row.integer_if("used_ms"),
          !row.is_null("revoked_ms")};
}

}  // namespace

std::string csrf_of(const std::string& session_secret) {
  return sha256("csrf " + session_secret).substr(0, 43);
}

Result<Session> SignIn::sign_in(const SignInRequest& request) {
  std::string login = request.login.substr(0, kLongestSecret);
  std::transform(login.begin(), login.end(), login.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto account =
      database_.read([&](store::Transaction& t) { return find_account(t, keyring_, "login", login); });
  if (!account) return tl::unexpected<Error>(account.error());
  // The password is always checked, also for accounts that cannot come in: time must not tell them apart.
  const bool right =
      is_password(request.password.substr(0, 4 * kLongestSecret), *account ? (*account)->hash : "");
  if (!*account || (*account)->user.disabled || (*account)->locked_until_ms > now_ms()) {
    if (auto noted = note_stranger(database_); !noted) return tl::unexpected<Error>(noted.error());
    return refused();
  }
  const auto& known = **account;
  std::optional<std::int64_t> step;
  if (right && known.user.has_code)
    step = check_code(known.code_secret, request.code, now_ms() / 1000, known.code_step);
  if (!right || (known.user.has_code && !step)) {
    const auto noted = database_.write([&](store::Transaction& t) -> Result<void> {
      note_failure(t, audit_, known, limits_, request.address);
      return {};
    });
    if (!noted) return tl::unexpected<Error>(noted.error());
    return refused();
  }
  const auto session = make_session(known);
  const auto opened = database_.write([&](store::Transaction& t) -> Result<void> {
    // Two sign-ins with one code at the same moment: the second finds the step used.
    if (step && t.execute("UPDATE users SET code_step = ? WHERE id = ? AND code_step < ?",
                          {*step, known.user.id, *step}) == 0)
      return refused();
    t.execute("UPDATE users SET failures = 0, locked_until_ms = 0 WHERE id = ?", {known.user.id});
    keep_session(t, session);
    audit_.add(t, {known.tenant, known.user.id, "session.open", known.user.id, "", request.address});
    return {};
  });
  if (!opened) return tl::unexpected<Error>(opened.error());
  return session;
}

Result<Session> SignIn::sign_in_by_provider(const std::string& issuer, const Identity& identity,
                                            const std::string& address) {
  const auto name = issuer + " " + identity.subject;
  return database_.write([&](store::Transaction& t) -> Result<Session> {
    auto account = find_account(t, keyring_, "provider_subject", name);
    if (account && !*account && identity.email_verified) {
      account = find_account(t, keyring_, "login", identity.email);
      if (account && *account &&
          t.execute("UPDATE users SET provider_subject = ? WHERE id = ? AND provider_subject IS NULL",
                    {name, (*account)->user.id}) == 0)
        return refused_by_provider();  // bound to another person of the provider
    }
    if (!account) return tl::unexpected<Error>(account.error());
    if (!*account || (*account)->user.disabled) return refused_by_provider();
    const auto& known = **account;
    auto session = make_session(known);
    keep_session(t, session);
    audit_.add(t, {known.tenant, known.user.id, "session.open", known.user.id, "identity provider", address});
    return session;
  });
}

Result<void> SignIn::sign_out(const std::string& secret) {
  return database_.write([&](store::Transaction& t) -> Result<void> {
    const auto row =
        t.first("SELECT tenant_id, user_id FROM sessions WHERE token_hash = ?", {sha256(secret)});
    if (!row) return {};
    t.execute("DELETE FROM sessions WHERE token_hash = ?", {sha256(secret)});
    audit_.add(t,
               {row->text("tenant_id"), row->text("user_id"), "session.close", row->text("user_id"), "", ""});
    return {};
  });
}

Result<int> SignIn::forget_ended_sessions() {
  return database_.write([&](store::Transaction& t) -> Result<int> {
    return static_cast<int>(t.execute("DELETE FROM sessions WHERE seen_ms <= ? OR created_ms <= ?",
                                      {now_ms() - limits_.idle_ms, now_ms() - limits_.longest_ms}));
  });
}

Result<std::optional<Session>> SignIn::session(const std::string& secret) {
  if (secret.empty() || secret.size() > kLongestSecret) return std::nullopt;
  const auto hash = sha256(secret);
  const auto found = database_.read([&](store::Transaction& t) -> Result<std::optional<store::Row>> {
    return t.first(
        "SELECT u.*, s.seen_ms FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_hash = ? "
        "AND s.seen_ms > ? AND s.created_ms > ? AND u.disabled_ms IS NULL",
        {hash, now_ms() - limits_.idle_ms, now_ms() - limits_.longest_ms});
  });
  if (!found) return tl::unexpected<Error>(found.error());
  if (!*found) return std::nullopt;
  if ((*found)->integer("seen_ms") < now_ms() - kMinute_ms) {  // a write a minute, not one a request
    const auto seen = database_.write([&](store::Transaction& t) -> Result<void> {
      t.execute("UPDATE sessions SET seen_ms = ? WHERE token_hash = ?", {now_ms(), hash});
      return {};
    });
    if (!seen) return tl::unexpected<Error>(seen.error());
  }
  return Session{secret, csrf_of(secret), caller_for((*found)->text("tenant_id"), user_of(**found))};
}

Result<std::optional<Caller>> SignIn::caller_with_key(const std::string& secret) {
  if (secret.rfind(kKeyPrefix, 0) != 0 || secret.size() > kLongestSecret) return std::nullopt;
  const auto found = database_.read([&](store::Transaction& t) -> Result<std::optional<store::Row>> {
    return t.first(
        "SELECT * FROM api_keys WHERE secret_hash = ? AND revoked_ms IS NULL AND (expires_ms IS NULL OR "
        "expires_ms > ?)",
        {sha256(secret), now_ms()});
  });
  if (!found) return tl::unexpected<Error>(found.error());
  if (!*found) return std::nullopt;
  const auto key = key_of(**found);
  if (key.used_ms.value_or(0) < now_ms() - kMinute_ms) {
    const auto used = database_.write([&](store::Transaction& t) -> Result<void> {
      t.execute("UPDATE api_keys SET used_ms = ? WHERE id = ?", {now_ms(), key.id});
      return {};
    });
    if (!used) return tl::unexpected<Error>(used.error());
  }
  Caller caller;
  caller.tenant = (*found)->text("tenant_id");
  caller.id = key.id;
  caller.name = key.name;
  caller.permissions = key.scopes;
  caller.group = key.group;
  caller.reach = key.group ? Reach::group : Reach::tenant;
  caller.is_program = true;
  return caller;
}

Result<void> SignIn::change_password(const Session& session, const std::string& old_password,
                                     const std::string& new_password) {
  const auto& user = session.caller;
  const auto account =
      database_.read([&](store::Transaction& t) { return find_account(t, keyring_, "id", user.id); });
  if (!account) return tl::unexpected<Error>(account.error());
  if (!is_password(old_password, *account ? (*account)->hash : "")) return refused();
  if (auto good = check_choice(new_password, (*account)->user.login); !good) return good;
  const auto hash = hash_password(new_password);
  return database_.write([&](store::Transaction& t) -> Result<void> {
    t.execute("UPDATE users SET password_hash = ? WHERE tenant_id = ? AND id = ?",
              {hash, user.tenant, user.id});
    t.execute("DELETE FROM sessions WHERE user_id = ? AND token_hash <> ?",
              {user.id, sha256(session.secret)});
    audit_.add(t, {user.tenant, user.id, "user.change_password", user.id, "", ""});
    return {};
  });
}

Result<std::string> SignIn::begin_code(const Caller& user, const std::string& password) {
  const auto account =
      database_.read([&](store::Transaction& t) { return find_account(t, keyring_, "id", user.id); });
  if (!account) return tl::unexpected<Error>(account.error());
  if (!is_password(password, *account ? (*account)->hash : "")) return refused();
  const auto secret = make_code_secret();
  const auto begun = database_.write([&](store::Transaction& t) -> Result<void> {
    t.execute("UPDATE users SET code_secret_sealed = ?, code_confirmed = 0, code_step = 0 WHERE id = ?",
              {keyring_.seal(user.tenant, secret, kCodeContext), user.id});
    audit_.add(t, {user.tenant, user.id, "user.begin_code", user.id, "", ""});
    return {};
  });
  if (!begun) return tl::unexpected<Error>(begun.error());
  return code_address(secret, (*account)->user.login, kIssuer);
}

Result<void> SignIn::confirm_code(const Caller& user, const std::string& code) {
  return database_.write([&](store::Transaction& t) -> Result<void> {
    const auto row = t.first("SELECT code_secret_sealed FROM users WHERE tenant_id = ? AND id = ?",
                             {user.tenant, user.id});
    if (!row || row->is_null("code_secret_sealed")) return refused();
    const auto secret = keyring_.unseal(user.tenant, row->bytes("code_secret_sealed"), kCodeContext);
    if (!secret) return tl::unexpected<Error>(secret.error());
    const auto step = check_code(*secret, code, now_ms() / 1000, 0);
    if (!step) return refused();
    t.execute("UPDATE users SET code_confirmed = 1, code_step = ? WHERE id = ?", {*step, user.id});
    audit_.add(t, {user.tenant, user.id, "user.confirm_code", user.id, "", ""});
    return {};
  });
}

Result<NewApiKey> SignIn::add_key(const Caller& by, const std::string& name,
                                  const std::set<Permission>& scopes, const std::optional<std::string>& group,
                                  std::optional<std::int64_t> expires_ms) {
  const auto bad = [](const char* field, const Text& what) {
    return fail(Error::Kind::usage, field, what, {"入力を直してください", "Correct the input"});
  };
  if (name.empty() || count_characters(printable(name)) > 100 || printable(name) != name)
    return bad("name", {"1 文字から 100 文字にしてください", "it needs 1 to 100 characters"});
  if (scopes.empty() ||
      !std::includes(by.permissions.begin(), by.permissions.end(), scopes.begin(), scopes.end()))
    return bad("scopes",
               {"自分に許されていることだけを選べます", "only what you may do yourself can be chosen"});
  if (expires_ms && *expires_ms <= now_ms())
    return bad("expires", {"期限が過ぎています", "this moment has passed"});
  NewApiKey made{{make_id(), name, scopes, group, now_ms(), expires_ms, {}, false},
                 kKeyPrefix + make_secret(kSecretBytes)};
  const auto added = database_.write([&](store::Transaction& t) -> Result<void> {
    if (group && !t.first("SELECT id FROM groups WHERE tenant_id = ? AND id = ?", {by.tenant, *group}))
      return bad("group", {"グループがありません", "there is no such group"});
    t.execute(
        "INSERT INTO api_keys (id, tenant_id, name, secret_hash, scopes, group_id, created_by, created_ms, "
        "expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {made.key.id, by.tenant, name, sha256(made.secret), joined(scopes), store::or_null(group), by.id,
         made.key.created_ms, store::or_null(expires_ms)});
    audit_.add(t, {by.tenant, by.id, "api_key.add", made.key.id, name + joined(scopes), ""});
    return {};
  });
  if (!added) return tl::unexpected<Error>(added.error());
  return made;
}

Result<void> SignIn::revoke_key(const Caller& by, const std::string& id) {
  return database_.write([&](store::Transaction& t) -> Result<void> {
    if (t.execute("UPDATE api_keys SET revoked_ms = ? WHERE tenant_id = ? AND id = ? AND revoked_ms IS NULL",
                  {now_ms(), by.tenant, id}) == 0)
      return fail(Error::Kind::not_found, "api key", {"見つかりません", "there is no such key"}, {"", ""});
    audit_.add(t, {by.tenant, by.id, "api_key.revoke", id, "", ""});
    return {};
  });
}

Result<std::vector<ApiKey>> SignIn::keys(const std::string& tenant) {
  return database_.read([&](store::Transaction& t) -> Result<std::vector<ApiKey>> {
    std::vector<ApiKey> keys;
    for (const auto& row : t.query("SELECT * FROM api_keys WHERE tenant_id = ? ORDER BY id", {tenant}))
      keys.push_back(key_of(row));
    return keys;
  });
}

}  // namespace guardian::access
