// server/exchange.h - what a route gets and what it answers, as plain values: no route sees a socket.
// router.h finds the route, dispatch.h checks the caller, the query and the body before the route runs, and
// dresses the answer after it.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "access/caller.h"
#include "base/calendar.h"
#include "base/result.h"

namespace guardian::server {

/// Header fields; names are compared without regard to case.
class Headers {
 public:
  /// The first field of that name.
  std::optional<std::string> get(std::string_view name) const;
  /// Replaces fields of that name. A value with CR, LF, NUL or another control character is a fault of the
  /// program's and throws store::Fault: it would let an outsider write headers.
  void set(std::string_view name, std::string value);
  /// One more field, e.g. a second Set-Cookie. Throws like `set`.
  void add(std::string_view name, std::string value);
  const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// Thrown by what reads a request for a route (JsonFields, Request::number ...), and turned into the answer
/// at the border (dispatch.h). Routes need not catch it.
struct BadRequest {
  Error error;
};

/// A body as it comes over the network, within its limit.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  /// How many bytes came, at most `into.size()`; 0 at the body's end. Errors: network (the client went away
  /// before the end, or is too slow), too_large, usage (malformed). Whoever stores a body must hear the end:
  /// without it what came is only a part.
  virtual Result<std::size_t> read(std::span<char> into) = 0;
};

/// A request whose route was found, whose caller may use it, whose query holds only names the route declared,
/// and whose body, if the route takes JSON, was parsed.
struct Request {
  std::string id;       ///< of this request: in the log, in problems, in the header X-Request-Id
  std::string method;   ///< upper case
  std::string path;     ///< decoded, without the query
  std::string address;  ///< of the network it came from
  bool secure = false;  ///< came over TLS, here or at the trusted proxy
  Language language = Language::japanese;  ///< of Accept-Language
  Headers headers;
  std::map<std::string, std::string, std::less<>> path_values;  ///< of the template's {names}, decoded
  std::map<std::string, std::string, std::less<>> query_values;
  std::optional<access::Caller> known_caller;
  nlohmann::json json;                      ///< of routes with Body::json; null otherwise
  BodyReader* body = nullptr;               ///< of routes with Body::stream
  std::optional<std::uint64_t> body_bytes;  ///< as Content-Length tells; empty: chunked
  std::stop_token stop;                     ///< the server is shutting down

  /// Whoever asks. Only for routes that are not Access::open().
  const access::Caller& caller() const { return *known_caller; }
  /// A path value that must be an id. Throws BadRequest (404) otherwise: there is nothing with such a name.
  const std::string& id_of(std::string_view name = "id") const;
  const std::string& path_value(std::string_view name) const { return path_values.find(name)->second; }
  /// A value of the query; empty if it was not told.
  std::optional<std::string> query(std::string_view name) const;
  /// A whole number of the query. Throws BadRequest (400) if it is none or out of [low, high].
  std::optional<std::int64_t> number(std::string_view name, std::int64_t low, std::int64_t high) const;
  /// "2026-11-25". Throws BadRequest (400) for anything else.
  std::optional<Day> day(std::string_view name) const;
  /// One of a few words. Throws BadRequest (400) for others.
  std::optional<std::string> word(std::string_view name, std::initializer_list<std::string_view> words) const;
};

/// A JSON object of a request, with known keys only; every method throws BadRequest (400) that names the
/// field.
class JsonFields {
 public:
  JsonFields(const nlohmann::json& object, std::initializer_list<std::string_view> known_keys);

