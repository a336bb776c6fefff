// Cases: what was found and who looks after it. And from when on a dealing is one.
#include "casework/cases.h"

#include "casework/counterpart_record.h"
#include "casework/settings.h"
#include "report/names.h"
#include "server/application.h"
#include "server/routes/routes.h"

namespace guardian::server {
namespace {

using access::Permission;
using nlohmann::json;

constexpr std::size_t kWordsBytes = 16000;  // 4000 characters

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }

json as_json(const casework::Gravity& gravity) {
  return {
      {"score", gravity.score}, {"band", report::band_id(gravity.band)}, {"categories", gravity.categories}};
}

json as_json(const casework::Case& one) {
  return {{"id", one.id},
          {"recording", one.recording},
          {"group", or_null(one.group)},
          {"employee", or_null(one.employee)},
          {"occurred_ms", one.occurred_ms},
          {"opened_ms", one.opened_ms},
          {"at_opening", as_json(one.at_opening)},
          {"now", as_json(one.now)},
          {"state", casework::name_of(one.state)},
          {"escalation", one.escalation},
          {"owner", or_null(one.owner)},
          {"owner_name", or_null(one.owner_name)},
          {"due_ms", or_null(one.due_ms)},
          {"noticed_ms", or_null(one.noticed_ms)},
          {"acknowledged_ms", or_null(one.acknowledged_ms)},
          {"acknowledged_by", or_null(one.acknowledged_by)},
          {"acknowledged_name", or_null(one.acknowledged_name)},
          {"waited_ms", or_null(one.waited_ms)},
          {"closed_ms", or_null(one.closed_ms)},
          {"closed_reason", or_null(one.closed_reason)}};
}

Result<Response> whole(const Result<casework::Case>& one) {
  if (!one) return tl::unexpected<Error>(one.error());
  auto value = as_json(*one);
  value["earlier"] = one->earlier;
  auto& history = value["history"] = json::array();
  for (const auto& event : one->history)
    history.push_back({{"at_ms", event.at_ms},
                       {"kind", event.kind},
                       {"actor", event.actor},
                       {"name", event.name},
                       {"note", event.note}});
  auto& aftercare = value["aftercare"] = json::array();
  for (const auto& step : one->aftercare)
    aftercare.push_back({{"step", step.step}, {"done_ms", step.done_ms}, {"name", step.name}});
  auto response = json_response(value);
  response.etag = etag_of(one->id + " " + std::to_string(one->version));
  return response;
}

Result<Response> list(Application& application, const Request& request) {
  const auto paging = paging_of(request);
  casework::CaseFilter filter;
  if (const auto state = request.word("state", {"open", "acknowledged", "working", "closed"}))
    filter.state = casework::state_named(*state);
  filter.group = request.query("group");
  filter.owner = request.query("owner");
  filter.category = request.query("category");
  filter.minimum_score = static_cast<int>(request.number("score", 0, 100).value_or(0));
  filter.after = paging.after;
  filter.limit = paging.rows();
  const auto cases = application.case_desk().cases().list(request.caller(), filter);
  if (!cases) return tl::unexpected<Error>(cases.error());
  std::vector<json> items;
  for (const auto& one : *cases) items.push_back(as_json(one));
  return page(std::move(items), paging);
}

Result<Response> show(Application& application, const Request& request) {
  return whole(application.case_desk().cases().get(request.caller(), request.id_of()));
}

Result<Response> acknowledge(Application& application, const Request& request) {
  return whole(application.case_desk().cases().acknowledge(request.caller(), request.id_of()));
}

Result<Response> assign(Application& application, const Request& request) {
  const auto user = JsonFields(request.json, {"user"}).id("user");
  return whole(application.case_desk().cases().assign(request.caller(), request.id_of(), user));
}

Result<Response> release(Application& application, const Request& request) {
  return whole(application.case_desk().cases().release(request.caller(), request.id_of()));
}

Result<Response> list_owners(Application& application, const Request& request) {
  const auto users = application.case_desk().cases().possible_owners(request.caller(), request.id_of());
  if (!users) return tl::unexpected<Error>(users.error());
  json items = json::array();
  for (const auto& user : *users) items.push_back({{"id", user.id}, {"name", user.name}});
  return json_response({{"items", std::move(items)}, {"next", nullptr}});
}

Result<Response> escalate(Application& application, const Request& request) {
  const JsonFields fields(request.json, {"level", "reason"});
  const auto level = static_cast<int>(fields.integer("level", 0, casework::kHighestLevel));
  return whole(application.case_desk().cases().escalate(request.caller(), request.id_of(), level,
                                                        fields.text("reason", kWordsBytes)));
}

Result<Response> set_due(Application& application, const Request& request) {
  const auto due_ms = JsonFields(request.json, {"due_ms"}).integer_if("due_ms", 0, casework::kLatestDue_ms);
  return whole(application.case_desk().cases().set_due(request.caller(), request.id_of(), due_ms));
}

Result<Response> aftercare(Application& application, const Request& request) {
  const bool done = JsonFields(request.json, {"done"}).truth("done");
  return whole(application.case_desk().cases().note_aftercare(request.caller(), request.id_of(),
                                                              request.path_value("step"), done));
}

Result<Response> show_counterpart(Application& application, const Request& request) {
  const auto& by = request.caller();
  if (auto noted = application.audit().note(
          {by.tenant, by.id, "counterpart.read", request.id_of(), "", request.address});
      !noted)
    return tl::unexpected<Error>(noted.error());
  const auto record = application.database().read(
      [&](store::Transaction& t) { return casework::counterpart_record(t, by, request.id_of()); });
  if (!record) return tl::unexpected<Error>(record.error());
  json dealings = json::array();
  for (const auto& one : record->dealings)
    dealings.push_back({{"recording", one.recording},
                        {"case", or_null(one.case_id)},
                        {"occurred_ms", one.occurred_ms},
                        {"duration_s", one.duration_s},
                        {"score", one.score},
                        {"band", one.band},
                        {"categories", one.categories}});
  json months = json::array();
  for (const auto& [month, sum] : record->months)
    months.push_back({{"month", month}, {"dealings", sum.dealings}, {"duration_s", sum.duration_s}});
  json repeated = json::array();
  for (const auto& [category, count] : record->repeated)
    repeated.push_back({{"category", category}, {"dealings", count}});
  return json_response({{"dealings", std::move(dealings)},
                        {"months", std::move(months)},
                        {"repeated", std::move(repeated)},
                        {"duration_s", record->duration_s}});
}

Result<Response> note(Application& application, const Request& request) {
  const auto text = JsonFields(request.json, {"text"}).text("text", kWordsBytes);
  return whole(application.case_desk().cases().note(request.caller(), request.id_of(), text));
}

Result<Response> close(Application& application, const Request& request) {
  const auto reason = JsonFields(request.json, {"reason"}).text("reason", kWordsBytes);
  return whole(application.case_desk().cases().close(request.caller(), request.id_of(), reason));
}

Result<Response> reopen(Application& application, const Request& request) {
  const auto reason = JsonFields(request.json, {"reason"}).text("reason", kWordsBytes);
  return whole(application.case_desk().cases().reopen(request.caller(), request.id_of(), reason));
}

Result<Response> show_settings(Application& application, const Request& request) {
  return application.database().read([&](store::Transaction& t) -> Result<Response> {
    const auto settings = casework::settings_of(t, request.caller().tenant);
    return json_response(
        {{"opened_from", report::band_id(settings.opened_from)}, {"link_hours", settings.link_hours}});
  });
}

Result<Response> change_settings(Application& application, const Request& request) {
  const JsonFields fields(request.json, {"opened_from", "link_hours"});
  const auto name = fields.text("opened_from", 20);
  const auto band = casework::band_named(name);
  if (report::band_id(band) != name || band == judgement::Band::none)
    throw_bad_request("opened_from", {"notice、caution、high、emergency のどれかです",
                                      "it must be notice, caution, high or emergency"});
  const auto hours = static_cast<int>(fields.integer("link_hours", 1, 720));
  if (auto done = casework::change_settings(application.database(), application.audit(), request.caller(),
                                            {band, hours});
      !done)
    return tl::unexpected<Error>(done.error());
  return no_content();
}

}  // namespace

