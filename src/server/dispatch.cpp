#include "server/dispatch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json_guard.h"
#include "base/text.h"

namespace guardian::server {
namespace {

constexpr int kJsonDepth = 32;
constexpr const char* kStrictPolicy =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/// Adding the header that tells when to come back needs a response, not an Error.
Response too_often(int seconds, const Request& request) {
  auto response = problem({Error::Kind::too_often,
                           {},
                           {fmt::format("リクエストが多すぎます。{} 秒お待ちください", seconds),
                            fmt::format("Too many requests; wait {} s", seconds)},
                           {"間隔をあけてください", "Ask less often"}},
                          request);
  response.headers.set("Retry-After", std::to_string(seconds));
  return response;
}

bool changes(std::string_view method) { return method != "GET" && method != "HEAD" && method != "OPTIONS"; }

std::string_view authority_of(std::string_view url) {
  const auto scheme = url.find("://");
  return scheme == std::string_view::npos ? url : url.substr(scheme + 3);
}

/// No other site's page may change anything here (CORS is not granted to anybody).
bool is_from_elsewhere(const Request& request) {
  if (request.headers.get("Sec-Fetch-Site").value_or("none") == "cross-site") return true;
  const auto origin = request.headers.get("Origin");
  return origin && authority_of(*origin) != request.headers.get("Host").value_or("");
}

bool is_json(const Request& request) {
  auto type = request.headers.get("Content-Type").value_or("");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::tolower(c); });
  return type == "application/json" || type == "application/merge-patch+json";
}

bool has_body(const Incoming& incoming) {
  return incoming.body != nullptr && incoming.request.body_bytes.value_or(1) > 0;
}

tl::unexpected<Error> over_limit(std::uint64_t limit) {
  return fail(Error::Kind::too_large, "body",
              {fmt::format("上限は {} バイトです", limit), fmt::format("The limit is {} bytes", limit)},
              {"小さくしてください", "Send less"});
}

Result<std::string> read_whole(BodyReader& body) {
  std::string text;
  std::array<char, 16384> part{};
  for (;;) {
    const auto count = body.read(part);
    if (!count) return tl::unexpected<Error>(count.error());
    if (*count == 0) return text;
    text.append(part.data(), *count);
  }
}

/// A body that ends with an error once more than `limit` bytes came, and remembers why it ended early.
class LimitedBody final : public BodyReader {
 public:
  LimitedBody(BodyReader& body, std::uint64_t limit) : body_(body), limit_(limit) {}
  Result<std::size_t> read(std::span<char> into) override {
    if (failure_) return tl::unexpected<Error>(*failure_);
    Result<std::size_t> count = body_.read(into);
    if (count) read_ += *count;
    if (read_ > limit_) count = over_limit(limit_);
    if (!count) failure_ = count.error();
    return count;
  }
  const std::optional<Error>& failure() const { return failure_; }

 private:
  BodyReader& body_;
  std::uint64_t limit_;
  std::uint64_t read_ = 0;
  std::optional<Error> failure_;
};

class EmptyBody final : public BodyReader {
 public:
  Result<std::size_t> read(std::span<char> /*into*/) override { return 0; }
};

/// Whatever the route made of it: half a body was no request.
Result<Response> broken_body(const Error& error, const Request& request) {
  if (error.kind != Error::Kind::network) return tl::unexpected<Error>(error);
  return problem(408, {"本文が最後まで届きませんでした", "The body did not arrive"}, error.remedy, request);
}

/// True if one of the tags in If-None-Match is `etag`; weak comparison (RFC 9110, 13.1.2).
bool is_known(const Request& request, const std::string& etag) {
  const auto tags = request.headers.get("If-None-Match");
  if (!tags || etag.empty()) return false;
  return *tags == "*" || tags->find(etag) != std::string::npos;
}

void settle_not_modified(const Request& request, Response& response) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (!reads || response.status != 200 || !is_known(request, response.etag)) return;
  response.status = 304;
  response.body = std::string();
  response.content_type.clear();
}

Result<void> check_query(const Request& request, const Route& route) {
  for (const auto& [name, value] : request.query_values)
    if (std::find(route.options.query.begin(), route.options.query.end(), name) == route.options.query.end())
      return fail(Error::Kind::usage, std::string(beginning(name, 100)),
                  {"知らないパラメーターです", "is an unknown parameter"},
                  {"API の説明 (/api/docs) を確かめてください", "See the description at /api/docs"});
  return {};
}

Response other_method(const Router::Match& match, const Request& request) {
  auto response =
      request.method == "OPTIONS"
          ? no_content()
          : problem(405, {"このメソッドは使えません", "Method not allowed"},
                    {"Allow ヘッダーのメソッドを使ってください", "Use one of those in Allow"}, request);
  response.headers.set("Allow", fmt::format("{}", fmt::join(match.allowed, ", ")));
  return response;
}

}  // namespace

