// Analysed minutes: the account, the plan, what may go over it, and whose calendar counts.
#include <fmt/format.h>

#include <cmath>

#include "access/tenant_calendar.h"
#include "base/clock.h"
#include "server/application.h"
#include "server/routes/routes.h"
#include "usage/metering.h"

namespace guardian::server {
namespace {

using access::Permission;
using nlohmann::json;

constexpr double kSecondsPerMinute = 60.0;
constexpr std::int64_t kMostBytes = 1LL << 50;

/// Minutes for people, to a tenth; seconds are what counts.
double in_minutes(std::int64_t seconds) {
  return std::round(static_cast<double>(seconds) / kSecondsPerMinute * 10.0) / 10.0;
}

json amount(std::int64_t seconds) { return {{"seconds", seconds}, {"minutes", in_minutes(seconds)}}; }

json as_json(const usage::Allowance& allowance) {
  return {{"id", allowance.id},
          {"month", format_month(allowance.month)},
          {"minutes", allowance.minutes},
          {"granted_by", allowance.granted_by},
          {"granted_ms", allowance.at_ms},
          {"until_ms", allowance.until_ms}};
}

json as_json(const usage::Balance& balance) {
  return {{"month", format_month(balance.month)},
          {"plan", amount(balance.plan_s)},
          {"allowed", amount(balance.allowed_s)},
          {"used", amount(balance.used_s)},
          {"free",
           {{"silence", amount(balance.free_silence_s)},
            {"duplicate", amount(balance.free_duplicate_s)},
            {"analysed_again", amount(balance.free_again_s)}}},
          {"begun", amount(balance.begun_s)},
          {"remaining", amount(balance.remaining_s)},
          {"forecast", amount(balance.forecast_s)},
          {"recordings", balance.recordings},
          {"ends_ms", balance.ends_ms}};
}

std::optional<Month> month_in(const Request& request) {
  const auto text = request.query("month");
  if (!text) return std::nullopt;
  const auto month = parse_month(*text);
  if (!month) throw_bad_request("month", {"2026-11 のように書いてください", "write it like 2026-11"});
  return month;
}

Result<Response> show_usage(Application& application, const Request& request) {
  const auto month = month_in(request);
  const auto& tenant = request.caller().tenant;
  return application.database().read([&](store::Transaction& t) -> Result<Response> {
    const auto balance = application.metering().balance(t, tenant, month);
    if (!balance) return tl::unexpected<Error>(balance.error());
    json value = as_json(*balance);
    value["allowances"] = json::array();
    for (const auto& one : application.metering().allowances(t, tenant, balance->month))
      value["allowances"].push_back(as_json(one));
    return json_response(value);
  });
}

Result<Response> export_usage(Application& application, const Request& request) {
  const auto month = month_in(request);
  if (!month) throw_bad_request("month", {"月を選んでください", "choose a month"});
  const bool excel = request.word("for", {"excel", "program"}).value_or("excel") == "excel";
  return application.database()
      .read([&](store::Transaction& t) {
        return application.metering().export_csv(t, request.caller().tenant, *month,
                                                 {excel, request.language});
      })
      .map([&](std::string csv) {
        auto response = text_response(std::move(csv), "text/csv; charset=utf-8; header=present");
        name_download(response, fmt::format("usage-{}.csv", format_month(*month)));
        return response;
      });
}

Result<Response> estimate_upload(Application& application, const Request& request) {
  const JsonFields fields(request.json, {"duration_s", "bytes", "type"});
  usage::Upload upload;
  if (fields.has("duration_s")) {
    const auto& duration = fields.value("duration_s");
    if (!duration.is_number()) throw_bad_request("duration_s", {"数にしてください", "it must be a number"});
    upload.duration_s = duration.get<double>();
  }
  upload.bytes = static_cast<std::uint64_t>(fields.integer_if("bytes", 0, kMostBytes).value_or(0));
  upload.type = fields.text_if("type", 100).value_or("");
  const auto estimate = usage::estimate(upload);
  if (!estimate) return tl::unexpected<Error>(estimate.error());
  return application.database().read([&](store::Transaction& t) -> Result<Response> {
    const auto left_s = application.metering().releasable(t, request.caller().tenant);
    if (!left_s) return tl::unexpected<Error>(left_s.error());
    return json_response({{"estimate", amount(estimate->seconds)},
                          {"guessed", estimate->guessed},
                          {"basis", estimate->basis.in(request.language)},
                          {"remaining", amount(*left_s)},
                          {"would_wait", estimate->seconds > *left_s}});
  });
}

/// A change that may bring minutes: what was held for want of them goes on.
template <class Change>
Result<Response> change_minutes(Application& application, const Request& request, const Change& change) {
  auto response = application.database().write([&](store::Transaction& t) -> Result<Response> {
    auto changed = change(t);
    if (!changed) return changed;
    const auto released = application.metering_gate().release(t, request.caller().tenant);
    if (!released) return tl::unexpected<Error>(released.error());
    return changed;
  });
  if (response) application.wake_workers();
  return response;
}

Result<Response> set_plan(Application& application, const Request& request) {
  const auto minutes =
      JsonFields(request.json, {"minutes"}).integer("minutes", 0, usage::kLargestPlanMinutes);
  return change_minutes(application, request, [&](store::Transaction& t) -> Result<Response> {
    if (auto done = application.metering().set_plan(t, request.caller(), minutes); !done)
      return tl::unexpected<Error>(done.error());
    return no_content();
  });
}

Result<Response> allow_more(Application& application, const Request& request) {
  const JsonFields fields(request.json, {"minutes", "until_ms"});
  const auto minutes = fields.integer("minutes", 1, usage::kLargestPlanMinutes);
  const auto until_ms = fields.integer_if("until_ms", 0, 1LL << 52);
  return change_minutes(application, request, [&](store::Transaction& t) -> Result<Response> {
    const auto allowance = application.metering().allow(t, request.caller(), minutes, until_ms);
    if (!allowance) return tl::unexpected<Error>(allowance.error());
    return json_response(as_json(*allowance), 201);
  });
}

Result<Response> show_calendar(Application& application, const Request& request) {
  return application.database().read([&](store::Transaction& t) -> Result<Response> {
    const auto zone = access::time_zone_of(t, request.caller().tenant);
    if (!zone) return tl::unexpected<Error>(zone.error());
    return json_response({{"time_zone", zone->name()}, {"today", format_day(zone->day_at(now_ms()))}});
  });
}

Result<Response> set_calendar(Application& application, const Request& request) {
  const auto name = JsonFields(request.json, {"time_zone"}).text("time_zone", 100);
  return application.database().write([&](store::Transaction& t) -> Result<Response> {
    if (auto done = access::set_time_zone(t, application.audit(), request.caller(), name); !done)
      return tl::unexpected<Error>(done.error());
    return no_content();
  });
}

}  // namespace

std::vector<Route> routes_of_usage(Application& application) {
  const auto with = [&](auto work) {
    return [&application, work](const Request& request) { return work(application, request); };
  };
  const RouteOptions body{.body = Body::json};
  return {
      {"GET", "/api/v1/usage", Permission::read_usage, with(show_usage), {.query = {"month"}}},
      {"GET",
       "/api/v1/usage/export",
       Permission::read_usage,
       with(export_usage),
       {.query = {"month", "for"}}},
      {"POST", "/api/v1/usage/estimate", Access::any_of({Permission::upload, Permission::read_usage}),
       with(estimate_upload), body},
      {"PUT", "/api/v1/usage/plan", Permission::manage_usage, with(set_plan), body},
      {"POST", "/api/v1/usage/allowances", Permission::manage_usage, with(allow_more), body},
      {"GET", "/api/v1/calendar", Access::signed_in(), with(show_calendar)},
      {"PUT", "/api/v1/calendar", Permission::manage_settings, with(set_calendar), body},
  };
}

}  // namespace guardian::server
