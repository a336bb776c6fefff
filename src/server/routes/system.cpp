// Whether the server lives, whether it can work, how it fares, and what its API looks like.
#include <sodium.h>

#include <algorithm>

#include "server/application.h"
#include "server/embedded.h"
#include "server/openapi.h"
#include "server/routes/routes.h"

namespace guardian::server {
namespace {

constexpr const char* kPlain = "text/plain; charset=utf-8";
/// The page's icons are data: images inside its style sheet, and it sets styles on elements.
constexpr const char* kDocumentationPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

Result<Response> ready(Application& application) {
  if (auto good = application.check_ready(); good) return text_response("ok\n", kPlain);
  return text_response("not ready\n", kPlain, 503);
}

/// With a token set up, whoever knows it; else this machine, but nobody who comes through a proxy on it.
bool may_read_metrics(const Config& config, const Request& request) {
  if (config.metrics_token.empty())
    return (request.address == "127.0.0.1" || request.address == "::1") &&
           !request.headers.get("X-Forwarded-For") && !request.headers.get("Forwarded");
  const auto told = request.headers.get("Authorization").value_or("");
  const auto wanted = "Bearer " + config.metrics_token;
  return told.size() == wanted.size() && sodium_memcmp(told.data(), wanted.data(), wanted.size()) == 0;
}

Result<Response> metrics(Application& application, const Request& request) {
  if (!may_read_metrics(application.config(), request))
    return fail(Error::Kind::unknown_caller, {}, {"トークンが必要です", "A token is needed"},
                {"metrics_token_file のトークンを送ってください", "Send the token of metrics_token_file"});
  return text_response(application.telemetry().metrics(), "text/plain; version=0.0.4; charset=utf-8");
}

Response unchanging(std::string_view bytes, const char* type) {
  auto response = text_response(std::string(bytes), type);
  response.etag = etag_of(bytes);
  return response;
}

const char* type_of(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  return "text/javascript; charset=utf-8";
}

Route documentation(const char* path, std::string_view name) {
  const auto& files = documentation_files();
  const auto file =
      std::find_if(files.begin(), files.end(), [&](const auto& one) { return one.name == name; });
  RouteOptions options;
  options.content_security_policy = kDocumentationPolicy;
  options.cacheable = true;
  return {"GET", path, Access::open(),
          [response = unchanging(file->bytes, type_of(name))](const Request&) -> Result<Response> {
            return response;
          },
          options};
}

/// A description that cannot be joined is a fault of the build; tests/server/openapi_test.cpp sees it first.
Result<Response> description() {
  static const auto joined = join_openapi(openapi_files());
  if (!joined) return tl::unexpected<Error>(joined.error());
  static const auto response = unchanging(joined->dump(), "application/json");
  return response;
}

}  // namespace

std::vector<Route> routes_of_system(Application& application) {
  RouteOptions probe;
  probe.probe = true;
  RouteOptions cacheable;
  cacheable.cacheable = true;
  return {
      {"GET", "/healthz", Access::open(),
       [](const Request&) -> Result<Response> { return text_response("ok\n", kPlain); }, probe},
      {"GET", "/readyz", Access::open(), [&](const Request&) { return ready(application); }, probe},
      {"GET", "/metrics", Access::open(),
       [&](const Request& request) { return metrics(application, request); }, probe},
      {"GET", "/api/v1/openapi.json", Access::open(), [](const Request&) { return description(); },
       cacheable},
      documentation("/api/docs", "api-docs.html"),
      documentation("/api/docs/api-docs.js", "api-docs.js"),
      documentation("/api/docs/swagger-ui.css", "swagger-ui.css"),
      documentation("/api/docs/swagger-ui-bundle.js", "swagger-ui-bundle.js"),
  };
}

}  // namespace guardian::server