Language preferred_language(std::string_view accept_language) {
  double best = 0.0;
  Language language = Language::japanese;
  while (!accept_language.empty()) {
    const auto comma = accept_language.find(',');
    auto part = std::string(accept_language.substr(0, comma));
    accept_language.remove_prefix(comma == std::string_view::npos ? accept_language.size() : comma + 1);
    std::erase(part, ' ');
    const auto weight_at = part.find(";q=");
    const double weight = weight_at == std::string::npos ? 1.0 : std::atof(part.c_str() + weight_at + 3);
    const bool known = part.starts_with("ja") || part.starts_with("en");
    if (!known || weight <= best) continue;
    best = weight;
    language = part.starts_with("en") ? Language::english : Language::japanese;
  }
  return language;
}

std::map<std::string, std::string, std::less<>> parse_query(std::string_view query) {
  std::map<std::string, std::string, std::less<>> values;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = percent_decoded(pair.substr(0, equals), true);
    auto value = percent_decoded(
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), true);
    if (!name || !value) throw_bad_request("query", {"% の書き方が正しくありません", "has a bad escape"});
    if (!values.emplace(*name, *value).second)
      throw_bad_request(std::string(beginning(*name, 100)), {"二度指定されています", "is told twice"});
  }
  return values;
}

void add_security_headers(Response& response, const RouteOptions& options, bool secure) {
  auto& headers = response.headers;
  headers.set("Content-Security-Policy",
              options.content_security_policy.empty() ? kStrictPolicy : options.content_security_policy);
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("X-Frame-Options", "DENY");
  headers.set("Referrer-Policy", "no-referrer");
  headers.set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  if (secure) headers.set("Strict-Transport-Security", "max-age=31536000");
  if (!headers.get("Cache-Control"))
    headers.set("Cache-Control", options.cacheable ? "private, max-age=0, must-revalidate" : "no-store");
}

Result<std::unique_ptr<Dispatcher>> Dispatcher::make(Application& application, std::vector<Route> routes) {
  auto router = Router::make(std::move(routes));
  if (!router) return tl::unexpected<Error>(router.error());
  return std::unique_ptr<Dispatcher>(new Dispatcher(application, std::move(*router)));
}

Dispatcher::Dispatcher(Application& application, Router router)
    : application_(application),
      router_(std::move(router)),
      callers_(application.config().rates.caller),
      addresses_(application.config().rates.address),
      sign_ins_(application.config().rates.sign_in),
      idempotency_(application.database(), application.keyring()) {}

Outgoing Dispatcher::answer(Incoming& incoming) {
  auto& request = incoming.request;
  request.language = preferred_language(request.headers.get("Accept-Language").value_or(""));
  const auto path = std::string_view(incoming.target).substr(0, incoming.target.find('?'));
  const auto match = router_.match(request.method, path);
  Outgoing outgoing;
  outgoing.route = match.route != nullptr ? match.route->path : "-";
  outgoing.without_body = request.method == "HEAD";
  try {
    auto response = find_and_run(incoming, match);
    outgoing.response = response ? std::move(*response) : refuse(response.error(), request);
  } catch (const BadRequest& bad) {
    outgoing.response = refuse(bad.error, request);
  } catch (const store::Fault& fault) {
    outgoing.response = refuse(fault.error, request);
  } catch (const std::exception& failure) {
    outgoing.response =
        refuse({Error::Kind::damaged, outgoing.route, {failure.what(), failure.what()}, {}}, request);
  }
  settle_not_modified(request, outgoing.response);
  add_security_headers(outgoing.response, match.route != nullptr ? match.route->options : RouteOptions{},
                       request.secure);
  return outgoing;
}

Response Dispatcher::refuse(const Error& error, const Request& request) {
  if (status_of(error.kind) == 500) application_.telemetry().log(error, "request.failed", request.id);
  auto response = problem(error, request);
  if (response.status == 401) response.headers.set("WWW-Authenticate", "Bearer");
  return response;
}

Result<Response> Dispatcher::find_and_run(Incoming& incoming, const Router::Match& match) {
  auto& request = incoming.request;
  const auto& url = application_.config().public_url;
  const bool is_probe = match.route != nullptr && match.route->options.probe;
  if (!url.empty() && !is_probe && request.headers.get("Host").value_or("") != authority_of(url))
    return problem(421, {"このサーバーへのリクエストではありません", "Misdirected request"},
                   {"設定された公開アドレスを使ってください", "Use the public address that was set up"},
                   request);
  if ((changes(request.method) || request.method == "OPTIONS") && is_from_elsewhere(request))
    return fail(Error::Kind::forbidden, "Origin",
                {"別のサイトからは使えません", "Other sites may not use this"},
                {"このサーバーの画面から操作してください", "Use this server's own pages"});
  if (match.route == nullptr)
    if (const auto wait = addresses_.take(network_of(request.address))) return too_often(*wait, request);
  if (match.route == nullptr && (!match.allowed.empty() || request.method == "TRACE"))
    return other_method(match, request);
  if (match.route == nullptr)
    return fail(Error::Kind::not_found, {},
                {"このアドレスには何もありません", "There is nothing at this address"},
                {"アドレスを確かめてください", "Check the address"});
  return admit_and_run(incoming, match);
}

