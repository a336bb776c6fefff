// What a stretch of time shows, and what could be done about it. Counts and shares, never of one employee.
#include <cmath>

#include "access/tenant_calendar.h"
#include "guidance/playbook.h"
#include "insights/picture.h"
#include "server/application.h"
#include "server/routes/group_names.h"
#include "server/routes/routes.h"
#include "server/routes/shared_playbook.h"

namespace guardian::server {
namespace {

using access::Permission;
using insights::Count;
using nlohmann::json;

constexpr int kUsualDays = 90;
constexpr int kMostDays = 731;

json as_json(const Count& count) {
  const bool few = count.recordings < insights::kFew;
  return {{"recordings", count.recordings},
          {"suspected", count.suspected},
          {"minutes", std::round(count.minutes * 10.0) / 10.0},
          {"categories", count.categories},
          {"share",
           few ? json(nullptr) : json(std::round(1000.0 * count.suspected / count.recordings) / 1000.0)}};
}

json named(const char* key, const json& name, const Count& count) {
  auto value = as_json(count);
  value[key] = name;
  return value;
}

/// By category, the commonest first, with what makes it rarer and where it was gravest.
json categories_of(const insights::Picture& picture, const guidance::Playbook& playbook, Language language) {
  std::vector<std::pair<std::string, insights::CategoryPicture>> all(picture.categories.begin(),
                                                                     picture.categories.end());
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.second.recordings > b.second.recordings; });
  json list = json::array();
  for (const auto& [category, one] : all) {
    const auto* card = playbook.card(category);
    json places = json::array();
    for (const auto& place : one.gravest)
      places.push_back({{"recording", place.recording},
                        {"start_s", place.start_s ? json(*place.start_s) : json(nullptr)}});
    list.push_back({{"category", category},
                    {"recordings", one.recordings},
                    {"gravest", std::move(places)},
                    {"prevent", card == nullptr ? json(nullptr) : json(card->prevent.in(language))}});
  }
  return list;
}

json lead_ups_of(const insights::Picture& picture) {
  json counts = json::object();
  for (const auto& [lead_up, count] : picture.lead_ups)
    counts[std::string(insights::name_of(lead_up))] = count;
  return counts;
}

/// Cells of a picture by `key`; "" has no name.
json cells(const char* key, const std::map<std::string, Count>& counts) {
  json list = json::array();
  for (const auto& [name, count] : counts)
    list.push_back(named(key, name.empty() ? json(nullptr) : json(name), count));
  return list;
}

using GroupNames = std::map<std::string, std::string>;

json groups_of(const insights::Picture& picture, const GroupNames& groups) {
  json list = json::array();
  for (const auto& [id, count] : picture.groups) {
    const auto name = groups.find(id);
    auto cell = named("group", name == groups.end() ? json(nullptr) : json(name->second), count);
    cell["id"] = id.empty() ? json(nullptr) : json(id);
    list.push_back(std::move(cell));
  }
  return list;
}

json body_of(const insights::Picture& picture, const guidance::Playbook& playbook, const GroupNames& groups,
             Language language) {
  json hours = json::array();
  for (std::size_t i = 0; i < picture.hours.size(); ++i)
    hours.push_back(named("hour", i, picture.hours.at(i)));
  json weekdays = json::array();
  for (std::size_t i = 0; i < picture.weekdays.size(); ++i)
    weekdays.push_back(named("weekday", i + 1, picture.weekdays.at(i)));
  return {{"all", as_json(picture.all)},
          {"few", insights::kFew},
          {"complete", picture.complete},
          {"categories", categories_of(picture, playbook, language)},
          {"lead_ups", lead_ups_of(picture)},
          {"hours", std::move(hours)},
          {"weekdays", std::move(weekdays)},
          {"months", cells("month", picture.months)},
          {"groups", groups_of(picture, groups)},
          {"directions", cells("direction", picture.directions)},
          {"products", cells("product", picture.products)}};
}

Result<Response> show(Application& application, const Request& request) {
  const auto& playbook = shared_playbook();
  if (!playbook) return tl::unexpected<Error>(playbook.error());
  const auto& by = request.caller();
  if (auto noted = application.audit().note({by.tenant, by.id, "insights.read", "", "", request.address});
      !noted)
    return tl::unexpected<Error>(noted.error());
  const auto groups = group_names(application, by.tenant);
  if (!groups) return tl::unexpected<Error>(groups.error());
  return application.database().read([&](store::Transaction& t) -> Result<Response> {
    const auto zone = access::time_zone_of(t, by.tenant);
    if (!zone) return tl::unexpected<Error>(zone.error());
    const auto last = request.day("to").value_or(zone->day_at(now_ms()));
    const auto first = request.day("from").value_or(last - std::chrono::days(kUsualDays - 1));
    if (first > last || last - first > std::chrono::days(kMostDays))
      throw_bad_request(
          "from", {"to より前で、2 年以内にしてください", "must lie before `to`, by two years at most"});
    const insights::Period period{zone->start_of(first), zone->start_of(last + std::chrono::days(1)),
                                  request.query("group")};
    const auto picture = insights::picture_of(t, by, period);
    if (!picture) return tl::unexpected<Error>(picture.error());
    auto body = body_of(*picture, *playbook, *groups, request.language);
    body["from"] = format_day(first);
    body["to"] = format_day(last);
    return json_response(body);
  });
}

}  // namespace

std::vector<Route> routes_of_insights(Application& application) {
  return {{"GET",
           "/api/v1/insights",
           Permission::work_cases,
           [&application](const Request& request) { return show(application, request); },
           {.query = {"from", "to", "group"}}}};
}

}  // namespace guardian::server
