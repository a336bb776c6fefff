#include "server/authentication.h"

#include <fmt/format.h>
#include <sodium.h>

namespace guardian::server {
namespace {

constexpr std::string_view kCookie = "guardian_session";
constexpr std::string_view kBearer = "Bearer ";

bool is_same(const std::string& a, const std::string& b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

tl::unexpected<Error> no_longer_good() {
  return fail(Error::Kind::unknown_caller, "authentication",
              {"ログインの期限が切れたか、キーが無効です", "the session has ended or the key is not valid"},
              {"ログインし直してください", "Sign in again"});
}

Result<std::optional<access::Caller>> by_cookie(access::SignIn& sign_in, const Request& request,
                                                const std::string& secret) {
  const auto session = sign_in.session(secret);
  if (!session) return tl::unexpected<Error>(session.error());
  if (!*session) return no_longer_good();
  const bool changes = request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
  if (changes && !is_same(request.headers.get("X-CSRF-Token").value_or(""), (*session)->csrf))
    return fail(
        Error::Kind::forbidden, "X-CSRF-Token",
        {"この画面からの操作と確かめられません", "it cannot be told that this comes from our own page"},
        {"画面を開き直してください", "Open the page again"});
  return (*session)->caller;
}

}  // namespace

std::string session_cookie(const std::string& secret, bool secure) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict{}{}", kCookie, secret,
                     secure ? "; Secure" : "", secret.empty() ? "; Max-Age=0" : "");
}

std::optional<std::string> session_secret(const Request& request) { return cookie_of(request, kCookie); }

std::optional<std::string> cookie_of(const Request& request, std::string_view name) {
  const auto header = request.headers.get("Cookie").value_or("");
  for (std::size_t begin = 0; begin < header.size();) {
    const auto end = std::min(header.find(';', begin), header.size());
    auto cookie = std::string_view(header).substr(begin, end - begin);
    cookie.remove_prefix(std::min(cookie.find_first_not_of(' '), cookie.size()));
    if (cookie.size() > name.size() && cookie.starts_with(name) && cookie[name.size()] == '=')
      return std::string(cookie.substr(name.size() + 1));
    begin = end + 1;
  }
  return std::nullopt;
}

Authenticator authenticate_with(access::SignIn& sign_in) {
  return [&sign_in](const Request& request) -> Result<std::optional<access::Caller>> {
    const auto authorization = request.headers.get("Authorization").value_or("");
    if (authorization.rfind(kBearer, 0) == 0) {
      auto caller = sign_in.caller_with_key(authorization.substr(kBearer.size()));
      if (caller && !*caller) return no_longer_good();
      return caller;
    }
    if (const auto secret = session_secret(request)) return by_cookie(sign_in, request, *secret);
    return std::nullopt;
  };
}

}  // namespace guardian::server
