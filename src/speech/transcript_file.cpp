#include "speech/transcript_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/clock.h"
#include "base/file.h"
#include "base/json_guard.h"

namespace guardian::speech {
namespace {

using nlohmann::json;

constexpr std::size_t kMaximumTurns = 200'000;         // some 100 hours of talk
constexpr std::size_t kMaximumTurnBytes = 64U << 10U;  // an hour of talk without a pause
constexpr double kMaximumSeconds =
    30.0 * 24.0 * 3600.0;  // a month; beyond it a time is surely in another unit

/// Where in the document we are, for messages: "turns[3].start".
struct Place {
  const std::string& file;
  std::string field;
};

tl::unexpected<Error> wrong(const Place& place, const Text& what) {
  return fail(Error::Kind::damaged, place.file,
              {fmt::format("{} {}", place.field, what.ja), fmt::format("{} {}", place.field, what.en)},
              {"transcript.schema.json の形式に直してください", "Make it match transcript.schema.json"});
}

template <class Value>
struct Named {
  std::string_view name;
  Value value;
};

constexpr Named<Speaker> kSpeakers[] = {
    {"customer", Speaker::customer}, {"employee", Speaker::employee}, {"unknown", Speaker::unknown}};
constexpr Named<Setting> kSettings[] = {
    {"phone", Setting::phone}, {"meeting", Setting::meeting}, {"counter", Setting::counter}};

template <class Value, std::size_t size>
std::optional<Value> find_name(const Named<Value> (&names)[size], const json& value) {
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  for (const auto& named : names)
    if (named.name == text) return named.value;
  return std::nullopt;
}

/// `key` as transcripts have it; reports write "start_s" for "start".
Result<std::optional<double>> read_time(const json& turn, const std::string& key, const Place& place) {
  auto found = turn.find(key);
  if (found == turn.end()) found = turn.find(key + "_s");
  if (found == turn.end() || found->is_null()) return std::optional<double>();
  if (!found->is_number()) return wrong(place, {"は秒数ではありません", "is not a number of seconds"});
  const double seconds = found->get<double>();
  if (!std::isfinite(seconds) || seconds < 0 || seconds > kMaximumSeconds)
    return wrong(place, {"が範囲外です", "is out of range"});
  return std::optional<double>(to_milliseconds(seconds));
}

struct Turn {
  Utterance utterance;
  bool timed = false;
};

Result<std::optional<Turn>> read_turn(const json& value, const std::string& file, std::size_t index) {
  const auto place = [&](const char* key) { return Place{file, fmt::format("turns[{}]{}", index, key)}; };
  if (!value.is_object()) return wrong(place(""), {"がオブジェクトではありません", "is not an object"});
  const auto text = value.find("text");
  if (text == value.end() || !text->is_string())
    return wrong(place(".text"), {"がありません", "is missing or not a string"});
  if (text->get_ref<const std::string&>().size() > kMaximumTurnBytes)
    return wrong(place(".text"), {"が長すぎます (上限 64 KiB)", "is too long (limit 64 KiB)"});
  const auto speaker = find_name(kSpeakers, value.value("speaker", json()));
  if (!speaker)
    return wrong(place(".speaker"),
                 {"は customer, employee, unknown のいずれかです", "must be customer, employee or unknown"});
  const auto start = read_time(value, "start", place(".start"));
  if (!start) return tl::unexpected<Error>(start.error());
  const auto end = read_time(value, "end", place(".end"));
  if (!end) return tl::unexpected<Error>(end.error());

  Turn turn;
  turn.utterance.speaker = *speaker;
  turn.utterance.channel = *speaker == Speaker::customer ? 1 : 0;
  turn.utterance.text = text->get<std::string>();
  if (turn.utterance.text.find_first_not_of(" \t\r\n") == std::string::npos) return std::optional<Turn>();
  turn.timed = start->has_value();
  turn.utterance.start_s = start->value_or(0.0);
  turn.utterance.end_s = std::max(end->value_or(turn.utterance.start_s), turn.utterance.start_s);
  return std::optional<Turn>(std::move(turn));
}

Result<Transcript> read_head(const json& document, const std::string& name) {
  Transcript transcript;
  transcript.asr_model = "none";
  if (const auto id = document.find("id"); id != document.end() && id->is_string()) transcript.id = *id;
  if (const auto industry = document.find("industry"); industry != document.end() && industry->is_string())
    transcript.industry = *industry;
  if (const auto setting = document.find("setting"); setting != document.end() && !setting->is_null()) {
    transcript.setting = find_name(kSettings, *setting);
    if (!transcript.setting)
      return wrong({name, "setting"},
                   {"は phone, meeting, counter のいずれかです", "must be phone, meeting or counter"});
  }
  if (const auto fault = document.find("company_fault"); fault != document.end() && !fault->is_null()) {
    if (!fault->is_boolean())
      return wrong({name, "company_fault"},
                   {"は true, false, null のいずれかです", "must be true, false or null"});
    transcript.company_fault = fault->get<bool>();
  }
  return transcript;
}

/// Orders the turns, if their times allow it, and numbers them.
void arrange(Transcript& transcript, bool every_turn_timed) {
  auto& utterances = transcript.utterances;
  transcript.timed = every_turn_timed && !utterances.empty();
  for (auto& utterance : utterances) {
    if (!transcript.timed) utterance.start_s = utterance.end_s = 0.0;
    transcript.speech_s += utterance.end_s - utterance.start_s;
  }
  std::stable_sort(utterances.begin(), utterances.end(),
                   [](const Utterance& a, const Utterance& b) { return a.start_s < b.start_s; });
  int index = 0;
  for (auto& utterance : utterances) utterance.index = index++;
}

}  // namespace

Result<Transcript> parse_transcript(std::string_view text, const std::string& name) {
  const auto document = parse_json(text, name);
  if (!document) return tl::unexpected<Error>(document.error());
  const bool is_report = document->is_object() && document->contains("transcript");
  const char* list = is_report ? "transcript" : "turns";
  if (!document->is_object() || !document->contains(list) || !(*document)[list].is_array())
    return wrong({name, list}, {"の配列がありません", "is missing or not an array"});
  const auto& turns = (*document)[list];
  if (turns.size() > kMaximumTurns)
    return wrong({name, "turns"}, {fmt::format("が多すぎます (上限 {})", kMaximumTurns),
                                   fmt::format("has too many entries (limit {})", kMaximumTurns)});
  auto transcript = read_head(*document, name);
  if (!transcript) return transcript;

  bool every_turn_timed = true;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    auto turn = read_turn(turns[i], name, i);
    if (!turn) return tl::unexpected<Error>(turn.error());
    if (!*turn) continue;
    every_turn_timed = every_turn_timed && (*turn)->timed;
    transcript->utterances.push_back(std::move((*turn)->utterance));
  }
  arrange(*transcript, every_turn_timed);
  return transcript;
}

Result<Transcript> read_transcript(const std::filesystem::path& path) {
  const auto content = read_file(path, JsonLimits{}.bytes);
  if (!content) return tl::unexpected<Error>(content.error());
  return parse_transcript(*content, path.string());
}

}  // namespace guardian::speech
