#include "archive/work_messages.h"

#include <fmt/format.h>

#include <cmath>

#include "base/json_fields.h"
#include "base/json_guard.h"
#include "base/text.h"
#include "report/stored_report.h"

namespace guardian::judgement {

template <class Io>
void fields(Io& io, EarlierDealing& dealing) {
  io("name", dealing.name);
  io("started_at", dealing.started_at);
  io("duration_s", dealing.duration_s);
  io("counterpart_speech_s", dealing.counterpart_speech_s);
  io("score", dealing.score);
  io("suspected", dealing.suspected);
  io("refused", dealing.refused);
}

}  // namespace guardian::judgement

namespace guardian::report {

template <class Io>
void fields(Io& io, EarlierReport& earlier) {
  Moment created{earlier.created_at, {}};
  io("counterpart", earlier.counterpart);
  io("sha256", earlier.sha256);
  io("created", created);
  io("dealing", earlier.dealing);
  earlier.created_at = created.instant;
}

}  // namespace guardian::report

namespace guardian::archive {

constexpr std::int64_t enumerators(Pass) { return static_cast<std::int64_t>(Pass::full) + 1; }

namespace {

constexpr std::size_t kReasonBytes = 500;

/// Shown to people, so nothing in it may be more than a sentence.
std::string harmless(const std::string& text) {
  const auto shown = printable(text);
  return std::string(beginning(shown, kReasonBytes));
}

/// What a child may say went wrong. Kinds that mean something to the queue are the server's to use.
Error told(Error error) {
  if (error.kind == Error::Kind::conflict || error.kind == Error::Kind::cancelled)
    error.kind = Error::Kind::model;
  error.subject = harmless(error.subject);
  error.what = {harmless(error.what.ja), harmless(error.what.en)};
  error.remedy = {harmless(error.remedy.ja), harmless(error.remedy.en)};
  return error;
}

template <class Read>
auto guarded(std::string_view line, const Read& read) -> Result<decltype(read(nlohmann::json()))> {
  const auto json = parse_json(line, "guardian work", {kLongestLine, 32});
  if (!json) return tl::unexpected<Error>(json.error());
  try {
    return read(*json);
  } catch (const FieldMistake& mistake) {
    return fail(Error::Kind::damaged, "guardian work",
                {fmt::format("分析プロセスの返事が正しくありません ({})", mistake.field),
                 fmt::format("the analysing process gave a wrong answer ({})", mistake.field)},
                {"", ""});
  }
}

}  // namespace

template <class Io>
void fields(Io& io, WorkOrder& order) {
  io("job", order.job);
  io("pass", order.pass);
  io("object", order.object);
  io("key_number", order.key_number);
  io("key", order.key);
  io("name", order.name);
  io("bytes", order.bytes);
  io("customer_channel", order.customer_channel);
  io("counterpart", order.counterpart);
  io("started", order.started);
  io("earlier", order.earlier);
  io("amendment", order.amendment);
}

std::string to_line(const WorkOrder& order) { return to_json_line(order); }

std::string to_line(const WorkMessage& message) {
  nlohmann::json json{{"job", message.job}};
  if (message.share) json["share"] = write_fields(*message.share);
  if (message.error) json["error"] = write_fields(*message.error);
  if (message.result)
    json["result"] = {{"report", report::to_stored_value(message.result->report)},
                      {"whole", message.result->whole},
                      {"work_s", write_fields(message.result->work_s)}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<WorkOrder> parse_order(std::string_view line) {
  return guarded(line, [](const nlohmann::json& json) {
    WorkOrder order;
    read_fields(json, "order", order);
    return order;
  });
}

Result<WorkMessage> parse_message(std::string_view line) {
  return guarded(line, [](const nlohmann::json& json) {
    WorkMessage message;
    if (!json.is_object()) throw FieldMistake{"message"};
    FieldReader io(json);
    io("job", message.job);
    if (json.contains("share")) io("share", message.share);
    if (json.contains("error")) io("error", message.error);
    if (message.error) message.error = told(std::move(*message.error));
    if (!json.contains("result")) return message;
    const auto& result = json["result"];
    if (!result.is_object() || !result.contains("report")) throw FieldMistake{"result"};
    message.result.emplace();
    message.result->report = report::from_stored_value(result["report"]);
    FieldReader rest(result);
    rest("whole", message.result->whole);
    rest("work_s", message.result->work_s);
    return message;
  });
}

}  // namespace guardian::archive
