// The recordings, their reports, and what is done with them: analyse again, cancel, put first.
#include "archive/recordings.h"

#include <cmath>
#include <memory>
#include <mutex>

#include "archive/queue.h"
#include "archive/workers.h"
#include "report/report_html.h"
#include "report/report_json.h"
#include "server/application.h"
#include "server/routes/job_json.h"
#include "server/routes/readable_report.h"
#include "server/routes/recording_json.h"
#include "server/routes/report_policy.h"
#include "server/routes/routes.h"

namespace guardian::server {
namespace {

using access::Permission;
using nlohmann::json;

// The page's own policy, by hashes, is in its head; a browser obeys both.
constexpr float kWaveformSteps = 1000.0F;

Result<Response> list(Application& application, const Request& request) {
  const auto paging = paging_of(request);
  const auto filter = recording_filter(request, paging);
  const auto recordings = application.database().read([&](store::Transaction& transaction) {
    return archive::list_recordings(transaction, application.keyring(), request.caller(), filter);
  });
  if (!recordings) return tl::unexpected<Error>(recordings.error());
  std::vector<json> items;
  for (const auto& recording : *recordings) items.push_back(recording_json(recording, request));
  return page(std::move(items), paging);
}

Result<archive::Recording> find(Application& application, const Request& request) {
  return application.database().read([&](store::Transaction& transaction) {
    return archive::find_recording(transaction, application.keyring(), request.caller(), request.id_of());
  });
}

access::AuditEntry entry_of(const Request& request, const char* action) {
  return {request.caller().tenant, request.caller().id, action, request.id_of(), "", request.address};
}

/// With what the queue knows of it.
Result<Response> describe(Application& application, const Request& request,
                          const archive::Recording& recording) {
  using Fate = std::pair<std::optional<archive::Job>, std::optional<archive::Outlook>>;
  const auto fate = application.database().read([&](store::Transaction& transaction) -> Result<Fate> {
    const auto& tenant = request.caller().tenant;
    return Fate{application.queue().job_of(transaction, tenant, recording.id),
                application.queue().outlook(transaction, tenant, recording.id)};
  });
  if (!fate) return tl::unexpected<Error>(fate.error());
  auto value = recording_json(recording, request);
  value["job"] = fate->first ? job_json(*fate->first, request.language) : json(nullptr);
  value["outlook"] = fate->second
                         ? json{{"before", fate->second->before}, {"finish_ms", fate->second->finish_ms}}
                         : json(nullptr);
  return json_response(value);
}

Result<Response> show(Application& application, const Request& request) {
  const auto recording = find(application, request);
  if (!recording) return tl::unexpected<Error>(recording.error());
  return describe(application, request, *recording);
}

Result<Response> show_report(Application& application, const Request& request) {
  const auto report = readable_report(application, request, request.id_of());
  if (!report) return tl::unexpected<Error>(report.error());
  return text_response(report::to_json(*report, request.language), "application/json");
}

Result<Response> show_page(Application& application, const Request& request) {
  const auto report = readable_report(application, request, request.id_of());
  if (!report) return tl::unexpected<Error>(report.error());
  return text_response(report::to_html(*report, std::nullopt), "text/html; charset=utf-8");
}

/// Heights in thousandths of full scale, lowest and highest of each slice in turn. What was said cannot be
/// told from it, so that looking at it is not listening.
Result<Response> show_waveform(Application& application, const Request& request) {
  const auto recording = find(application, request);
  if (!recording) return tl::unexpected<Error>(recording.error());
  if (!recording->report) return no_report_yet(recording->id);
  const auto report = archive::read_report(application.objects(), application.keyring(),
                                           request.caller().tenant, *recording->report);
  if (!report) return tl::unexpected<Error>(report.error());
  json channels = json::array();
  for (const auto& slices : report->recording.peaks) {
    json heights = json::array();
    for (const auto& [low, high] : slices)
      for (const float height : {low, high}) heights.push_back(std::lround(height * kWaveformSteps));
    channels.push_back(std::move(heights));
  }
  return json_response({{"duration_s", report->recording.duration_s}, {"channels", std::move(channels)}});
}

/// A change of the queue, noted in the same unit of work; the recording is within the caller's reach.
template <class Change>
Result<void> change(Application& application, const Request& request, const char* action, const Change& how) {
  return application.database().write([&](store::Transaction& transaction) -> Result<void> {
    const auto recording =
        archive::find_recording(transaction, application.keyring(), request.caller(), request.id_of());
    if (!recording) return tl::unexpected<Error>(recording.error());
    application.audit().add(transaction, entry_of(request, action));
    return how(transaction, request.caller().tenant, recording->id);
  });
}

/// Everybody who has the list open sees it move, not only who moved it.
Result<Response> show_and_tell(Application& application, const Request& request) {
  const auto recording = find(application, request);
  if (!recording) return tl::unexpected<Error>(recording.error());
  application.progress().publish({recording->tenant, "", recording->id, recording->employee, recording->group,
                                  archive::Pass::full, std::string(archive::name_of(recording->state)), 0.0});
  return describe(application, request, *recording);
}

Result<Response> analyse(Application& application, const Request& request) {
  auto changed = change(application, request, "recording.analyse",
                        [&](auto& transaction, const auto& tenant, const auto& id) -> Result<void> {
                          const auto job = application.queue().enqueue(transaction, tenant, id);
                          if (!job) return tl::unexpected<Error>(job.error());
                          return {};
                        });
  if (!changed) return tl::unexpected<Error>(changed.error());
  application.wake_workers();
  auto response = show_and_tell(application, request);
  if (response) response->status = 202;
  return response;
}

Result<Response> cancel(Application& application, const Request& request) {
  auto changed = change(application, request, "recording.cancel",
                        [&](auto& transaction, const auto& tenant, const auto& id) {
                          return application.queue().cancel(transaction, tenant, id);
                        });
  if (!changed) return tl::unexpected<Error>(changed.error());
  return show_and_tell(application, request);
}

Result<Response> set_priority(Application& application, const Request& request) {
  const JsonFields fields(request.json, {"priority"});
  const auto priority = static_cast<int>(
      fields.integer("priority", -archive::Queue::kHighestPriority, archive::Queue::kHighestPriority));
  auto changed = change(application, request, "recording.prioritise",
                        [&](auto& transaction, const auto& tenant, const auto& id) {
                          return application.queue().set_priority(transaction, tenant, id, priority);
                        });
  if (!changed) return tl::unexpected<Error>(changed.error());
  return show(application, request);
}

}  // namespace

std::vector<Route> routes_of_recordings(Application& application) {
  const auto with = [&application](auto* handle) {
    return [&application, handle](const Request& request) { return handle(application, request); };
  };
  const auto changing = Access::any_of({Permission::upload, Permission::review});
  return {
      {"GET", "/api/v1/recordings", Permission::read_recordings, with(list), {.query = recording_filters()}},
      {"GET", "/api/v1/recordings/{id}", Permission::read_recordings, with(show)},
      {"GET", "/api/v1/recordings/{id}/report", Permission::read_recordings, with(show_report)},
      {"GET",
       "/api/v1/recordings/{id}/report.html",
       Permission::read_recordings,
       with(show_page),
       {.content_security_policy = kReportPolicy}},
      {"GET", "/api/v1/recordings/{id}/waveform", Permission::read_recordings, with(show_waveform)},
      {"POST", "/api/v1/recordings/{id}/analyse", changing, with(analyse)},
      {"POST", "/api/v1/recordings/{id}/cancel", changing, with(cancel)},
      {"PUT", "/api/v1/recordings/{id}/priority", changing, with(set_priority), {.body = Body::json}},
  };
}

}  // namespace guardian::server
