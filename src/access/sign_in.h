// access/sign_in.h - coming in: password and code give a session, a program's key gives a caller.
// Errors never tell whether a login exists, and wrong answers take as long as right ones.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "access/audit.h"
#include "access/caller.h"
#include "access/id_token.h"
#include "access/keyring.h"
#include "access/people.h"
#include "base/result.h"
#include "store/database.h"

namespace guardian::access {

struct SignInLimits {
  int failures = 5;                              ///< then the account is locked
  std::int64_t lock_ms = 15LL * 60 * 1000;       ///< doubled with every further failure, up to a day
  std::int64_t idle_ms = 60LL * 60 * 1000;       ///< a session unused for so long ends
  std::int64_t longest_ms = 12LL * 3600 * 1000;  ///< however much it is used
};

/// What a browser keeps: the session's secret in an HttpOnly cookie, the other where scripts can read it.
struct Session {
  std::string secret;
  std::string csrf;  ///< must come with every change; follows from the secret, so it is not stored
  Caller caller;
};

struct SignInRequest {
  std::string login;
  std::string password;
  std::string code;     ///< of an authenticator app; empty if there is none
  std::string address;  ///< of the network, for the audit log
};

/// A program's key, without its secret.
struct ApiKey {
  std::string id;
  std::string name;
  std::set<Permission> scopes;
  std::optional<std::string> group;  ///< empty: the whole tenant
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> expires_ms;
  std::optional<std::int64_t> used_ms;  ///< to the minute
  bool revoked = false;
};

struct NewApiKey {
  ApiKey key;
  std::string secret;  ///< "kgk_" and 43 characters; told once, kept as a hash
};

/// Safe to use from several threads. The three must outlive it.
class SignIn {
 public:
  SignIn(store::Database& database, const Keyring& keyring, const AuditLog& audit,
         const SignInLimits& limits = {})
      : database_(database), keyring_(keyring), audit_(audit), limits_(limits) {}

  /// Errors: unknown_caller, the same one for an unknown login, a wrong password, a wrong or missing code, a
  /// disabled and a locked account.
  Result<Session> sign_in(const SignInRequest& request);
  /// Through the company's identity provider (access/identity_provider.h). The first time, the account is
  /// found by the verified e-mail address and bound to the provider's subject; from then on only the subject
  /// counts, since addresses are given to others. Errors: unknown_caller, if there is no such account, or it
  /// is disabled.
  Result<Session> sign_in_by_provider(const std::string& issuer, const Identity& identity,
                                      const std::string& address);
  Result<void> sign_out(const std::string& secret);

  /// Those that were left idle or have lasted too long go from the store. Returns how many. Errors: storage.
  Result<int> forget_ended_sessions();
  /// Empty for a session that never was or has ended.
  Result<std::optional<Session>> session(const std::string& secret);
  /// Empty for a key that never was, was revoked or has expired.
  Result<std::optional<Caller>> caller_with_key(const std::string& secret);

  /// Errors: unknown_caller, if `old_password` is wrong; usage. Other sessions end.
  Result<void> change_password(const Session& session, const std::string& old_password,
                               const std::string& new_password);
  /// The address for an authenticator app; it counts once a code was confirmed. Errors: unknown_caller for a
  /// wrong password.
  Result<std::string> begin_code(const Caller& user, const std::string& password);
  Result<void> confirm_code(const Caller& user, const std::string& code);

  /// A key never allows more than whoever makes it. Errors: usage.
  Result<NewApiKey> add_key(const Caller& by, const std::string& name, const std::set<Permission>& scopes,
                            const std::optional<std::string>& group, std::optional<std::int64_t> expires_ms);
  Result<void> revoke_key(const Caller& by, const std::string& id);
  Result<std::vector<ApiKey>> keys(const std::string& tenant);

 private:
  store::Database& database_;
  const Keyring& keyring_;
  const AuditLog& audit_;
  SignInLimits limits_;
};

/// The value that must come with every change in a session.
std::string csrf_of(const std::string& session_secret);

}  // namespace guardian::access
