// server/dispatch.h - from a request as it came to the answer as it goes, without sockets: finds the route,
// asks who is calling and whether that one may, checks query and body, runs the route, and dresses the
// answer. http_server.h stands before it and does the talking.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "server/application.h"
#include "server/exchange.h"
#include "server/idempotency.h"
#include "server/rate_limit.h"
#include "server/router.h"

namespace guardian::server {

/// A request whose headers were read. `request` holds method, headers, address, secure, body_bytes, stop.
struct Incoming {
  Request request;
  std::string target;          ///< path and query as sent
  BodyReader* body = nullptr;  ///< null: there is none
};

struct Outgoing {
  Response response;
  std::string route;          ///< template of the route, for log and metrics; "-" where none was found
  bool without_body = false;  ///< HEAD: headers as for GET
};

/// Safe to use from several threads. The application must outlive it.
class Dispatcher {
 public:
  /// Errors: usage, if the routes contradict each other.
  static Result<std::unique_ptr<Dispatcher>> make(Application& application, std::vector<Route> routes);

  /// Never fails: what goes wrong becomes a problem (RFC 9457). Fills in the rest of `incoming.request`.
  Outgoing answer(Incoming& incoming);

  const Router& router() const { return router_; }

 private:
  Dispatcher(Application& application, Router router);
  Result<Response> find_and_run(Incoming& incoming, const Router::Match& match);
  Result<Response> admit_and_run(Incoming& incoming, const Router::Match& match);
  Result<void> identify(Request& request, const Route& route);
  static Result<std::string> read_json(Request& request, BodyReader& body, const Route& route);
  Result<Response> run_with_json(Incoming& incoming, BodyReader& body, const Route& route);
  /// The route's answer; that of before, if it is a POST whose Idempotency-Key was seen. `body`: what came.
  Result<Response> run_once(Incoming& incoming, const std::string& body, const Route& route);
  Result<Response> run(Incoming& incoming, const Route& route);
  Response refuse(const Error& error, const Request& request);

  Application& application_;
  Router router_;
  RateLimiter callers_;
  RateLimiter addresses_;
  RateLimiter sign_ins_;
  Idempotency idempotency_;
};

/// What every answer carries so that browsers stay careful with it.
void add_security_headers(Response& response, const RouteOptions& options, bool secure);

/// Splits "a=1&b=2". Throws BadRequest (400) for bad escapes and for names told twice.
std::map<std::string, std::string, std::less<>> parse_query(std::string_view query);

/// The language a client likes best, of ja and en; Japanese if it does not say.
Language preferred_language(std::string_view accept_language);

}  // namespace guardian::server
