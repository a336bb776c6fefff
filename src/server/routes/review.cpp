// What people decide on the findings of a recording, and the training data that comes of it.
#include <algorithm>

#include "archive/recordings.h"
#include "archive/workers.h"
#include "judgement/call_score.h"
#include "report/names.h"
#include "review/decisions.h"
#include "review/labels.h"
#include "server/application.h"
#include "server/routes/redactor.h"
#include "server/routes/routes.h"
#include "server/routes/shared_policy.h"

namespace guardian::server {
namespace {

using access::Permission;
using nlohmann::json;
using review::Decision;

constexpr std::size_t kCommentBytes = 4000;
constexpr int kMostRecordings = 5000;

json as_json(const Decision& decision) {
  return {{"finding", decision.finding < 0 ? json(nullptr) : json(decision.finding)},
          {"ruling", review::name_of(decision.ruling)},
          {"category", decision.category},
          {"severity", decision.severity},
          {"comment", decision.comment},
          {"name", decision.name},
          {"at_ms", decision.at_ms}};
}

/// A recording within the caller's reach, and its report.
struct Opened {
  archive::Recording recording;
  report::Report report;
};

Result<Opened> open(Application& application, const Request& request) {
  auto recording = application.database().read([&](store::Transaction& transaction) {
    return archive::find_recording(transaction, application.keyring(), request.caller(), request.id_of());
  });
  if (!recording) return tl::unexpected<Error>(recording.error());
  if (!recording->report)
    return fail(Error::Kind::conflict, recording->id, {"まだ分析されていません", "it is not analysed yet"},
                {"分析が終わるのを待ってください", "Wait until it is analysed"});
  auto report = archive::read_report(application.objects(), application.keyring(), request.caller().tenant,
                                     *recording->report);
  if (!report) return tl::unexpected<Error>(report.error());
  return Opened{std::move(*recording), std::move(*report)};
}

/// All decisions of a recording, and its score after them.
Result<Response> picture(const Opened& opened, std::vector<Decision> decisions, const Request& request) {
  if (!request.caller().may(Permission::see_personal)) {
    const auto& redactor = shared_redactor();
    if (!redactor) return tl::unexpected<Error>(redactor.error());
    for (auto& decision : decisions) decision.comment = redactor->redact(decision.comment).text;
  }
  const auto& verdict = opened.report.verdict;
  const auto& policy = shared_policy();
  if (!policy) return tl::unexpected<Error>(policy.error());
  const int score = review::score_after_review(verdict, decisions, *policy);
  json items = json::array();
  for (const auto& decision : decisions) items.push_back(as_json(decision));
  return json_response({{"items", std::move(items)},
                        {"findings", verdict.findings.size()},
                        {"score", verdict.score},
                        {"score_after_review", score},
                        {"band_after_review", report::band_id(judgement::band_of(score))}});
}

Result<Response> show(Application& application, const Request& request) {
  const auto opened = open(application, request);
  if (!opened) return tl::unexpected<Error>(opened.error());
  const auto decisions = application.database().read([&](store::Transaction& t) {
    return application.decisions().of(t, request.caller().tenant, {opened->recording.id, opened->report});
  });
  if (!decisions) return tl::unexpected<Error>(decisions.error());
  return picture(*opened, *decisions, request);
}

/// `work` in one unit of work; it answers with the decisions that count afterwards.
template <class Work>
Result<Response> change(Application& application, const Request& request, const Work& work) {
  const auto opened = open(application, request);
  if (!opened) return tl::unexpected<Error>(opened.error());
  const review::Reviewed reviewed{opened->recording.id, opened->report};
  const auto decisions =
      application.database().write([&](store::Transaction& t) { return work(t, reviewed); });
  if (!decisions) return tl::unexpected<Error>(decisions.error());
  return picture(*opened, *decisions, request);
}

int finding_of(const Request& request) {
  const auto& text = request.path_value("finding");
  const bool number = !text.empty() && text.size() <= 6 &&
                      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!number) throw_bad_request("finding", {"番号ではありません", "is not a number"});
  return std::stoi(text);
}

review::Choice choice_of(const Request& request, const policy::Policy& policy) {
  const JsonFields fields(request.json, {"ruling", "category", "severity", "comment"});
  review::Choice choice;
  const auto ruling = review::ruling_named(fields.text("ruling"));
  if (!ruling)
    throw_bad_request(
        "ruling", {"confirmed、changed、rejected のどれかです", "must be confirmed, changed or rejected"});
  choice.ruling = *ruling;
  choice.category = fields.text_if("category");
  if (choice.category &&
      std::none_of(policy.categories.begin(), policy.categories.end(), [&](const policy::Category& one) {
        return one.id == *choice.category && policy::is_harassment(one.kind);
      }))
    throw_bad_request("category", {"そのような種類はありません", "there is no such category"});
  if (const auto severity = fields.integer_if("severity", 0, 100))
    choice.severity = static_cast<int>(*severity);
  choice.comment = fields.text_if("comment", kCommentBytes).value_or("");
  return choice;
}

Result<Response> decide(Application& application, const Request& request) {
  const auto& policy = shared_policy();
  if (!policy) return tl::unexpected<Error>(policy.error());
  const auto choice = choice_of(request, *policy);
  const int finding = finding_of(request);
  return change(application, request, [&](store::Transaction& t, const review::Reviewed& reviewed) {
    return application.decisions().decide(t, request.caller(), reviewed, finding, choice);
  });
}

Result<Response> undo(Application& application, const Request& request) {
  const int finding = finding_of(request);
  return change(application, request, [&](store::Transaction& t, const review::Reviewed& reviewed) {
    return application.decisions().undo(t, request.caller(), reviewed, finding);
  });
}

/// Recordings within the caller's reach on which somebody has decided, oldest first.
Result<std::vector<archive::Recording>> reviewed_recordings(Application& application,
                                                            const Request& request) {
  const auto reach = archive::within_reach(request.caller());
  return application.database().read([&](store::Transaction& t) -> Result<std::vector<archive::Recording>> {
    std::vector<archive::Recording> found;
    auto values = reach.values;
    values.emplace_back(std::int64_t{kMostRecordings});
    for (const auto& row :
         t.query("SELECT id FROM recordings WHERE " + reach.sql +
                     " AND state = 'analysed' AND EXISTS (SELECT 1 FROM review_decisions d WHERE "
                     "d.tenant_id = recordings.tenant_id AND d.recording_id = recordings.id AND "
                     "d.undone_ms IS NULL) ORDER BY id LIMIT ?",
                 values)) {
      auto one = archive::find_recording(t, application.keyring(), request.caller(), row.text("id"));
      if (!one) return tl::unexpected<Error>(one.error());
      if (one->report) found.push_back(std::move(*one));
    }
    return found;
  });
}

Result<Response> training_data(Application& application, const Request& request) {
  const auto& by = request.caller();
  const auto& redactor = shared_redactor();
  if (!redactor) return tl::unexpected<Error>(redactor.error());
  const auto recordings = reviewed_recordings(application, request);
  if (!recordings) return tl::unexpected<Error>(recordings.error());
  if (auto noted = application.audit().note({by.tenant, by.id, "training_data.export", "",
                                             std::to_string(recordings->size()), request.address});
      !noted)
    return tl::unexpected<Error>(noted.error());
  std::string lines;
  for (const auto& recording : *recordings) {
    const auto report =
        archive::read_report(application.objects(), application.keyring(), by.tenant, *recording.report);
    if (!report) return tl::unexpected<Error>(report.error());
    const auto decisions = application.database().read([&](store::Transaction& t) {
      return application.decisions().of(t, by.tenant, {recording.id, *report});
    });
    if (!decisions) return tl::unexpected<Error>(decisions.error());
    for (const auto& line : review::labels_of(recording.id, *report, *decisions, *redactor))
      lines += evaluation::line_of(line);
  }
  auto response = text_response(std::move(lines), "application/jsonl");
  name_download(response, "training-data.jsonl");
  return response;
}

}  // namespace

std::vector<Route> routes_of_review(Application& application) {
  const auto with = [&](auto work) {
    return [&application, work](const Request& request) { return work(application, request); };
  };
  constexpr const char* kDecision = "/api/v1/recordings/{id}/findings/{finding}/decision";
  return {
      {"GET", "/api/v1/recordings/{id}/decisions", Permission::read_recordings, with(show)},
      {"PUT", kDecision, Permission::review, with(decide), {.body = Body::json}},
      {"DELETE", kDecision, Permission::review, with(undo)},
      {"GET", "/api/v1/training-data", Permission::review, with(training_data)},
  };
}

}  // namespace guardian::server
