// access/identity_provider.h - signing in through the company's own identity provider: OpenID Connect, the
// authorization code flow with PKCE (RFC 7636). Nothing is asked of it before somebody signs in that way.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "access/id_token.h"
#include "base/result.h"

namespace guardian::access {

struct ProviderSettings {
  std::string issuer;  ///< "https://login.example.jp/realm"; http only on this machine itself
  std::string client_id;
  std::string client_secret;      ///< empty: a public client, held by PKCE alone
  std::string return_url;         ///< registered with the provider
  std::filesystem::path ca_file;  ///< PEM of a company's own authorities; empty: the system's
};

/// A browser on its way to the provider. What must be the same when it comes back stays here, sealed in a
/// cookie: a code that was begun in another browser is worth nothing.
struct Departure {
  std::string url;
  std::string state;
  std::string nonce;
  std::string verifier;
};

/// Safe to use from several threads.
class IdentityProvider {
 public:
  explicit IdentityProvider(ProviderSettings settings);
  IdentityProvider(const IdentityProvider&) = delete;
  IdentityProvider& operator=(const IdentityProvider&) = delete;
  ~IdentityProvider();

  /// Errors: network, damaged: the provider cannot be reached or does not describe itself as it should.
  Result<Departure> depart();
  /// Changes the code for a token and checks it; asks for the e-mail address, if the token does not tell it.
  /// Errors: those of `depart`; unknown_caller.
  Result<Identity> arrive(const std::string& code, const std::string& nonce, const std::string& verifier);

 private:
  struct Description;
  Result<std::shared_ptr<const Description>> description(bool anew);
  struct Tokens;
  Result<Tokens> redeem(const Description& provider, const std::string& code,
                        const std::string& verifier) const;
  Result<void> ask_for_email(const Description& provider, const std::string& access_token,
                             Identity& identity) const;

  ProviderSettings settings_;
  std::mutex mutex_;
  std::shared_ptr<const Description> description_;
};

}  // namespace guardian::access
