// In by the company's identity provider: a browser goes there and comes back with a code.
#include <fmt/format.h>

#include <memory>

#include "access/identity_provider.h"
#include "base/hex.h"
#include "base/json_guard.h"
#include "server/application.h"
#include "server/authentication.h"
#include "server/routes/routes.h"

namespace guardian::server {
namespace {

using access::IdentityProvider;
using nlohmann::json;

constexpr const char* kReturn = "/api/v1/session/provider/return";
constexpr const char* kCookie = "guardian_provider";
constexpr const char* kContext = "sign-in by identity provider";
constexpr std::int64_t kPatience_ms = 10LL * 60 * 1000;  // for a second factor there
constexpr std::size_t kCookieBytes = 1000;

/// What the browser carries while it is away. Lax: it comes back by a link of another site.
std::string cookie(const std::string& value, bool secure) {
  return fmt::format("{}={}; Path=/api/v1/session/provider; HttpOnly; SameSite=Lax; Max-Age={}{}", kCookie,
                     value, value.empty() ? 0 : kPatience_ms / 1000, secure ? "; Secure" : "");
}

/// Signing in that way, for one server.
class ProviderSignIn {
 public:
  explicit ProviderSignIn(Application& application)
      : application_(application),
        key_(derive(application.master_key(), kContext)),
        provider_(settings_of(application.config())) {}

  Result<Response> begin(const Request& request) {
    const auto departure = provider_.depart();
    if (!departure) return back(departure.error(), request);
    const json carried = {{"state", departure->state},
                          {"nonce", departure->nonce},
                          {"verifier", departure->verifier},
                          {"until_ms", now_ms() + kPatience_ms}};
    auto response = redirect(departure->url);
    response.headers.add("Set-Cookie", cookie(to_hex(seal(key_, carried.dump(), kContext)), request.secure));
    return response;
  }

  Result<Response> end(const Request& request) {
    const auto session = come_in(request);
    if (!session) return back(session.error(), request);
    auto response = redirect("/");
    response.headers.add("Set-Cookie", session_cookie(session->secret, request.secure));
    response.headers.add("Set-Cookie", cookie("", request.secure));
    return response;
  }

 private:
  static access::ProviderSettings settings_of(const Config& config) {
    return {config.oidc.issuer, config.oidc.client_id, config.oidc.client_secret, config.public_url + kReturn,
            config.oidc.ca_file};
  }

  Result<access::Session> come_in(const Request& request) {
    const auto carried = carried_by(request);
    const auto state = request.query("state").value_or("");
    const auto code = request.query("code").value_or("");
    if (!carried || state.empty() || carried->at("state") != state)
      return fail(Error::Kind::unknown_caller, "state",
                  {"始めたサインインと合わないか、時間がたちすぎています",
                   "this does not belong to the sign-in that was begun, or it took too long"},
                  {"もう一度サインインしてください", "Sign in again"});
    if (code.empty())
      return fail(
          Error::Kind::unknown_caller, "code",
          {"認証サーバーがサインインを認めませんでした", "the identity provider did not accept the sign-in"},
          {"もう一度サインインしてください", "Sign in again"});
    const auto identity = provider_.arrive(code, carried->at("nonce"), carried->at("verifier"));
    if (!identity) return tl::unexpected<Error>(identity.error());
    return application_.sign_in().sign_in_by_provider(application_.config().oidc.issuer, *identity,
                                                      request.address);
  }

  std::optional<json> carried_by(const Request& request) const {
    const auto value = cookie_of(request, kCookie).value_or("");
    if (value.empty() || value.size() > kCookieBytes) return std::nullopt;
    const auto sealed = from_hex(value);
    if (!sealed) return std::nullopt;
    const auto plain = unseal(key_, *sealed, kContext);
    if (!plain) return std::nullopt;
    auto carried = parse_json(*plain, "cookie");
    if (!carried || carried->at("until_ms") < now_ms()) return std::nullopt;
    return std::move(*carried);
  }

  /// People see a page, not a problem document: the start page knows a sentence for each of these words.
  static Result<Response> back(const Error& error, const Request& request) {
    const bool strange = error.kind == Error::Kind::unknown_caller;
    const char* word = !strange ? "provider" : error.subject == "sign-in" ? "account" : "again";
    auto response = redirect(std::string("/#/refused/") + word);
    response.headers.add("Set-Cookie", cookie("", request.secure));
    return response;
  }

  Application& application_;
  Key key_;
  IdentityProvider provider_;
};

}  // namespace

std::vector<Route> routes_of_provider(Application& application) {
  const auto& oidc = application.config().oidc;
  const json name = oidc.issuer.empty() ? json() : json(oidc.name.empty() ? oidc.issuer : oidc.name);
  const auto sign_in = oidc.issuer.empty() ? nullptr : std::make_shared<ProviderSignIn>(application);
  const auto none = [](const Request&) -> Result<Response> {
    return fail(Error::Kind::not_found, "oidc",
                {"認証サーバーは設定されていません", "no identity provider is configured"},
                {"パスワードでサインインしてください", "Sign in with your password"});
  };
  const auto with = [&](Result<Response> (ProviderSignIn::*work)(const Request&)) -> Handler {
    if (!sign_in) return none;
    return [sign_in, work](const Request& request) { return ((*sign_in).*work)(request); };
  };
  return {
      {"GET", "/api/v1/session/provider", Access::open(),
       [name](const Request&) -> Result<Response> {
         return json_response({{"name", name}});
       }},
      {"GET", "/api/v1/session/provider/begin", Access::open(), with(&ProviderSignIn::begin)},
      {"GET",
       kReturn,
       Access::open(),
       with(&ProviderSignIn::end),
       {.query = {"code", "state", "error", "error_description", "iss", "session_state", "scope"},
        .strict_rate = true}},
  };
}

}  // namespace guardian::server
