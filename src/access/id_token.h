// access/id_token.h - whether an ID token was made by the provider that it names, for us, now and for this
// sign-in (OpenID Connect Core 1.0, section 3.1.3.7). The signature is checked by cjose.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace guardian::access {

struct TokenExpectation {
  std::string issuer;  ///< exactly as the provider writes it
  std::string client_id;
  std::string nonce;  ///< of the sign-in that was begun here
  std::int64_t now_s = 0;
};

/// What a provider says of a person.
struct Identity {
  std::string subject;  ///< the provider's own, lasting name; 1 to 255 bytes
  std::string email;    ///< in lower case; empty if it is not told
  bool email_verified = false;
};

/// Takes e-mail address and whether it is verified from claims of a provider.
void take_email(const nlohmann::json& claims, Identity& identity);
/// The text of that name, or nothing.
std::string text_in(const nlohmann::json& object, const char* key);

/// `key_set`: the provider's JWK set, JSON. Only asymmetric signatures count (RS, PS, ES with SHA-2).
/// Errors: unknown_caller, with subject "kid" if no key of the set has the token's name, else "id_token";
/// damaged, if the key set is no JWK set.
Result<Identity> check_id_token(std::string_view token, std::string_view key_set,
                                const TokenExpectation& expected);

}  // namespace guardian::access
