// access/password.h - passwords and one-time codes: what may be chosen, how it is kept, how it is checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace guardian::access {

/// Between 12 and 200 characters, not the login, not a word of cracklib's dictionary or near one. No rule
/// asks for digits or signs. Source: NIST SP 800-63B, 5.1.1.2. Errors: usage.
Result<void> check_choice(std::string_view password, std::string_view login);

/// argon2id with 64 MiB and libsodium's interactive limits; at most two at a time, so that many sign-ins at
/// once cannot take the memory. Safe to call from several threads.
std::string hash_password(std::string_view password);

/// As slow for a wrong password as for the right one. An empty `hash` (no such user) takes as long and is
/// false.
bool is_password(std::string_view password, const std::string& hash);

/// A secret for an authenticator app: 20 random bytes.
std::string make_code_secret();

/// The address that an authenticator app reads as a QR code.
std::string code_address(const std::string& secret, std::string_view login, std::string_view issuer);

/// The time step of a right code of 6 digits, within 30 s before or after. A step that was used must not be
/// taken again: `after` is the last one. Source: RFC 6238.
std::optional<std::int64_t> check_code(const std::string& secret, const std::string& code, std::int64_t now_s,
                                       std::int64_t after);

}  // namespace guardian::access
