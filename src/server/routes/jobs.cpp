// What is waiting and running, and a stream of what happens to it.
#include "archive/progress.h"
#include "archive/queue.h"
#include "server/application.h"
#include "server/routes/job_json.h"
#include "server/routes/routes.h"

namespace guardian::server {
namespace {

using access::Permission;
using nlohmann::json;

Result<Response> list(Application& application, const Request& request) {
  const auto paging = paging_of(request);
  const archive::JobFilter filter{
      request.word("state", {"waiting", "held", "running", "done", "dead", "cancelled"}), paging.after,
      paging.rows()};
  const auto jobs =
      application.database().read([&](store::Transaction& transaction) -> Result<std::vector<archive::Job>> {
        return application.queue().list(transaction, request.caller(), filter);
      });
  if (!jobs) return tl::unexpected<Error>(jobs.error());
  std::vector<json> items;
  for (const auto& job : *jobs) items.push_back(job_json(job, request.language));
  return page(std::move(items), paging);
}

/// The same rule as archive::within_reach, for what is not asked of the store.
bool may_know(const access::Caller& caller, const archive::ProgressEvent& event) {
  if (event.tenant != caller.tenant) return false;
  switch (caller.reach) {
    case access::Reach::tenant:
      return true;
    case access::Reach::group:
      return caller.group && event.group == caller.group;
    case access::Reach::own:
      return caller.employee && event.employee == caller.employee;
    case access::Reach::none:
      break;
  }
  return false;
}

json as_json(const archive::ProgressEvent& event) {
  return {{"job", event.job},
          {"recording", event.recording},
          {"pass", archive::name_of(event.pass)},
          {"state", event.state},
          {"progress", event.share}};
}

constexpr int kBetweenLooks_ms = 200;

/// "progress" with each event; "missed" when the listener fell behind and should read the lists again.
Result<Response> events(Application& application, const Request& request) {
  const auto subscription = application.progress().subscribe(
      [caller = request.caller()](const archive::ProgressEvent& event) { return may_know(caller, event); });
  Response response;
  response.body = EventStream{[subscription](EventSink& sink) {
    for (;;) {
      while (const auto event = subscription->next(std::chrono::milliseconds(0)))
        if (!sink.send("progress", as_json(*event))) return;
      if (subscription->missed() && !sink.send("missed", json::object())) return;
      if (!sink.pause(kBetweenLooks_ms)) return;
    }
  }};
  return response;
}

}  // namespace

std::vector<Route> routes_of_jobs(Application& application) {
  return {{"GET",
           "/api/v1/jobs",
           Permission::read_recordings,
           [&application](const Request& request) { return list(application, request); },
           {.query = {"limit", "after", "state"}}},
          {"GET", "/api/v1/events", Permission::read_recordings,
           [&application](const Request& request) { return events(application, request); }}};
}

}  // namespace guardian::server
