// server/router.h - which route answers which request, and what it asks of the caller.
// Routes are data, so that a test can go through all of them with every role. Nothing can be reached by
// mistake: a route without a declared access does not compile.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "access/caller.h"
#include "base/result.h"
#include "server/exchange.h"

namespace guardian::server {

/// Who may use a route. There is no default.
class Access {
 public:
  /// Whoever has this permission.
  Access(access::Permission permission) : permissions_{permission} {}  // NOLINT(google-explicit-constructor)
  /// Whoever has one of them; the route looks which.
  static Access any_of(std::set<access::Permission> permissions);
  /// Every known caller, e.g. to sign out.
  static Access signed_in();
  /// Everybody, e.g. to sign in.
  static Access open();

  bool is_open() const { return open_; }
  /// For callers that are known; what is open is allowed to all.
  bool allows(const access::Caller& caller) const;
  /// Empty for open() and signed_in().
  const std::set<access::Permission>& permissions() const { return permissions_; }

 private:
  Access() = default;
  bool open_ = false;
  std::set<access::Permission> permissions_;
};

/// What a route takes as body.
enum class Body {
  none,   ///< a body is refused; a POST obeys Idempotency-Key
  json,   ///< parsed; so does one of this kind
  stream  ///< read by the route as it comes; within limits.upload_bytes
};

struct RouteOptions {
  std::vector<std::string> query = {};  ///< parameters it knows; others are refused with 400
  Body body = Body::none;
  std::uint64_t body_limit = 0;  ///< bytes; 0: the configuration's for this kind of body
  bool body_optional = false;    ///< JSON may be left out; Request::json is null then
  /// Value of Content-Security-Policy for pages of their own needs; empty: the strict one.
  std::string content_security_policy = {};
  bool cacheable = false;    ///< browsers may keep it (files that never change); else Cache-Control: no-store
  bool probe = false;        ///< for machines that watch this one: any Host, no rate limit
  bool strict_rate = false;  ///< for what can be guessed at (sign-in): the rate limit `sign_in` per address
};

struct Route {
  std::string method;  ///< GET, POST, PUT, PATCH, DELETE; also HEAD and OPTIONS, where the server's own
                       ///< answers to them are not enough (tus)
  std::string path;    ///< "/api/v1/recordings/{id}"; a last segment "{rest...}" takes all that follows
  Access access;
  Handler handler;
  RouteOptions options = {};
};

/// Finds routes. Unchanging after it is made; safe to use from several threads.
class Router {
 public:
  /// Errors: usage, for a path or method that cannot be, or two routes for the same requests.
  static Result<Router> make(std::vector<Route> routes);

  struct Match {
    const Route* route = nullptr;  ///< nullptr: none for this method
    std::map<std::string, std::string, std::less<>> values;
    std::set<std::string> allowed;  ///< methods this path knows, with HEAD and OPTIONS; empty: unknown path
  };
  /// `path` as it was sent, still percent-encoded. Segments that decode to "." or "..", or to something with
  /// '/', NUL or malformed UTF-8, are found nowhere.
  Match match(std::string_view method, std::string_view path) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Pattern {
    std::vector<std::string> segments;  ///< names begin with '{'
    bool takes_rest = false;
  };
  bool fits(const Pattern& pattern, const std::vector<std::string>& path, Match& match) const;

  std::vector<Route> routes_;
  std::vector<Pattern> patterns_;  ///< of routes_, same order: fixed words come before names
};

/// Percent-decoding of one path segment or query value. Empty for bad escapes, NUL or malformed UTF-8.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space);

}  // namespace guardian::server