  bool has(std::string_view key) const;  ///< there and not null
  /// 1 to `limit` bytes without control characters other than line breaks.
  std::string text(std::string_view key, std::size_t limit = 1000) const;
  std::optional<std::string> text_if(std::string_view key, std::size_t limit = 1000) const;
  std::int64_t integer(std::string_view key, std::int64_t low, std::int64_t high) const;
  std::optional<std::int64_t> integer_if(std::string_view key, std::int64_t low, std::int64_t high) const;
  bool truth(std::string_view key) const;
  std::optional<bool> truth_if(std::string_view key) const;
  /// A value that must be an id (base/id.h).
  std::string id(std::string_view key) const;
  std::optional<std::string> id_if(std::string_view key) const;
  /// At most `count` texts; empty if absent.
  std::vector<std::string> texts(std::string_view key, std::size_t count = 100,
                                 std::size_t limit = 1000) const;
  /// Any JSON; throws if absent.
  const nlohmann::json& value(std::string_view key) const;

 private:
  const nlohmann::json& object_;
};

/// A day in a request. Throws BadRequest (400), naming the field.
Day day_named(const std::string& text, std::string_view field);

/// 400: `subject` is the field or parameter.
[[noreturn]] void throw_bad_request(std::string subject, Text what);

/// Bytes that are produced as they are sent, e.g. sound out of the object store. The server answers Range
/// requests from it (206, 416).
struct ByteSource {
  std::uint64_t size = 0;
  /// Fills `into` from `offset` on and returns how many bytes it put there; 0 before the end is an error.
  std::function<Result<std::size_t>(std::uint64_t offset, std::span<char> into)> read;
};

/// One side of a stream of server-sent events.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// `data` is sent as JSON. False when the listener is gone or the server is stopping: return then.
  virtual bool send(std::string_view event, const nlohmann::json& data, std::string_view id = {}) = 0;
  /// Waits up to `ms` and keeps the connection alive. False when it is time to return.
  virtual bool pause(int ms) = 0;
};

/// Runs on the connection's own thread until it returns. A third of the connections at most are streams.
struct EventStream {
  std::function<void(EventSink&)> run;
};

struct Response {
  int status = 200;
  std::string content_type;  ///< empty: none
  std::variant<std::string, ByteSource, EventStream> body;
  std::string etag;  ///< with quotes (`etag_of`); the server answers 304 by it
  Headers headers;   ///< more; security headers are the server's business
};

using Handler = std::function<Result<Response>(const Request&)>;

Response json_response(const nlohmann::json& value, int status = 200);
/// 201 with Location.
Response created(const nlohmann::json& value, const std::string& location);
Response no_content();
Response text_response(std::string text, std::string content_type, int status = 200);
/// 303: see there.
Response redirect(const std::string& location);
/// A file to keep, of any name: Content-Disposition by RFC 6266, with characters that are none of ASCII.
void name_download(Response& response, const std::string& file_name);

/// A strong validator for whatever `state` tells apart, e.g. version or id and time of the last change.
std::string etag_of(std::string_view state);

/// For changes: 428 if the request has no If-Match, 412 if the thing has changed since; empty if all is well.
std::optional<Response> unless_unchanged(const Request& request, const std::string& etag);

/// RFC 9457: application/problem+json. `title` says what kind of problem, `detail` what to do about it.
Response problem(int status, const Text& title, const Text& detail, const Request& request);
/// The status that belongs to an error's kind: usage, damaged input 400 ... (table in exchange.cpp). What
/// went wrong inside the server is logged, not told.
Response problem(const Error& error, const Request& request);
int status_of(Error::Kind kind);

/// `?limit=50&after=ID`.
struct Paging {
  static constexpr int kDefault = 50;
  static constexpr int kMost = 200;
  int limit = kDefault;
  std::string after;  ///< an id, or empty: from the beginning
  /// How many rows to ask for: one more than fit, which tells whether there is another page.
  int rows() const { return limit + 1; }
};

/// The route must declare "limit" and "after" in its query. Throws BadRequest (400).
Paging paging_of(const Request& request);

/// {"items": [...], "next": "ID" or null}. `items` are up to `paging.rows()` objects; the cursor is the `key`
/// of the last one that fits.
Response page(std::vector<nlohmann::json> items, const Paging& paging, std::string_view key = "id");

}  // namespace guardian::server
