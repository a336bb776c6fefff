// The dashboard (web/dashboard) and what only it needs: one page, its parts, names of the policy's
// categories.
#include <fmt/format.h>

#include <map>

#include "pipeline/installation.h"
#include "server/application.h"
#include "server/compression.h"
#include "server/embedded.h"
#include "server/routes/routes.h"
#include "server/routes/shared_policy.h"

namespace guardian::server {
namespace {

using nlohmann::json;

// The waveform's library puts a style sheet into its own shadow; scripts are the program's alone.
constexpr const char* kDashboardPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "media-src "
    "'self' blob:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const char* type_of(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".wav")) return "audio/wav";
  return "text/javascript; charset=utf-8";
}

/// Compressed once, when the first page is asked for.
const std::string& compressed(std::string_view name) {
  static const auto all = [] {
    std::map<std::string_view, std::string> files;
    for (const auto& file : dashboard_files())
      if (!file.name.ends_with(".wav")) files.emplace(file.name, gzip(file.bytes));
    return files;
  }();
  static const std::string none;
  const auto found = all.find(name);
  return found == all.end() ? none : found->second;
}

Result<Response> file_named(const Request& request, std::string_view name) {
  for (const auto& file : dashboard_files()) {
    if (file.name != name) continue;
    const auto& small = compressed(file.name);
    const bool smaller = !small.empty() && accepts_gzip(request.headers);
    auto response = text_response(smaller ? small : std::string(file.bytes), type_of(name));
    response.etag = etag_of(smaller ? small : file.bytes);
    response.headers.set("Vary", "Accept-Encoding");
    if (smaller) response.headers.set("Content-Encoding", "gzip");
    return response;
  }
  return fail(Error::Kind::not_found, std::string(name), {"ありません", "there is no such file"}, {"", ""});
}

Result<Response> categories() {
  const auto& policy = shared_policy();
  if (!policy) return tl::unexpected<Error>(policy.error());
  json items = json::array();
  for (const auto& category : policy->categories)
    items.push_back({{"id", category.id},
                     {"harassment", policy::is_harassment(category.kind)},
                     {"label", {{"ja", category.label.ja}, {"en", category.label.en}}}});
  return json_response({{"items", std::move(items)}, {"next", nullptr}});
}

}  // namespace

std::vector<Route> routes_of_dashboard(Application& /*application*/) {
  RouteOptions page;
  page.content_security_policy = kDashboardPolicy;
  page.cacheable = true;
  const auto index = [](const Request& request) { return file_named(request, "index.html"); };
  return {
      {"GET", "/", Access::open(), index, page},
      {"GET", "/invitation", Access::open(), index, page},
      {"GET", "/assets/{name}", Access::open(),
       [](const Request& request) { return file_named(request, request.path_value("name")); }, page},
      {"GET", "/api/v1/categories", Access::signed_in(), [](const Request&) { return categories(); }},
  };
}

}  // namespace guardian::server
