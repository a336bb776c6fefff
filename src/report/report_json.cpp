#include "report/report_json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/text.h"
#include "report/names.h"

namespace guardian::report {
namespace {

using Json = nlohmann::ordered_json;

/// JSON knows no infinity; an impossible measurement becomes 0.
double finite(double number) { return std::isfinite(number) ? number : 0.0; }
double seconds(double time) { return finite(to_milliseconds(finite(time))); }
double thousandths(double number) { return std::round(finite(number) * 1000.0) / 1000.0; }
double share(double number) { return std::clamp(thousandths(number), 0.0, 1.0); }

Json texts(const std::vector<Text>& sentences, Language language) {
  auto list = Json::array();
  for (const auto& sentence : sentences) list.push_back(sentence.in(language));
  return list;
}

/// What a person should know before trusting the analysis: of the file, then of the transcript.
Json warnings(const media::Recording& recording, const speech::Transcript& transcript, Language language) {
  auto list = Json::array();
  for (const auto& warning : recording.warnings) list.push_back(warning.text.in(language));
  for (const auto& warning : transcript.warnings) list.push_back(warning.in(language));
  return list;
}

Json recording_json(const media::Recording& recording, const speech::Transcript& transcript,
                    Language language) {
  Json json{{"name", recording.name},
            {"sha256", recording.sha256},
            {"duration_s", seconds(recording.duration_s)},
            {"channels", recording.channels},
            {"sample_rate_hz", recording.sample_rate_hz},
            {"kind", kind_id(recording.kind)},
            {"speech_s", seconds(transcript.speech_s)},
            {"codec", recording.codec},
            {"dual_mono", recording.dual_mono},
            {"levels", Json::array()},
            {"warnings", warnings(recording, transcript, language)}};
  for (const auto& level : recording.levels)
    json["levels"].push_back({{"loudness_lufs", thousandths(level.loudness_lufs)},
                              {"peak", thousandths(level.peak)},
                              {"clipped_share", thousandths(level.clipped_share)},
                              {"active_s", seconds(level.active_s)}});
  if (!recording.counterpart.empty()) json["counterpart"] = recording.counterpart;
  if (recording.started_at) json["started_at"] = format_rfc3339(*recording.started_at);
  return json;
}

Json cues_json(const speech::SoundCues& cues) {
  auto json = Json::object();
  const auto add = [&](const char* key, const std::optional<double>& value) {
    if (value && std::isfinite(*value)) json[key] = thousandths(*value);
  };
  add("loudness_db", cues.loudness_db);
  add("loudness_change_db", cues.loudness_change_db);
  add("pitch_hz", cues.pitch_hz);
  add("pitch_change_st", cues.pitch_change_st);
  add("rate_morae_per_s", cues.rate_morae_per_s);
  add("overlap_s", cues.overlap_s);
  add("response_gap_s", cues.response_gap_s);
  if (cues.interruption) json["interruption"] = true;
  return json;
}

Json utterance_json(const speech::Utterance& utterance) {
  Json json{{"index", utterance.index},
            {"speaker", speech::speaker_id(utterance.speaker)},
            {"channel", utterance.channel},
            {"text", utterance.text},
            {"start_s", seconds(utterance.start_s)},
            {"end_s", seconds(utterance.end_s)}};
  if (utterance.confidence) json["confidence"] = share(*utterance.confidence);
  if (!utterance.words.empty()) json["words"] = Json::array();
  for (const auto& word : utterance.words) {
    json["words"].push_back({{"text", word.text},
                             {"start_s", seconds(word.start_s)},
                             {"end_s", seconds(word.end_s)},
                             {"probability", share(word.probability)}});
    if (word.probability < speech::kDoubtfulBelow && has_letters(word.text))
      json["words"].back()["doubtful"] = true;
  }
  if (auto cues = cues_json(utterance.cues); !cues.empty()) json["sound"] = std::move(cues);
  return json;
}

Json transcript_json(const speech::Transcript& transcript) {
  auto list = Json::array();
  for (const auto& utterance : transcript.utterances) list.push_back(utterance_json(utterance));
  return list;
}

Json finding_json(const judgement::Finding& finding, Language language) {
  return {{"category", finding.category},
          {"label", finding.label.in(language)},
          {"severity", std::clamp(finding.severity, 0, 100)},
          {"confidence", share(finding.confidence)},
          {"utterance", finding.utterance},
          {"start_s", seconds(finding.start_s)},
          {"end_s", seconds(finding.end_s)},
          {"quote", finding.quote},
          {"grounds", texts(finding.grounds, language)},
          {"rule", finding.rule},
          {"score_without", finding.score_without}};
}

Json advice_json(const guidance::Advice& advice, Language language) {
  return {{"when", advice.when},
          {"text", advice.text.in(language)},
          {"category", advice.category},
          {"level", advice.level}};
}

Json stress_json(const wellbeing::Exposure& exposure, Language language) {
  Json json{{"exposure", thousandths(exposure.value)},
            {"statement", exposure.statement.in(language)},
            {"contributions", Json::array()}};
  for (const auto& part : exposure.contributions)
    json["contributions"].push_back(
        {{"finding", part.finding}, {"value", thousandths(part.value)}, {"why", part.why.in(language)}});
  return json;
}

Json axes_json(const judgement::Axes& axes) {
  return {{"demand", std::clamp(axes.demand, 0, 100)},
          {"conduct", std::clamp(axes.conduct, 0, 100)},
          {"persistence", std::clamp(axes.persistence, 0, 100)},
          {"harm", std::clamp(axes.harm, 0, 100)}};
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

nlohmann::ordered_json report_value(const Report& report, Language language) {
  const auto& verdict = report.verdict;
  Json json{{"schema", kSchema},
            {"created_at", report.created_at},
            {"recording", recording_json(report.recording, report.transcript, language)},
            {"engine",
             {{"version", report.engine.version},
              {"asr_model", report.engine.asr_model},
              {"policy_version", report.engine.policy_version}}},
            {"score", std::clamp(verdict.score, 0, 100)},
            {"band", band_id(verdict.band)},
            {"suspected", verdict.suspected},
            {"statement", suspicion_statement().in(language)},
            {"axes", axes_json(verdict.axes)},
            {"findings", Json::array()},
            {"legitimate_complaint", nullptr},
            {"distress", verdict.distress_utterances},
            {"warned_utterances", verdict.warned_utterances},
            {"advice", Json::array()},
            {"stress", stress_json(report.exposure, language)},
            {"transcript", transcript_json(report.transcript)}};
  for (const auto& finding : verdict.findings) json["findings"].push_back(finding_json(finding, language));
  if (verdict.legitimate_complaint) json["legitimate_complaint"] = *verdict.legitimate_complaint;
  for (const auto& advice : report.advice) json["advice"].push_back(advice_json(advice, language));
  return json;
}

std::string to_json(const Report& report, Language language) { return dump(report_value(report, language)); }

std::string transcript_to_json(const media::Recording& recording, const speech::Transcript& transcript) {
  return dump({{"recording", recording_json(recording, transcript, Language::japanese)},
               {"transcript", transcript_json(transcript)}});
}

}  // namespace guardian::report
