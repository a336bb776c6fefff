#include "access/identity_provider.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <optional>

#include "access/provider_address.h"
#include "base/clock.h"
#include "base/curl_handle.h"
#include "base/file.h"
#include "base/id.h"
#include "base/json_guard.h"

namespace guardian::access {
namespace {

using nlohmann::json;

constexpr std::size_t kAnswerBytes = 1U << 20U;
constexpr long kConnect_ms = 5'000;
constexpr long kWhole_ms = 10'000;
constexpr std::int64_t kKept_ms = 60LL * 60 * 1000;  // providers change keys in days
constexpr std::int64_t kAnew_ms = 60LL * 1000;       // a stranger's tokens must not make us ask all the time
constexpr std::size_t kVerifierBytes = 32;

tl::unexpected<Error> unreachable(const std::string& detail) {
  return fail(Error::Kind::network, "identity provider",
              {fmt::format("認証サーバーに聞けませんでした ({})", detail),
               fmt::format("the identity provider could not be asked ({})", detail)},
              {"しばらくしてやり直すか、パスワードでサインインしてください",
               "Try again later, or sign in with your password"});
}

tl::unexpected<Error> odd(const char* ja, const char* en) {
  return fail(Error::Kind::damaged, "identity provider", {ja, en},
              {"認証サーバーの設定を確かめてください", "Check the identity provider"});
}

std::size_t keep(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& body = *static_cast<std::string*>(user);
  if (body.size() + (size * count) > kAnswerBytes) return 0;
  body.append(bytes, size * count);
  return size * count;
}

/// A form to send, or nothing: GET. The user is for basic authentication of the client.
struct Question {
  std::string url;
  std::optional<std::string> form;
  std::string user;
  std::string password;
  std::string bearer = {};
};

struct Answer {
  long status = 0;
  std::string body;
};

Result<Answer> ask(const Question& question, const std::filesystem::path& ca_file) {
  const auto easy = make_curl_handle();
  if (!easy) return unreachable("no memory");
  CURL* handle = easy.get();
  Answer answer;
  CurlHeaders headers;
  headers.add("Accept: application/json");
  if (!question.bearer.empty()) headers.add("Authorization: Bearer " + question.bearer);
  begin_request(handle, question.url);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, kConnect_ms);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, kWhole_ms);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, keep);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer.body);
  if (!ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, ca_file.c_str());
  if (question.form) curl_easy_setopt(handle, CURLOPT_POSTFIELDS, question.form->c_str());
  if (!question.user.empty()) {
    curl_easy_setopt(handle, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    curl_easy_setopt(handle, CURLOPT_USERNAME, question.user.c_str());
    curl_easy_setopt(handle, CURLOPT_PASSWORD, question.password.c_str());
  }
  const auto code = curl_easy_perform(handle);
  if (code != CURLE_OK) return unreachable(curl_easy_strerror(code));
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

/// application/x-www-form-urlencoded
std::string form_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text)
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
        c == '_' || c == '~')
      encoded += c;
    else
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return encoded;
}

std::string joined(std::initializer_list<std::pair<const char*, std::string>> fields) {
  std::string form;
  for (const auto& [name, value] : fields)
    form += fmt::format("{}{}={}", form.empty() ? "" : "&", name, form_encoded(value));
  return form;
}

/// base64url(SHA-256(verifier)), RFC 7636 section 4.2.
std::string challenge_of(const std::string& verifier) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(verifier.data()), verifier.size());
  return base64url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

Result<json> ask_json(const std::string& url, const std::filesystem::path& ca_file) {
  const auto answer = ask({url, {}, {}, {}}, ca_file);
  if (!answer) return tl::unexpected<Error>(answer.error());
  if (answer->status != 200) return unreachable(fmt::format("HTTP {}", answer->status));
  auto parsed = parse_json(answer->body, "identity provider", {kAnswerBytes, 16});
  if (!parsed || !parsed->is_object())
    return odd("認証サーバーの答えが JSON ではありません", "the identity provider's answer is not JSON");
  return std::move(*parsed);
}

bool takes_basic(const json& document) {
  const auto methods = document.find("token_endpoint_auth_methods_supported");
  if (methods == document.end() || !methods->is_array()) return true;  // the default of OpenID Discovery
  return std::find(methods->begin(), methods->end(), "client_secret_basic") != methods->end();
}

}  // namespace

/// What the provider says of itself, and its keys, at one moment.
struct IdentityProvider::Description {
  std::int64_t asked_ms = 0;
  std::string authorization;
  std::string token;
  std::string user;  ///< may be empty
  bool basic = true;
  std::string keys;
};

struct IdentityProvider::Tokens {
  std::string id;
  std::string access;  ///< may be empty
};

IdentityProvider::IdentityProvider(ProviderSettings settings) : settings_(std::move(settings)) {}
IdentityProvider::~IdentityProvider() = default;

