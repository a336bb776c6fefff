// server/http_server.h - talks HTTP/1.1 on one port: takes connections, a thread each, reads headers within
// their limits, lets the dispatcher answer, and sends. Poco::Net does sockets, TLS and threads.
// What hurts servers is met here: headers that dribble, bodies that never come, readers that never read,
// requests that could be understood in two ways.
#pragma once

#include <memory>

#include "base/result.h"
#include "server/application.h"

namespace guardian::server {

class HttpServer {
 public:
  /// Listens, and answers by `routes`, which are usually `application.routes()`. The application must
  /// outlive it. Errors: network (the port is taken),
  /// damaged (certificate), usage (routes).
  static Result<std::unique_ptr<HttpServer>> start(Application& application, std::vector<Route> routes);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();  ///< stops

  int port() const;

  /// No new requests; streams of events end; running requests may finish within limits.shutdown_s, then they
  /// are cut. Returns how many were.
  int stop();

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::server
