// Recordings by the words that were said in them. The index only says which may have them; the transcripts of
// one page are opened, and what a caller may not read of them is neither shown nor searched: else whoever
// guesses a name would learn from the answer that it was said.
#include <algorithm>

#include "archive/redacted_export.h"
#include "archive/work.h"
#include "archive/workers.h"
#include "server/application.h"
#include "server/routes/recording_json.h"
#include "server/routes/redactor.h"
#include "server/routes/routes.h"

namespace guardian::server {
namespace {

using access::Permission;
using nlohmann::json;

constexpr int kTranscripts = 50;   // opened for one page
constexpr std::size_t kHits = 20;  // shown of one recording

/// What the caller may read of what was said.
Result<std::vector<speech::Utterance>> said_in(Application& application, const Request& request,
                                               const archive::Recording& recording) {
  auto report = archive::read_report(application.objects(), application.keyring(), request.caller().tenant,
                                     recording.report.value_or(""));
  if (!report) return tl::unexpected<Error>(report.error());
  if (request.caller().may(Permission::see_personal)) return std::move(report->transcript.utterances);
  const auto& redactor = shared_redactor();
  if (!redactor) return tl::unexpected<Error>(redactor.error());
  return archive::redact(std::move(*report), *redactor).report.transcript.utterances;
}

/// Null where the words were not said.
Result<json> found_in(Application& application, const Request& request, const search::Query& query,
                      const archive::Recording& recording) {
  const auto utterances = said_in(application, request, recording);
  if (!utterances) return tl::unexpected<Error>(utterances.error());
  auto hits = application.words().find_all(query, *utterances, kHits + 1);
  if (hits.empty()) return json(nullptr);
  auto item = recording_json(recording, request);
  item["more_hits"] = hits.size() > kHits;
  hits.resize(std::min(hits.size(), kHits));
  item["hits"] = json::array();
  for (const auto& hit : hits) {
    const auto& utterance = utterances->at(hit.utterance);
    item["hits"].push_back({{"utterance", hit.utterance},
                            {"speaker", speech::speaker_id(utterance.speaker)},
                            {"text", hit.text},
                            {"start_s", utterance.start_s},
                            {"end_s", utterance.end_s},
                            {"literal", hit.literal}});
  }
  return item;
}

/// That their words were read goes into the audit log before anybody reads them. What was looked for does
/// not: it may be somebody's name.
Result<void> note_read(Application& application, const Request& request, const json& items) {
  if (items.empty()) return {};
  const auto& caller = request.caller();
  return application.database().write([&](store::Transaction& transaction) -> Result<void> {
    for (const auto& item : items)
      application.audit().add(transaction, {caller.tenant, caller.id, "transcript.search",
                                            item["id"].get<std::string>(), "", request.address});
    return {};
  });
}

Result<Response> search_words(Application& application, const Request& request) {
  const auto words = request.query("words");
  if (!words) throw_bad_request("words", {"探す言葉を指定してください", "words to look for are needed"});
  const auto query = application.words().understand(*words);
  if (!query) return tl::unexpected<Error>(query.error());
  auto paging = paging_of(request);
  paging.limit = std::min(paging.limit, kTranscripts);
  auto filter = recording_filter(request, paging);
  filter.words = application.words().match_expression(request.caller().tenant, *query);
  auto recordings = application.database().read([&](store::Transaction& transaction) {
    return archive::list_recordings(transaction, application.keyring(), request.caller(), filter);
  });
  if (!recordings) return tl::unexpected<Error>(recordings.error());
  const bool more = recordings->size() > static_cast<std::size_t>(paging.limit);
  if (more) recordings->pop_back();
  json items = json::array();
  for (const auto& recording : *recordings) {
    if (request.stop.stop_requested()) break;
    if (!recording.report) continue;
    auto item = found_in(application, request, *query, recording);
    if (!item) return tl::unexpected<Error>(item.error());
    if (!item->is_null()) items.push_back(std::move(*item));
  }
  if (auto noted = note_read(application, request, items); !noted)
    return tl::unexpected<Error>(noted.error());
  return json_response(
      {{"items", std::move(items)}, {"next", more ? json(recordings->back().id) : json(nullptr)}});
}

}  // namespace

std::vector<Route> routes_of_search(Application& application) {
  auto parameters = recording_filters();
  parameters.emplace_back("words");
  return {{"GET",
           "/api/v1/search",
           Permission::read_recordings,
           [&application](const Request& request) { return search_words(application, request); },
           {.query = std::move(parameters)}}};
}

}  // namespace guardian::server
