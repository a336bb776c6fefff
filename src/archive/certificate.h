// archive/certificate.h - a document that proves a deletion to those who have no access to the server: what
// archive/retention.h signs, anybody checks with the server's public key alone.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sealing.h"

namespace guardian::archive {

/// Of the signature, 64 hexadecimal digits: what whoever checks certificates should have noted elsewhere.
std::string public_key_of(const Key& seed);

/// `statement` with "public_key" and "signature" added: Ed25519 over the object without "signature", as JSON
/// in UTF-8 with sorted keys and without white space. `statement` holds texts, whole numbers and truth values
/// only, whose form is the same everywhere.
std::string sign_certificate(const Key& seed, nlohmann::json statement);

/// The statement of a certificate that was signed by this key. Errors: damaged, if it is no certificate, was
/// changed or was signed by another key.
Result<nlohmann::json> verify_certificate(std::string_view certificate, const std::string& public_key);

}  // namespace guardian::archive
