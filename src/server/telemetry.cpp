#include "server/telemetry.h"

#include <Poco/AutoPtr.h>
#include <Poco/Channel.h>
#include <Poco/ConsoleChannel.h>
#include <Poco/Exception.h>
#include <Poco/Message.h>
#include <Poco/SimpleFileChannel.h>
#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>
#include <map>
#include <mutex>

#include "base/clock.h"
#include "base/text.h"

namespace guardian::server {
namespace {

/// Bounds in seconds; the goal for a GET is 0.05.
const prometheus::Histogram::BucketBoundaries kBounds = {0.001, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                         0.25,  0.5,   1,    2.5,   10,   60};

/// Clients invent methods; a label of Prometheus must not grow with their fantasy.
std::string label_of(const std::string& method) {
  constexpr std::array kMethods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  return std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end() ? method : "other";
}

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::debug:
      return "debug";
    case Severity::info:
      return "info";
    case Severity::warning:
      return "warn";
    case Severity::error:
      return "error";
  }
  return "info";
}

Poco::Message::Priority priority_of(Severity severity) {
  switch (severity) {
    case Severity::debug:
      return Poco::Message::PRIO_DEBUG;
    case Severity::info:
      return Poco::Message::PRIO_INFORMATION;
    case Severity::warning:
      return Poco::Message::PRIO_WARNING;
    case Severity::error:
      return Poco::Message::PRIO_ERROR;
  }
  return Poco::Message::PRIO_INFORMATION;
}

/// The least urgent event that is still written. `level`: checked by the configuration.
Poco::Message::Priority least_of(const std::string& level) {
  if (level == "trace") return Poco::Message::PRIO_TRACE;
  for (const auto severity : {Severity::debug, Severity::warning, Severity::error})
    if (level == name_of(severity)) return priority_of(severity);
  return Poco::Message::PRIO_INFORMATION;
}

}  // namespace

struct Telemetry::Impl {
  Impl(Poco::AutoPtr<Poco::Channel> to, Poco::Message::Priority at_least)
      : channel(std::move(to)),
        least(at_least),
        requests(prometheus::BuildCounter()
                     .Name("guardian_http_requests_total")
                     .Help("Requests answered, by route, method and status")
                     .Register(registry)),
        durations(prometheus::BuildHistogram()
                      .Name("guardian_http_request_duration_seconds")
                      .Help("Time from the last byte of the headers to the last byte of the answer")
                      .Register(registry)) {}

  Poco::AutoPtr<Poco::Channel> channel;
  Poco::Message::Priority least;
  mutable prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests;
  prometheus::Family<prometheus::Histogram>& durations;
  mutable std::mutex mutex;
  std::map<prometheus::Gauge*, std::function<double()>> gauges;
};

Telemetry::Telemetry(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Telemetry::~Telemetry() = default;

Result<std::unique_ptr<Telemetry>> Telemetry::make(const std::string& level, const std::string& log_to) {
  try {
    Poco::AutoPtr<Poco::Channel> channel;
    if (log_to.empty())
      channel = Poco::AutoPtr<Poco::Channel>(new Poco::ConsoleChannel(std::cerr));
    else
      channel = Poco::AutoPtr<Poco::Channel>(new Poco::SimpleFileChannel(log_to));
    channel->open();
    return std::unique_ptr<Telemetry>(
        new Telemetry(std::make_unique<Impl>(std::move(channel), least_of(level))));
  } catch (const Poco::Exception& failure) {
    return fail(Error::Kind::storage, log_to,
                {"ログに書けません", fmt::format("the log cannot be written ({})", failure.displayText())},
                {"場所と権限を確かめてください", "Check the place and its permissions"});
  }
}

void Telemetry::log(Severity severity, std::string_view event, nlohmann::json fields) {
  if (priority_of(severity) > impl_->least) return;
  fields["time"] = format_utc(std::chrono::system_clock::now());
  fields["level"] = name_of(severity);
  fields["event"] = event;
  impl_->channel->log(Poco::Message("guardian",
                                    fields.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                                    priority_of(severity)));
}

void Telemetry::log(const Error& error, std::string_view event, std::string_view request) {
  nlohmann::json fields = {{"subject", printable(error.subject)}, {"reason", error.what.en}};
  if (!request.empty()) fields["request"] = request;
  log(Severity::error, event, std::move(fields));
}

void Telemetry::answered(const Answered& answered) {
  impl_->requests
      .Add({{"method", label_of(answered.method)},
            {"route", answered.route},
            {"status", std::to_string(answered.status)}})
      .Increment();
  impl_->durations.Add({{"route", answered.route}}, kBounds).Observe(answered.seconds);
  nlohmann::json fields = {{"request", answered.id},
                           {"method", answered.method},
                           {"route", answered.route},
                           {"status", answered.status},
                           {"ms", std::round(answered.seconds * 1e6) / 1e3},
                           {"bytes", answered.bytes},
                           {"address", answered.address}};
  if (!answered.caller.empty()) fields["caller"] = answered.caller;
  log(Severity::info, "request", std::move(fields));
}

void Telemetry::add_gauge(const std::string& name, const std::string& help, std::function<double()> read) {
  auto& gauge = prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry).Add({});
  const std::lock_guard lock(impl_->mutex);
  impl_->gauges[&gauge] = std::move(read);
}

void Telemetry::count(const std::string& name, const std::string& help, double by) {
  prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry).Add({}).Increment(by);
}

std::string Telemetry::metrics() const {
  {
    const std::lock_guard lock(impl_->mutex);
    for (const auto& [gauge, read] : impl_->gauges) gauge->Set(read());
  }
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace guardian::server
