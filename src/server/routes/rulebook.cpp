// What a company changes about the rules that its recordings are judged by: to read, to try out on past
// dealings, to publish.
#include <chrono>
#include <limits>
#include <mutex>

#include "archive/recordings.h"
#include "archive/workers.h"
#include "rulebook/editions.h"
#include "rulebook/preview.h"
#include "server/application.h"
#include "server/routes/redactor.h"
#include "server/routes/routes.h"
#include "server/routes/shared_judge.h"
#include "server/routes/shared_policy.h"

namespace guardian::server {
namespace {

using access::Permission;
using nlohmann::json;
using rulebook::Edition;

constexpr std::size_t kIdBytes = 200;
constexpr std::size_t kNoteBytes = 2000;
constexpr std::int64_t kUsualRecordings = 50;
constexpr std::int64_t kMostRecordings = 200;
constexpr std::size_t kMostShown = 50;
constexpr std::chrono::seconds kPreviewTime{45};  // browsers and proxies wait about a minute

json as_json(const Edition& edition) {
  const auto& amendment = edition.amendment;
  const bool published = amendment.edition > 0;
  return {{"edition", amendment.edition},
          {"off", amendment.off},
          {"rules", amendment.rules},
          {"held_minutes", amendment.held_minutes ? json(*amendment.held_minutes) : json(nullptr)},
          {"name", published ? json(edition.name) : json(nullptr)},
          {"note", published ? json(edition.note) : json(nullptr)},
          {"published_ms", published ? json(edition.published_ms) : json(nullptr)}};
}

Result<Response> answer(const Result<Edition>& edition) {
  if (!edition) return tl::unexpected<Error>(edition.error());
  const auto& policy = shared_policy();
  if (!policy) return tl::unexpected<Error>(policy.error());
  auto value = as_json(*edition);
  value["program"] = {{"version", policy->version}, {"held_minutes", policy->scale.held_minutes}};
  return json_response(value);
}

Result<Response> show(Application& application, const Request& request) {
  return answer(application.database().read(
      [&](store::Transaction& t) { return application.editions().current(t, request.caller().tenant); }));
}

Result<Response> list_rules(Application& /*application*/, const Request& /*request*/) {
  const auto& policy = shared_policy();
  if (!policy) return tl::unexpected<Error>(policy.error());
  json items = json::array();
  for (const auto& rule : policy->rules) {
    if (!policy::is_harassment(policy->category(rule.category).kind)) continue;
    items.push_back({{"id", rule.id},
                     {"category", rule.category},
                     {"severity", rule.severity},
                     {"indirect", rule.indirect},
                     {"match", rule.match},
                     {"no_match", rule.no_match}});
  }
  return json_response({{"items", std::move(items)}, {"next", nullptr}});
}

Result<Response> list_editions(Application& application, const Request& request) {
  const auto editions = application.database().read(
      [&](store::Transaction& t) { return application.editions().list(t, request.caller().tenant); });
  if (!editions) return tl::unexpected<Error>(editions.error());
  json items = json::array();
  for (const auto& edition : *editions) items.push_back(as_json(edition));
  return json_response({{"items", std::move(items)}, {"next", nullptr}});
}

/// What a draft says; its edition is not read here.
policy::Amendment draft_in(const JsonFields& fields) {
  policy::Amendment draft;
  draft.off = fields.texts("off", policy::kMostSwitchedOff, kIdBytes);
  draft.rules = fields.text_if("rules", policy::kOwnRulesBytes).value_or("");
  if (const auto minutes =
          fields.integer_if("held_minutes", 1, static_cast<std::int64_t>(policy::kLongestHeld_minutes)))
    draft.held_minutes = static_cast<double>(*minutes);
  return draft;
}

/// The judge of this program, if the draft holds together with it.
Result<const judgement::Judge*> judge_for(const policy::Amendment& draft) {
  const auto& program = shared_assessor();
  if (!program) return tl::unexpected<Error>(program.error());
  const auto* judge = &program->judge();
  return rulebook::check(*judge, draft).map([judge] { return judge; });
}

Result<Response> publish(Application& application, const Request& request) {
  const JsonFields fields(request.json, {"edition", "off", "rules", "held_minutes", "note"});
  auto draft = draft_in(fields);
  draft.edition = fields.integer("edition", 0, std::numeric_limits<std::int64_t>::max() - 1);
  const auto note = fields.text_if("note", kNoteBytes).value_or("");
  const auto judge = judge_for(draft);
  if (!judge) return tl::unexpected<Error>(judge.error());
  return answer(application.database().write([&](store::Transaction& t) {
    return application.editions().publish(t, request.caller(), std::move(draft), note, request.address);
  }));
}

/// What a draft changes.
struct Sum {
  rulebook::Tally tally;         ///< over all dealings that were judged
  std::int64_t left = 0;         ///< not judged, for want of time
  json changed = json::array();  ///< of those that the caller may read
};

/// `redactor`: of the words that are quoted; null: they are shown as they are.
json findings_json(const std::vector<judgement::Finding>& findings, const redaction::Redactor* redactor) {
  json items = json::array();
  for (const auto& finding : findings)
    items.push_back({{"category", finding.category},
                     {"severity", finding.severity},
                     {"quote", redactor == nullptr ? finding.quote : redactor->redact(finding.quote).text},
                     {"start_s", finding.start_s},
                     {"rule", finding.rule}});
  return items;
}

/// Nothing for a recording that the caller may not read; for others it is in the audit log.
Result<void> show_change(Application& application, const Request& request, const std::string& id,
                         const rulebook::Difference& difference, Sum& sum) {
  const auto& by = request.caller();
  if (!by.may(Permission::read_recordings) || sum.changed.size() >= kMostShown) return {};
  const auto recording = application.database().read(
      [&](store::Transaction& t) { return archive::find_recording(t, application.keyring(), by, id); });
  if (!recording) return {};
  const auto& redactor = shared_redactor();
  if (!redactor) return tl::unexpected<Error>(redactor.error());
  const bool whole = by.may(Permission::see_personal);
  const auto* quoting = whole ? nullptr : &*redactor;
  if (auto noted =
          application.audit().note({by.tenant, by.id, "report.read", id, "policy.preview", request.address});
      !noted)
    return noted;
  sum.changed.push_back({{"recording", id},
                         {"name", whole ? json(recording->name) : json(nullptr)},
                         {"score_before", difference.score_before},
                         {"score_after", difference.score_after},
                         {"appeared", findings_json(difference.appeared, quoting)},
                         {"vanished", findings_json(difference.vanished, quoting)}});
  return {};
}

Result<std::vector<store::Row>> newest_reports(Application& application, const std::string& tenant,
                                               std::int64_t number) {
  return application.database().read([&](store::Transaction& t) -> Result<std::vector<store::Row>> {
    return t.query(
        "SELECT id, report_id FROM recordings WHERE tenant_id = ? AND state = 'analysed' AND report_id IS "
        "NOT NULL ORDER BY id DESC LIMIT ?",
        {tenant, number});
  });
}

Result<Sum> sum_up(Application& application, const Request& request, const rulebook::Preview& preview,
                   std::int64_t number) {
  const auto end = std::chrono::steady_clock::now() + kPreviewTime;
  const auto& tenant = request.caller().tenant;
  const auto rows = newest_reports(application, tenant, number);
  if (!rows) return tl::unexpected<Error>(rows.error());
  Sum sum;
  for (const auto& row : *rows) {
    if (request.stop.stop_requested() || std::chrono::steady_clock::now() > end) {
      ++sum.left;
      continue;
    }
    const auto report =
        archive::read_report(application.objects(), application.keyring(), tenant, row.text("report_id"));
    if (!report) continue;  // it was deleted in the meantime
    const auto difference = preview.look(report->transcript);
    sum.tally.add(difference);
    if (difference.is_none()) continue;
    if (auto shown = show_change(application, request, row.text("id"), difference, sum); !shown)
      return tl::unexpected<Error>(shown.error());
  }
  return sum;
}

Response as_response(const Sum& sum) {
  const auto& tally = sum.tally;
  json categories = json::array();
  for (const auto& [category, counts] : tally.categories)
    categories.push_back({{"category", category}, {"appeared", counts.first}, {"vanished", counts.second}});
  return json_response({{"judged", tally.dealings},
                        {"left", sum.left},
                        {"newly_suspected", tally.newly_suspected},
                        {"no_longer_suspected", tally.no_longer_suspected},
                        {"categories", std::move(categories)},
                        {"changed", sum.changed}});
}

Result<Response> preview(Application& application, const Request& request) {
  static std::mutex one_at_a_time;  // each takes all of a core, and the encoder's memory
  const std::unique_lock alone(one_at_a_time, std::try_to_lock);
  if (!alone)
    return fail(Error::Kind::busy, "preview",
                {"ほかの試しの判定が動いています", "another preview is under way"},
                {"しばらくしてからやり直してください", "Try again in a moment"});
  const JsonFields fields(request.json, {"off", "rules", "held_minutes", "recordings"});
  const auto draft = draft_in(fields);
  const auto number = fields.integer_if("recordings", 1, kMostRecordings).value_or(kUsualRecordings);
  const auto judge = judge_for(draft);
  if (!judge) return tl::unexpected<Error>(judge.error());
  const auto& by = request.caller();
  const auto current = application.database().read(
      [&](store::Transaction& t) { return application.editions().current(t, by.tenant); });
  if (!current) return tl::unexpected<Error>(current.error());
  if (auto noted = application.audit().note(
          {by.tenant, by.id, "policy.preview", "", std::to_string(number), request.address});
      !noted)
    return tl::unexpected<Error>(noted.error());
  const auto both = rulebook::Preview::of(**judge, current->amendment, draft);
  if (!both) return tl::unexpected<Error>(both.error());
  return sum_up(application, request, *both, number).map(as_response);
}

}  // namespace

std::vector<Route> routes_of_rulebook(Application& application) {
  const auto with = [&application](auto* handle) {
    return [&application, handle](const Request& request) { return handle(application, request); };
  };
  // Those who decide on findings know best which rules go wrong; publishing is the administrator's.
  const auto readers = Access::any_of({Permission::manage_settings, Permission::review});
  const RouteOptions body{.body = Body::json};
  return {
      {"GET", "/api/v1/rulebook", readers, with(show)},
      {"PUT", "/api/v1/rulebook", Permission::manage_settings, with(publish), body},
      {"GET", "/api/v1/rulebook/rules", readers, with(list_rules)},
      {"GET", "/api/v1/rulebook/editions", readers, with(list_editions)},
      {"POST", "/api/v1/rulebook/preview", readers, with(preview), body},
  };
}

}  // namespace guardian::server
