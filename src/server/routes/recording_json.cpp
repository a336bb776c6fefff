#include "server/routes/recording_json.h"

#include "base/clock.h"

namespace guardian::server {
namespace {

using access::Permission;
using nlohmann::json;

constexpr std::int64_t kLongest_s = 1'000'000;
constexpr std::int64_t kQuietest_lufs = -200;

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

std::optional<std::int64_t> time_of(const Request& request, const char* name) {
  const auto text = request.query(name);
  if (!text) return std::nullopt;
  const auto moment = parse_rfc3339(*text);
  if (!moment) throw_bad_request(name, {"RFC 3339 の日時です", "must be an RFC 3339 time"});
  return moment->instant.time_since_epoch().count() * 1000;
}

archive::Between between(const Request& request, const char* least, const char* most, std::int64_t low,
                         std::int64_t high) {
  return {request.number(least, low, high), request.number(most, low, high)};
}

}  // namespace

json recording_json(const archive::Recording& recording, const Request& request) {
  const bool personal = request.caller().may(Permission::see_personal);
  json value{{"id", recording.id},
             {"name", personal ? json(recording.name) : json(nullptr)},
             {"counterpart", personal ? or_null(recording.counterpart) : json(nullptr)},
             {"bytes", recording.bytes},
             {"same_as", or_null(recording.same_as)},
             {"employee", or_null(recording.employee)},
             {"group", or_null(recording.group)},
             {"direction", or_null(recording.direction)},
             {"product", or_null(recording.product)},
             {"started_at", recording.started ? json(format_rfc3339(*recording.started)) : json(nullptr)},
             {"uploaded_ms", recording.uploaded_ms},
             {"state", archive::name_of(recording.state)},
             {"reason", recording.reason ? json(recording.reason->in(request.language)) : json(nullptr)},
             {"analysed_ms", or_null(recording.analysed_ms)},
             {"duration_s", or_null(recording.duration_s)},
             {"silence_s", or_null(recording.silence_s)},
             {"loudness_lufs", or_null(recording.loudness_lufs)},
             {"score", or_null(recording.score)},
             {"band", or_null(recording.band)},
             {"suspected", or_null(recording.harassment)},
             {"categories", recording.categories},
             {"grade", recording.grade},
             {"legal_hold", recording.legal_hold},
             {"delete_after_ms", or_null(recording.delete_after_ms)}};
  return value;
}

std::vector<std::string> recording_filters() {
  return {"limit",
          "after",
          "state",
          "employee",
          "counterpart",
          "score",
          "band",
          "category",
          "from",
          "to",
          "min_silence_s",
          "max_silence_s",
          "min_duration_s",
          "max_duration_s",
          "min_loudness_lufs",
          "max_loudness_lufs"};
}

archive::RecordingFilter recording_filter(const Request& request, const Paging& paging) {
  archive::RecordingFilter filter;
  if (const auto state =
          request.word("state", {"waiting", "held", "analysing", "analysed", "failed", "cancelled"}))
    filter.state = archive::state_named(*state);
  filter.employee = request.query("employee");
  filter.counterpart = request.query("counterpart");
  // Looking somebody up by a customer's id tells who that customer is.
  if (filter.counterpart && !request.caller().may(Permission::see_personal))
    throw_bad_request("counterpart",
                      {"相手の番号で探す権限がありません", "you may not look for a customer's id"});
  filter.least_score = request.number("score", 0, 100);
  filter.band = request.word("band", {"none", "notice", "caution", "high", "emergency"});
  filter.category = request.query("category");
  filter.from_ms = time_of(request, "from");
  filter.before_ms = time_of(request, "to");
  filter.silence_s = between(request, "min_silence_s", "max_silence_s", 0, kLongest_s);
  filter.duration_s = between(request, "min_duration_s", "max_duration_s", 0, kLongest_s);
  filter.loudness_lufs = between(request, "min_loudness_lufs", "max_loudness_lufs", kQuietest_lufs, 20);
  filter.before = paging.after;
  filter.limit = paging.rows();
  return filter;
}

}  // namespace guardian::server
