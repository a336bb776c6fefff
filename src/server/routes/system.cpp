// Whether the server lives, whether it can work, and what its API looks like.
#include "server/application.h"
#include "server/routes/routes.h"

namespace guardian::server {
namespace {

Response alive() { return text_response("ok\n", "text/plain; charset=utf-8"); }

Result<Response> ready(Application& application) {
  if (auto good = application.check_ready(); good) return alive();
  return text_response("not ready\n", "text/plain; charset=utf-8", 503);
}

}  // namespace

std::vector<Route> routes_of_system(Application& application) {
  return {
      {"GET", "/healthz", Access::open(), [](const Request&) -> Result<Response> { return alive(); }},
      {"GET", "/readyz", Access::open(), [&](const Request&) { return ready(application); }},
  };
}

}  // namespace guardian::server