Result<Response> Dispatcher::admit_and_run(Incoming& incoming, const Router::Match& match) {
  auto& request = incoming.request;
  const auto& route = *match.route;
  const std::string_view target = incoming.target;
  const auto question = target.find('?');
  request.path = percent_decoded(target.substr(0, question), false).value_or("");
  request.path_values = match.values;
  if (route.options.strict_rate)
    if (const auto wait = sign_ins_.take(network_of(request.address))) return too_often(*wait, request);
  const auto known = identify(request, route);
  // Callers are counted by themselves, so that an office behind one address is not one caller.
  const auto wait = route.options.probe    ? std::nullopt
                    : request.known_caller ? callers_.take(request.known_caller->id)
                                           : addresses_.take(network_of(request.address));
  if (wait) return too_often(*wait, request);
  if (!known) return tl::unexpected<Error>(known.error());
  if (question != std::string_view::npos) request.query_values = parse_query(target.substr(question + 1));
  if (auto good = check_query(request, route); !good) return tl::unexpected<Error>(good.error());
  return run(incoming, route);
}

Result<void> Dispatcher::identify(Request& request, const Route& route) {
  if (application_.authenticator()) {
    auto caller = application_.authenticator()(request);
    // A stale session, or one without its CSRF token, must not keep anybody from what is open to all, least
    // of all from signing in anew.
    const bool refused = !caller && (caller.error().kind == Error::Kind::unknown_caller ||
                                     caller.error().kind == Error::Kind::forbidden);
    if (!caller && !(route.access.is_open() && refused)) return tl::unexpected<Error>(caller.error());
    if (caller) request.known_caller = std::move(*caller);
  }
  if (route.access.is_open()) return {};
  if (!request.known_caller)
    return fail(Error::Kind::unknown_caller, {}, {"サインインが必要です", "Sign in first"},
                {"サインインするか、API キーを送ってください", "Sign in or send an API key"});
  if (route.access.allows(*request.known_caller)) return {};
  return fail(Error::Kind::forbidden, {}, {"この操作は許可されていません", "You may not do this"},
              {"管理者に権限を確かめてください", "Ask your administrator about your role"});
}

Result<std::string> Dispatcher::read_json(Request& request, BodyReader& body, const Route& route) {
  auto text = read_whole(body);
  if (!text) return text;
  if (text->empty() && route.options.body_optional) return text;
  if (text->empty()) throw_bad_request("body", {"JSON の本文が必要です", "a JSON body is needed"});
  auto json = parse_json(*text, "body", {text->size(), kJsonDepth});
  if (!json) throw_bad_request("body", json.error().what);
  if (json->is_null())
    throw_bad_request("body", {"JSON のオブジェクトではありません", "is not a JSON object"});
  request.json = std::move(*json);
  return text;
}

Result<Response> Dispatcher::run(Incoming& incoming, const Route& route) {
  auto& request = incoming.request;
  const auto& options = route.options;
  const auto& limits = application_.config().limits;
  if (options.body == Body::none) {
    if (has_body(incoming)) throw_bad_request("body", {"本文は受け取りません", "no body is taken here"});
    return run_once(incoming, {}, route);
  }
  const auto usual = options.body == Body::stream ? limits.upload_bytes : limits.json_bytes;
  const auto limit = options.body_limit != 0 ? options.body_limit : usual;
  if (request.body_bytes.value_or(0) > limit) return over_limit(limit);
  EmptyBody nothing;
  LimitedBody body(incoming.body != nullptr ? *incoming.body : nothing, limit);
  if (options.body == Body::json) return run_with_json(incoming, body, route);
  request.body = &body;
  auto response = route.handler(request);
  request.body = nullptr;
  if (body.failure()) return broken_body(*body.failure(), request);
  return response;
}

Result<Response> Dispatcher::run_with_json(Incoming& incoming, BodyReader& body, const Route& route) {
  auto& request = incoming.request;
  if (has_body(incoming) && !is_json(request))
    return problem(415, {"この形式は扱えません", "Unsupported media type"},
                   {"Content-Type: application/json で送ってください", "Send Content-Type: application/json"},
                   request);
  const auto text = read_json(request, body, route);
  if (!text) return broken_body(text.error(), request);
  return run_once(incoming, *text, route);
}

Result<Response> Dispatcher::run_once(Incoming& incoming, const std::string& body, const Route& route) {
  auto& request = incoming.request;
  const auto key = request.headers.get("Idempotency-Key");
  if (!key || request.method != "POST" || !request.known_caller) return route.handler(request);
  return idempotency_.once(request, *key, request.method + " " + incoming.target + "\n" + body,
                           route.handler);
}

}  // namespace guardian::server
