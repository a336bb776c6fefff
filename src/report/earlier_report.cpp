#include "report/earlier_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/json_guard.h"
#include "base/text.h"

namespace guardian::report {
namespace {

using nlohmann::json;

constexpr JsonLimits kLimits{16U << 20U, 32};             // some ten hours of talk with every word's time
constexpr double kMaximumSeconds = 30.0 * 24.0 * 3600.0;  // a month, as for transcripts
constexpr std::size_t kNameBytes = 255;

/// A field that is not what the contract says. Thrown while a report is read and caught at its border.
struct Mistake {
  std::string field;
};

const json& member(const json& object, const char* key) {
  if (!object.is_object() || !object.contains(key)) throw Mistake{key};
  return object[key];
}

const std::string& text(const json& object, const char* key) {
  const auto& value = member(object, key);
  if (!value.is_string()) throw Mistake{key};
  return value.get_ref<const std::string&>();
}

double number(const json& object, const char* key, double high) {
  const auto& value = member(object, key);
  if (!value.is_number()) throw Mistake{key};
  const auto number = value.get<double>();
  if (!std::isfinite(number) || number < 0.0 || number > high) throw Mistake{key};
  return number;
}

bool truth(const json& object, const char* key) {
  const auto& value = member(object, key);
  if (!value.is_boolean()) throw Mistake{key};
  return value.get<bool>();
}

const json& list(const json& object, const char* key) {
  const auto& value = member(object, key);
  if (!value.is_array()) throw Mistake{key};
  return value;
}

Moment moment(const json& object, const char* key) {
  const auto moment = parse_rfc3339(text(object, key));
  if (!moment) throw Mistake{key};
  return *moment;
}

/// Recordings' names come from outside, and grounds show them to people.
std::string shown_name(const std::string& name) {
  const auto harmless = printable(name);
  return std::string(beginning(harmless, kNameBytes));
}

double speech_of_counterpart_s(const json& transcript) {
  double speech_s = 0.0;
  for (const auto& utterance : transcript) {
    const double start_s = number(utterance, "start_s", kMaximumSeconds);
    const double end_s = number(utterance, "end_s", kMaximumSeconds);
    if (text(utterance, "speaker") != "employee") speech_s += std::max(0.0, end_s - start_s);
  }
  return speech_s;
}

EarlierReport read(const json& document) {
  if (text(document, "schema") != kSchema) throw Mistake{"schema"};
  const auto& recording = member(document, "recording");
  EarlierReport report;
  if (recording.is_object() && recording.contains("counterpart"))
    report.counterpart = text(recording, "counterpart");
  report.sha256 = text(recording, "sha256");
  report.created_at = moment(document, "created_at").instant;
  auto& dealing = report.dealing;
  dealing.name = shown_name(text(recording, "name"));
  if (recording.contains("started_at")) dealing.started_at = moment(recording, "started_at");
  dealing.duration_s = number(recording, "duration_s", kMaximumSeconds);
  dealing.counterpart_speech_s = speech_of_counterpart_s(list(document, "transcript"));
  dealing.score = static_cast<int>(number(document, "score", 100.0));
  dealing.suspected = truth(document, "suspected");
  dealing.refused = document.contains("warned_utterances") && !list(document, "warned_utterances").empty();
  return report;
}

}  // namespace

Result<EarlierReport> parse_earlier_report(std::string_view text, const std::string& name) {
  const auto document = parse_json(text, name, kLimits);
  if (!document) return tl::unexpected<Error>(document.error());
  try {
    return read(*document);
  } catch (const Mistake& mistake) {
    return fail(Error::Kind::damaged, name,
                {fmt::format("報告書として読めません ({})", mistake.field),
                 fmt::format("cannot be read as a report ({})", mistake.field)},
                {"guardian analyze --out で作った報告書か確かめてください",
                 "Check that it is a report made by guardian analyze --out"});
  }
}

EarlierReport earlier_report_of(const Report& report) {
  const auto& verdict = report.verdict;
  EarlierReport earlier;
  earlier.counterpart = report.recording.counterpart;
  earlier.sha256 = report.recording.sha256;
  if (const auto created = parse_rfc3339(report.created_at)) earlier.created_at = created->instant;
  earlier.dealing = {shown_name(report.recording.name),
                     report.recording.started_at,
                     report.recording.duration_s,
                     judgement::counterpart_speech_s(report.transcript),
                     verdict.score,
                     verdict.suspected,
                     !verdict.warned_utterances.empty()};
  return earlier;
}

}  // namespace guardian::report