Result<std::shared_ptr<const IdentityProvider::Description>> IdentityProvider::description(bool anew) {
  {
    const std::lock_guard lock(mutex_);
    const auto patience_ms = anew ? kAnew_ms : kKept_ms;
    if (description_ && now_ms() - description_->asked_ms < patience_ms) return description_;
  }
  const auto document = ask_json(settings_.issuer + "/.well-known/openid-configuration", settings_.ca_file);
  if (!document) return tl::unexpected<Error>(document.error());
  const auto text = [&](const char* key) { return text_in(*document, key); };
  if (text("issuer") != settings_.issuer)
    return odd("認証サーバーの名前 (issuer) が設定と違います",
               "the provider's issuer is not the configured one");
  Description told{now_ms(),
                   text("authorization_endpoint"),
                   text("token_endpoint"),
                   text("userinfo_endpoint"),
                   takes_basic(*document),
                   ""};
  const auto key_address = text("jwks_uri");
  for (const auto& address : {told.authorization, told.token, key_address, told.user})
    if (!is_provider_address(address) && !(address.empty() && told.user.empty()))
      return odd("認証サーバーのアドレスが https ではありません", "an address of the provider is not https");
  const auto keys = ask_json(key_address, settings_.ca_file);
  if (!keys) return tl::unexpected<Error>(keys.error());
  told.keys = keys->dump();
  const std::lock_guard lock(mutex_);
  description_ = std::make_shared<const Description>(std::move(told));
  return description_;
}

Result<Departure> IdentityProvider::depart() {
  const auto provider = description(false);
  if (!provider) return tl::unexpected<Error>(provider.error());
  Departure departure{"", make_secret(kVerifierBytes), make_secret(kVerifierBytes),
                      make_secret(kVerifierBytes)};
  const auto& address = (*provider)->authorization;
  departure.url = fmt::format("{}{}{}", address, address.find('?') == std::string::npos ? "?" : "&",
                              joined({{"response_type", "code"},
                                      {"scope", "openid email"},
                                      {"client_id", settings_.client_id},
                                      {"redirect_uri", settings_.return_url},
                                      {"state", departure.state},
                                      {"nonce", departure.nonce},
                                      {"code_challenge", challenge_of(departure.verifier)},
                                      {"code_challenge_method", "S256"}}));
  return departure;
}

Result<IdentityProvider::Tokens> IdentityProvider::redeem(const Description& provider,
                                                          const std::string& code,
                                                          const std::string& verifier) const {
  Question question{provider.token,
                    joined({{"grant_type", "authorization_code"},
                            {"code", code},
                            {"redirect_uri", settings_.return_url},
                            {"code_verifier", verifier}}),
                    {},
                    {}};
  const bool basic = provider.basic && !settings_.client_secret.empty();
  if (basic) {  // both parts are form-encoded first, RFC 6749 section 2.3.1
    question.user = form_encoded(settings_.client_id);
    question.password = form_encoded(settings_.client_secret);
  } else {
    *question.form += "&" + joined({{"client_id", settings_.client_id}});
    if (!settings_.client_secret.empty())
      *question.form += "&" + joined({{"client_secret", settings_.client_secret}});
  }
  const auto answer = ask(question, settings_.ca_file);
  if (!answer) return tl::unexpected<Error>(answer.error());
  const auto document = parse_json(answer->body, "identity provider", {kAnswerBytes, 16});
  if (answer->status != 200 || !document || !document->is_object())
    return fail(
        Error::Kind::unknown_caller, "code",
        {"認証サーバーがサインインを認めませんでした", "the identity provider did not accept the sign-in"},
        {"もう一度サインインしてください", "Sign in again"});
  Tokens tokens{text_in(*document, "id_token"), text_in(*document, "access_token")};
  if (tokens.id.empty())
    return odd("認証サーバーが ID トークンを返しません", "the identity provider gives no ID token");
  return tokens;
}

/// OpenID Connect Core, section 5.3.2: the answer counts only if its subject is the token's.
Result<void> IdentityProvider::ask_for_email(const Description& provider, const std::string& access_token,
                                             Identity& identity) const {
  if (provider.user.empty() || access_token.empty()) return {};
  const auto answer = ask({provider.user, {}, {}, {}, access_token}, settings_.ca_file);
  if (!answer) return tl::unexpected<Error>(answer.error());
  const auto document = parse_json(answer->body, "identity provider", {kAnswerBytes, 16});
  if (answer->status != 200 || !document || !document->is_object() ||
      text_in(*document, "sub") != identity.subject)
    return odd("認証サーバーが利用者について答えません", "the identity provider does not tell who it is");
  take_email(*document, identity);
  return {};
}

Result<Identity> IdentityProvider::arrive(const std::string& code, const std::string& nonce,
                                          const std::string& verifier) {
  auto provider = description(false);
  if (!provider) return tl::unexpected<Error>(provider.error());
  const auto tokens = redeem(**provider, code, verifier);
  if (!tokens) return tl::unexpected<Error>(tokens.error());
  const TokenExpectation expected{settings_.issuer, settings_.client_id, nonce, now_ms() / 1000};
  auto identity = check_id_token(tokens->id, (*provider)->keys, expected);
  if (!identity && identity.error().subject == "kid") {
    provider = description(true);  // the provider may have changed its keys
    if (!provider) return tl::unexpected<Error>(provider.error());
    identity = check_id_token(tokens->id, (*provider)->keys, expected);
  }
  if (!identity || !identity->email.empty()) return identity;
  if (auto asked = ask_for_email(**provider, tokens->access, *identity); !asked)
    return tl::unexpected<Error>(asked.error());
  return identity;
}

}  // namespace guardian::access
