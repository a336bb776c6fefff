#include "server/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/text.h"

namespace guardian::server {
namespace {

constexpr std::size_t kSegments = 32;
constexpr std::array<std::string_view, 7> kMethods = {"GET",    "POST", "PUT",    "PATCH",
                                                      "DELETE", "HEAD", "OPTIONS"};

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> segments;
  if (!path.starts_with('/')) return segments;
  path.remove_prefix(1);
  while (segments.size() <= kSegments) {
    const auto slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return segments;
}

bool is_name(std::string_view segment) { return segment.starts_with('{'); }

/// Fixed words before names, names before rests: the most exact pattern is tried first.
std::string sort_key(const std::vector<std::string>& segments) {
  std::string key;
  for (const auto& segment : segments)
    key += !is_name(segment) ? "0" + segment + "/" : segment.ends_with("...}") ? "2" : "1/";
  return key;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

tl::unexpected<Error> bad_route(const Route& route, Text what) {
  return fail(Error::Kind::usage, route.method + " " + route.path, std::move(what),
              {"ルートの定義を直してください", "Mend the route's definition"});
}

}  // namespace

Access Access::any_of(std::set<access::Permission> permissions) {
  Access access;
  access.permissions_ = std::move(permissions);
  return access;
}

Access Access::signed_in() { return {}; }

Access Access::open() {
  Access access;
  access.open_ = true;
  return access;
}

bool Access::allows(const access::Caller& caller) const {
  return permissions_.empty() || std::any_of(permissions_.begin(), permissions_.end(),
                                             [&](auto permission) { return caller.may(permission); });
}

Result<Router> Router::make(std::vector<Route> routes) {
  std::vector<std::pair<std::string, std::size_t>> order;
  std::vector<Pattern> patterns;
  for (const auto& route : routes) {
    Pattern pattern;
    for (const auto segment : split_path(route.path)) pattern.segments.emplace_back(segment);
    const bool known = std::find(kMethods.begin(), kMethods.end(), route.method) != kMethods.end();
    if (!known || pattern.segments.empty() || pattern.segments.size() > kSegments || !route.handler)
      return bad_route(route, {"使えないメソッドかパスです", "this method or path cannot be"});
    if (route.options.body != Body::none && (route.method == "GET" || route.method == "HEAD"))
      return bad_route(route, {"本文を取れないメソッドです", "this method takes no body"});
    pattern.takes_rest = pattern.segments.back().ends_with("...}");
    order.emplace_back(sort_key(pattern.segments) + " " + route.method, patterns.size());
    patterns.push_back(std::move(pattern));
  }
  std::sort(order.begin(), order.end());
  Router router;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && order[i].first == order[i - 1].first)
      return bad_route(routes[order[i].second], {"同じルートが二つあります", "there are two of this route"});
    router.routes_.push_back(routes[order[i].second]);
    router.patterns_.push_back(std::move(patterns[order[i].second]));
  }
  return router;
}

bool Router::fits(const Pattern& pattern, const std::vector<std::string>& path, Match& match) const {
  const auto count = pattern.segments.size();
  if (pattern.takes_rest ? path.size() < count : path.size() != count) return false;
  match.values.clear();
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view segment = pattern.segments[i];
    if (!is_name(segment)) {
      if (segment != path[i]) return false;
      continue;
    }
    if (pattern.takes_rest && i + 1 == count) {
      auto rest = path[i];
      for (auto next = i + 1; next < path.size(); ++next) rest += "/" + path[next];
      match.values.emplace(segment.substr(1, segment.size() - 5), std::move(rest));
    } else if (path[i].empty()) {
      return false;
    } else {
      match.values.emplace(segment.substr(1, segment.size() - 2), path[i]);
    }
  }
  return true;
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
  std::vector<std::string> segments;
  for (const auto segment : split_path(path)) {
    auto decoded = percent_decoded(segment, false);
    if (!decoded || *decoded == "." || *decoded == ".." || decoded->find('/') != std::string::npos) return {};
    segments.push_back(std::move(*decoded));
  }
  if (segments.size() > kSegments) return {};
  Match found;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    Match match;
    if (!fits(patterns_[i], segments, match)) continue;
    found.allowed.insert(routes_[i].method);
    if (routes_[i].method == "GET") found.allowed.insert("HEAD");
    const bool by_get = method == "HEAD" && routes_[i].method == "GET" && found.route == nullptr;
    const bool exact =
        routes_[i].method == method && (found.route == nullptr || found.route->method != method);
    if (!exact && !by_get) continue;
    found.route = &routes_[i];
    found.values = std::move(match.values);
  }
  if (!found.allowed.empty()) found.allowed.insert("OPTIONS");
  return found;
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? digit_of(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? digit_of(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c == '\0') return std::nullopt;
    decoded += c;
  }
  if (!is_utf8(decoded)) return std::nullopt;
  return decoded;
}

}  // namespace guardian::server
