// The load of dealing with customers: everything for the employee concerned, bands of a group for its
// manager. Reading one's own load leaves no trace in the audit log: how often somebody looks is nobody's
// business.
#include "wellbeing/load.h"

#include <cmath>

#include "load/group_picture.h"
#include "load/load_ledger.h"
#include "server/application.h"
#include "server/routes/routes.h"

namespace guardian::server {
namespace {

using access::Permission;
using nlohmann::json;
using std::chrono::days;

constexpr int kUsualDays = 28;
constexpr std::size_t kReasonBytes = 4000;

double rounded(double value) { return std::round(value * 1000.0) / 1000.0; }

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json as_json(const load::OwnDay& own, Language language) {
  const auto& day = own.load;
  json warnings = json::array();
  for (const auto& warning : day.warnings)
    warnings.push_back({{"kind", wellbeing::name_of(warning.kind)}, {"text", warning.text.in(language)}});
  return {{"day", format_day(day.day)},
          {"calls", day.calls},
          {"findings", day.findings},
          {"added", rounded(day.added)},
          {"load", rounded(day.load)},
          {"index", day.index},
          {"band", wellbeing::name_of(day.band)},
          {"baseline_index", day.baseline ? json(wellbeing::load_index(*day.baseline)) : json(nullptr)},
          {"recovery_days", day.recovery_days},
          {"days_to_green", day.days_to_green},
          {"warnings", warnings},
          {"answers",
           {{"exhausted", or_null(own.answers.exhausted)},
            {"afraid", or_null(own.answers.afraid)},
            {"could_stop", or_null(own.answers.could_stop)}}}};
}

json as_json(const wellbeing::LoadShare& share, Language language) {
  const auto& part = share.part;
  return {{"recording", part.recording},      {"finding", part.finding},
          {"category", part.category},        {"label", part.label.in(language)},
          {"day", format_day(share.day)},     {"severity", part.severity},
          {"minutes", rounded(part.minutes)}, {"persistence", part.persistence},
          {"value", rounded(part.value)},     {"weight", part.weight},
          {"counted", part.counted},          {"age_days", share.age_days},
          {"decay", rounded(share.decay)},    {"left", rounded(share.left)}};
}

json as_json(const load::Dispute& dispute) {
  return {{"id", dispute.id},
          {"employee", dispute.employee},
          {"recording", dispute.recording},
          {"category", dispute.category},
          {"reason", dispute.reason},
          {"state", dispute.state},
          {"raised_ms", dispute.raised_ms},
          {"decided_ms", or_null(dispute.decided_ms)}};
}

json as_json(const load::GroupView& view) {
  json pictures = json::array();
  for (const auto& picture : view.pictures)
    pictures.push_back(
        {{"day", format_day(picture.day)},
         {"people", picture.people()},
         {"green", picture.green},
         {"yellow", or_null(picture.yellow)},
         {"red", picture.yellow ? json(picture.yellow_or_red - *picture.yellow) : json(nullptr)},
         {"yellow_or_red", picture.yellow_or_red}});
  return {{"group", view.group}, {"name", view.name}, {"pictures", pictures}};
}

json questions(Language language) {
  json list = json::array();
  for (const auto& [key, text] :
       {std::pair{"exhausted", Text{"今日の対応で気持ちがすり減った", "Today's dealings have drained me"}},
        std::pair{"afraid", Text{"怖いと感じた", "I felt fear"}},
        std::pair{"could_stop",
                  Text{"必要なときに対応を切り上げられた", "I could end a dealing when I needed to"}}})
    list.push_back({{"key", key}, {"text", text.in(language)}, {"least", 1}, {"most", 4}});
  return list;
}

const Text& what_managers_see() {
  static const Text text = {
      "管理者に見えるのは、5 人以上のグループの帯ごとの人数だけで、1 "
      "日以上遅れて表示されます。あなた個人の数値、"
      "3 つの質問への回答は誰にも見えません。",
      "A manager sees only how many people of a group of five or more are in each band, at least a day "
      "later. Nobody "
      "sees your own figures or your answers to the three questions."};
  return text;
}

Result<Response> show_own(Application& application, const Request& request) {
  const auto first = request.day("from");
  const auto last = request.day("to");
  auto& ledger = application.load_ledger();
  return application.database().read([&](store::Transaction& t) -> Result<Response> {
    const auto today = load::today_of(t, request.caller().tenant, ledger.now());
    if (!today) return tl::unexpected<Error>(today.error());
    const auto end = last.value_or(*today);
    const auto own = ledger.own_days(t, request.caller(), first.value_or(end - days(kUsualDays - 1)), end);
    if (!own) return tl::unexpected<Error>(own.error());
    json list = json::array();
    for (const auto& day : *own) list.push_back(as_json(day, request.language));
    json ahead = json::array();
    if (!own->empty())
      for (const int index : wellbeing::foretell_recovery(own->back().load.load, ledger.options()))
        ahead.push_back({{"index", index}, {"band", wellbeing::name_of(wellbeing::band_of(index))}});
    return json_response({{"statement", wellbeing::load_statement().in(request.language)},
                          {"recovery", ahead},
                          {"managers_see", what_managers_see().in(request.language)},
                          {"questions", questions(request.language)},
                          {"half_life_days", ledger.options().half_life_days},
                          {"days", list}});
  });
}

Result<Response> explain_day(Application& application, const Request& request) {
  const auto day = day_named(request.path_value("day"), "day");
  auto& ledger = application.load_ledger();
  return application.database().read([&](store::Transaction& t) -> Result<Response> {
    const auto shares = ledger.explain(t, request.caller(), day);
    if (!shares) return tl::unexpected<Error>(shares.error());
    double load = 0.0;
    json list = json::array();
    for (const auto& share : *shares) {
      load += share.left;
      list.push_back(as_json(share, request.language));
    }
    const int index = wellbeing::load_index(load);
    return json_response({{"statement", wellbeing::load_statement().in(request.language)},
                          {"day", format_day(day)},
                          {"load", rounded(load)},
                          {"index", index},
                          {"band", wellbeing::name_of(wellbeing::band_of(index))},
                          {"half_life_days", ledger.options().half_life_days},
                          {"shares", list}});
  });
}

Result<Response> answer_day(Application& application, const Request& request) {
  const auto day = day_named(request.path_value("day"), "day");
  const JsonFields fields(request.json, {"exhausted", "afraid", "could_stop"});
  const auto one = [&](const char* key) -> std::optional<int> {
    const auto value = fields.integer_if(key, 1, 4);
    if (!value) return std::nullopt;
    return static_cast<int>(*value);
  };
  const load::Answers answers{one("exhausted"), one("afraid"), one("could_stop")};
  return application.database().write([&](store::Transaction& t) -> Result<Response> {
    if (auto done = application.load_ledger().answer(t, request.caller(), day, answers); !done)
      return tl::unexpected<Error>(done.error());
    return no_content();
  });
}

Result<Response> list_own_disputes(Application& application, const Request& request) {
  return application.database().read([&](store::Transaction& t) -> Result<Response> {
    const auto disputes = application.load_ledger().own_disputes(t, request.caller());
    if (!disputes) return tl::unexpected<Error>(disputes.error());
    json list = json::array();
    for (const auto& dispute : *disputes) list.push_back(as_json(dispute));
    return json_response({{"items", list}, {"next", nullptr}});
  });
}

Result<Response> raise_dispute(Application& application, const Request& request) {
  constexpr std::int64_t kMostFindings = 100'000;
  const JsonFields fields(request.json, {"recording", "finding", "reason"});
  const auto recording = fields.id("recording");
  const auto finding = static_cast<int>(fields.integer("finding", 0, kMostFindings));
  const auto reason = fields.text_if("reason", kReasonBytes).value_or("");
  return application.database().write([&](store::Transaction& t) -> Result<Response> {
    const auto dispute = application.load_ledger().dispute(t, request.caller(), recording, finding, reason);
    if (!dispute) return tl::unexpected<Error>(dispute.error());
    return json_response(as_json(*dispute), 201);
  });
}

Result<Response> take_back(Application& application, const Request& request) {
  return application.database().write([&](store::Transaction& t) -> Result<Response> {
    if (auto done = application.load_ledger().take_back(t, request.caller(), request.id_of()); !done)
      return tl::unexpected<Error>(done.error());
    return no_content();
  });
}

Result<Response> list_disputes(Application& application, const Request& request) {
  const auto paging = paging_of(request);
  const auto& by = request.caller();
  if (auto noted = application.audit().note({by.tenant, by.id, "load.disputes", "", "", request.address});
      !noted)
    return tl::unexpected<Error>(noted.error());
  return application.database().read([&](store::Transaction& t) -> Result<Response> {
    const auto disputes = application.load_ledger().open_disputes(t, by, paging.after, paging.rows());
    if (!disputes) return tl::unexpected<Error>(disputes.error());
    std::vector<json> list;
    for (const auto& dispute : *disputes) list.push_back(as_json(dispute));
    return page(std::move(list), paging);
  });
}

Result<Response> decide_dispute(Application& application, const Request& request) {
  const bool upheld = JsonFields(request.json, {"upheld"}).truth("upheld");
  return application.database().write([&](store::Transaction& t) -> Result<Response> {
    if (auto done = application.load_ledger().decide(t, request.caller(), request.id_of(), upheld); !done)
      return tl::unexpected<Error>(done.error());
    return no_content();
  });
}

Result<Response> show_groups(Application& application, const Request& request) {
  const auto& by = request.caller();
  return application.database().write([&](store::Transaction& t) -> Result<Response> {
    auto& pictures = application.group_pictures();
    if (auto done = pictures.decide_due(t, by.tenant); !done) return tl::unexpected<Error>(done.error());
    const auto views = pictures.views(t, by);
    if (!views) return tl::unexpected<Error>(views.error());
    application.audit().add(t, {by.tenant, by.id, "load.groups", "", "", request.address});
    json list = json::array();
    for (const auto& view : *views) list.push_back(as_json(view));
    return json_response({{"statement", wellbeing::load_statement().in(request.language)}, {"groups", list}});
  });
}

}  // namespace

std::vector<Route> routes_of_load(Application& application) {
  const auto with = [&](auto work) {
    return [&application, work](const Request& request) { return work(application, request); };
  };
  const RouteOptions body{.body = Body::json};
  const auto own = Permission::read_own_load;
  return {
      {"GET", "/api/v1/load/own", own, with(show_own), {.query = {"from", "to"}}},
      {"GET", "/api/v1/load/own/days/{day}", own, with(explain_day)},
      {"PUT", "/api/v1/load/own/days/{day}/answers", own, with(answer_day), body},
      {"GET", "/api/v1/load/own/disputes", own, with(list_own_disputes)},
      {"POST", "/api/v1/load/own/disputes", own, with(raise_dispute), body},
      {"DELETE", "/api/v1/load/own/disputes/{id}", own, with(take_back)},
      {"GET",
       "/api/v1/load/disputes",
       Permission::review,
       with(list_disputes),
       {.query = {"limit", "after"}}},
      {"POST", "/api/v1/load/disputes/{id}/decision", Permission::review, with(decide_dispute), body},
      {"GET", "/api/v1/load/groups", Permission::read_group_load, with(show_groups)},
  };
}

}  // namespace guardian::server
