// server/telemetry.h - what the server tells its operator: one JSON line per event on stderr, and numbers for
// Prometheus. Never what was asked for in a query or a body, and no token.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace guardian::server {

enum class Severity { debug, info, warning, error };

/// One answered request.
struct Answered {
  std::string id;
  std::string method;
  std::string route;  ///< the template, not the path: paths hold ids and links
  int status = 0;
  double seconds = 0.0;
  std::uint64_t bytes = 0;  ///< of the answer's body
  std::string caller;       ///< id; empty: a stranger
  std::string address;
};

/// Safe to use from several threads.
class Telemetry {
 public:
  /// `level` as in the configuration. `log_to`: a file to append to; empty: stderr. Errors: storage.
  static Result<std::unique_ptr<Telemetry>> make(const std::string& level, const std::string& log_to = {});
  Telemetry(const Telemetry&) = delete;
  Telemetry& operator=(const Telemetry&) = delete;
  ~Telemetry();

  /// `event`: lower-case words joined by dots, e.g. "worker.died"; `fields` must hold nothing secret.
  void log(Severity severity, std::string_view event, nlohmann::json fields = nlohmann::json::object());
  /// Subject, reason and request of an error.
  void log(const Error& error, std::string_view event, std::string_view request = {});
  /// Logs and counts.
  void answered(const Answered& answered);

  /// A number that is asked for whenever somebody reads the metrics, e.g. the queue's depth. `read` must
  /// outlive the telemetry's use and be quick.
  void add_gauge(const std::string& name, const std::string& help, std::function<double()> read);
  /// Adds to a counter that is made when it is first named.
  void count(const std::string& name, const std::string& help, double by = 1.0);

  /// Prometheus' text format 0.0.4.
  std::string metrics() const;

 private:
  struct Impl;
  explicit Telemetry(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::server