std::vector<Route> routes_of_cases(Application& application) {
  const auto with = [&](auto work) {
    return [&application, work](const Request& request) { return work(application, request); };
  };
  const RouteOptions body{.body = Body::json};
  return {
      {"GET",
       "/api/v1/cases",
       Permission::work_cases,
       with(list),
       {.query = {"state", "group", "owner", "category", "score", "limit", "after"}}},
      {"GET", "/api/v1/cases/{id}", Permission::work_cases, with(show)},
      {"POST", "/api/v1/cases/{id}/acknowledge", Permission::work_cases, with(acknowledge)},
      {"POST", "/api/v1/cases/{id}/assign", Permission::work_cases, with(assign), body},
      {"POST", "/api/v1/cases/{id}/release", Permission::work_cases, with(release)},
      {"GET", "/api/v1/cases/{id}/owners", Permission::work_cases, with(list_owners)},
      {"POST", "/api/v1/cases/{id}/escalation", Permission::work_cases, with(escalate), body},
      {"PUT", "/api/v1/cases/{id}/due", Permission::work_cases, with(set_due), body},
      {"PUT", "/api/v1/cases/{id}/aftercare/{step}", Permission::work_cases, with(aftercare), body},
      {"GET", "/api/v1/cases/{id}/counterpart", Permission::work_cases, with(show_counterpart)},
      {"POST", "/api/v1/cases/{id}/notes", Permission::work_cases, with(note), body},
      {"POST", "/api/v1/cases/{id}/close", Permission::work_cases, with(close), body},
      {"POST", "/api/v1/cases/{id}/reopen", Permission::work_cases, with(reopen), body},
      {"GET", "/api/v1/case-settings", Access::any_of({Permission::manage_settings, Permission::work_cases}),
       with(show_settings)},
      {"PUT", "/api/v1/case-settings", Permission::manage_settings, with(change_settings), body},
  };
}

}  // namespace guardian::server
