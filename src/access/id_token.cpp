#include "access/id_token.h"

#include <cjose/cjose.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <vector>

#include "base/json_guard.h"
#include "base/text.h"

namespace guardian::access {
namespace {

using nlohmann::json;

constexpr std::size_t kTokenBytes = 32U << 10U;
constexpr std::size_t kSubjectBytes = 255;
constexpr std::size_t kMostKeys = 100;
constexpr std::int64_t kClockLeeway_s = 60;
constexpr std::array kAlgorithms = {"RS256", "RS384", "RS512", "PS256", "PS384",
                                    "PS512", "ES256", "ES384", "ES512"};

struct Release {
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
  void operator()(cjose_jwk_t* jwk) const { cjose_jwk_release(jwk); }
};
using Signed = std::unique_ptr<cjose_jws_t, Release>;
using PublicKey = std::unique_ptr<cjose_jwk_t, Release>;

tl::unexpected<Error> not_good(const char* subject, const Text& what) {
  return fail(Error::Kind::unknown_caller, subject, what,
              {"もう一度サインインしてください。続く場合は管理者に連絡してください",
               "Sign in again; if it goes on, tell an administrator"});
}

std::int64_t seconds_in(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return 0;
  const auto value = found->get<double>();
  return value > 0 && value < 1e12 ? static_cast<std::int64_t>(value) : 0;
}

std::string header_of(cjose_jws_t* token, const char* name) {
  cjose_err ignored{};
  const char* value = cjose_header_get(cjose_jws_get_protected(token), name, &ignored);
  return value == nullptr ? "" : value;
}

/// Base64url without padding. cjose ends the whole program for text that cannot be (found by fuzzing), so
/// nothing else reaches it.
bool is_base64url(std::string_view text) {
  return !text.empty() && text.size() % 4 != 1 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  });
}

/// Header, claims and signature, each base64url.
bool is_compact(std::string_view token) {
  const auto first = token.find('.');
  const auto second = token.find('.', first == std::string_view::npos ? first : first + 1);
  return second != std::string_view::npos && is_base64url(token.substr(0, first)) &&
         is_base64url(token.substr(first + 1, second - first - 1)) && is_base64url(token.substr(second + 1));
}

/// A public key with nothing in it but what its kind needs; empty for anything else.
json bare_key(const json& key) {
  json bare = {{"kty", text_in(key, "kty")}};
  const bool rsa = bare["kty"] == "RSA";
  if (!rsa && bare["kty"] != "EC") return nullptr;
  for (const char* field : rsa ? std::array{"n", "e"} : std::array{"x", "y"}) {
    const auto value = text_in(key, field);
    if (!is_base64url(value)) return nullptr;
    bare[field] = value;
  }
  if (!rsa) bare["crv"] = text_in(key, "crv");
  return bare;
}

/// The keys that may have made the token: that of its name, or all if it has none.
Result<std::vector<PublicKey>> candidates(std::string_view key_set, const std::string& kid) {
  const auto set = parse_json(key_set, "JWK set", {1U << 20U, 8});
  if (!set) return tl::unexpected<Error>(set.error());
  const auto keys = set->find("keys");
  if (keys == set->end() || !keys->is_array() || keys->size() > kMostKeys)
    return fail(Error::Kind::damaged, "JWK set", {"鍵の一覧ではありません", "it is not a set of keys"},
                {"認証サーバーの設定を確かめてください", "Check the identity provider"});
  std::vector<PublicKey> found;
  for (const auto& key : *keys) {
    if (!key.is_object() || text_in(key, "use") == "enc") continue;
    if (!kid.empty() && text_in(key, "kid") != kid) continue;
    const auto bare = bare_key(key);
    if (bare.is_null()) continue;
    const auto text = bare.dump();
    cjose_err ignored{};
    if (PublicKey one(cjose_jwk_import(text.data(), text.size(), &ignored)); one)
      found.push_back(std::move(one));
  }
  return found;
}

bool is_for(const json& claims, const std::string& client_id) {
  const auto audience = claims.find("aud");
  if (audience == claims.end()) return false;
  if (audience->is_string()) return *audience == client_id;
  if (!audience->is_array()) return false;
  const bool named = std::find(audience->begin(), audience->end(), client_id) != audience->end();
  return named && (audience->size() == 1 || text_in(claims, "azp") == client_id);
}

Result<Identity> identity_of(const json& claims, const TokenExpectation& expected) {
  if (text_in(claims, "iss") != expected.issuer)
    return not_good("id_token", {"発行者が違います", "another provider made the token"});
  if (!is_for(claims, expected.client_id))
    return not_good("id_token", {"このサーバーあてではありません", "the token is not for this server"});
  const auto issued = seconds_in(claims, "iat");
  if (seconds_in(claims, "exp") + kClockLeeway_s <= expected.now_s || issued == 0 ||
      issued - kClockLeeway_s > expected.now_s)
    return not_good("id_token",
                    {"期限が切れているか、時計がずれています", "the token has expired, or a clock is wrong"});
  if (expected.nonce.empty() || text_in(claims, "nonce") != expected.nonce)
    return not_good("id_token", {"このサインインのものではありません", "the token is of another sign-in"});
  Identity identity;
  identity.subject = text_in(claims, "sub");
  if (identity.subject.empty() || identity.subject.size() > kSubjectBytes ||
      printable(identity.subject) != identity.subject)
    return not_good("id_token", {"利用者の名前がありません", "the token names nobody"});
  take_email(claims, identity);
  return identity;
}

}  // namespace

std::string text_in(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

void take_email(const json& claims, Identity& identity) {
  identity.email = text_in(claims, "email");
  std::transform(identity.email.begin(), identity.email.end(), identity.email.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto verified = claims.find("email_verified");
  identity.email_verified = verified != claims.end() && (*verified == true || *verified == "true");
}

Result<Identity> check_id_token(std::string_view token, std::string_view key_set,
                                const TokenExpectation& expected) {
  if (token.size() > kTokenBytes || !is_compact(token))
    return not_good("id_token", {"トークンではありません", "it is not a token"});
  cjose_err trouble{};
  const Signed jws(cjose_jws_import(token.data(), token.size(), &trouble));
  if (!jws) return not_good("id_token", {"トークンではありません", "it is not a token"});
  const auto algorithm = header_of(jws.get(), "alg");
  if (std::find(kAlgorithms.begin(), kAlgorithms.end(), algorithm) == kAlgorithms.end())
    return not_good("id_token", {"この署名の方式は使えません", "this kind of signature is not accepted"});
  const auto keys = candidates(key_set, header_of(jws.get(), "kid"));
  if (!keys) return tl::unexpected<Error>(keys.error());
  if (keys->empty()) return not_good("kid", {"署名の鍵が分かりません", "the signing key is not known"});
  const bool signed_by_one = std::any_of(keys->begin(), keys->end(), [&](const PublicKey& key) {
    return cjose_jws_verify(jws.get(), key.get(), &trouble);
  });
  if (!signed_by_one) return not_good("id_token", {"署名が合いません", "the signature is wrong"});
  std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  if (!cjose_jws_get_plaintext(jws.get(), &bytes, &size, &trouble))
    return not_good("id_token", {"トークンではありません", "it is not a token"});
  const auto claims = parse_json({reinterpret_cast<const char*>(bytes), size}, "id_token", {kTokenBytes, 16});
  if (!claims || !claims->is_object())
    return not_good("id_token", {"トークンではありません", "it is not a token"});
  return identity_of(*claims, expected);
}

}  // namespace guardian::access
