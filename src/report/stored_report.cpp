#include "report/stored_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json_guard.h"

namespace guardian::media {

constexpr std::int64_t enumerators(Kind) { return static_cast<std::int64_t>(Kind::transcript) + 1; }
constexpr std::int64_t enumerators(Warning::Code) {
  return static_cast<std::int64_t>(Warning::Code::unknown_start) + 1;
}

template <class Io>
void fields(Io& io, Warning& warning) {
  io("code", warning.code);
  io("text", warning.text);
}

template <class Io>
void fields(Io& io, ChannelLevel& level) {
  io("loudness_lufs", level.loudness_lufs);
  io("peak", level.peak);
  io("clipped_share", level.clipped_share);
  io("active_s", level.active_s);
}

constexpr float kPeakSteps = 10'000.0F;

/// Two whole numbers a slice.
std::vector<int> packed(const std::vector<Peak>& peaks) {
  std::vector<int> numbers;
  numbers.reserve(peaks.size() * 2);
  for (const auto& peak : peaks)
    for (const float height : {peak.low, peak.high})
      numbers.push_back(static_cast<int>(std::lround(std::clamp(height, -2.0F, 2.0F) * kPeakSteps)));
  return numbers;
}

std::vector<Peak> unpacked(const std::vector<int>& numbers) {
  std::vector<Peak> peaks;
  for (std::size_t i = 0; i + 1 < numbers.size(); i += 2)
    peaks.push_back(
        {static_cast<float>(numbers[i]) / kPeakSteps, static_cast<float>(numbers[i + 1]) / kPeakSteps});
  return peaks;
}

template <class Io>
void fields(Io& io, Recording& recording) {
  io("name", recording.name);
  io("sha256", recording.sha256);
  io("kind", recording.kind);
  io("duration_s", recording.duration_s);
  io("silence_s", recording.silence_s);
  io("channels", recording.channels);
  io("sample_rate_hz", recording.sample_rate_hz);
  io("codec", recording.codec);
  io("levels", recording.levels);
  std::vector<std::vector<int>> peaks;
  for (const auto& channel : recording.peaks) peaks.push_back(packed(channel));
  io("peaks", peaks);
  recording.peaks.clear();
  for (const auto& channel : peaks) recording.peaks.push_back(unpacked(channel));
  io("dual_mono", recording.dual_mono);
  io("warnings", recording.warnings);
  io("counterpart", recording.counterpart);
  io("started_at", recording.started_at);
}

}  // namespace guardian::media

namespace guardian::speech {

constexpr std::int64_t enumerators(Speaker) { return static_cast<std::int64_t>(Speaker::unknown) + 1; }
constexpr std::int64_t enumerators(Setting) { return static_cast<std::int64_t>(Setting::counter) + 1; }

template <class Io>
void fields(Io& io, Word& word) {
  io("text", word.text);
  io("start_s", word.start_s);
  io("end_s", word.end_s);
  io("probability", word.probability);
}

template <class Io>
void fields(Io& io, SoundCues& cues) {
  io("loudness_db", cues.loudness_db);
  io("loudness_change_db", cues.loudness_change_db);
  io("pitch_hz", cues.pitch_hz);
  io("pitch_change_st", cues.pitch_change_st);
  io("rate_morae_per_s", cues.rate_morae_per_s);
  io("overlap_s", cues.overlap_s);
  io("response_gap_s", cues.response_gap_s);
  io("interruption", cues.interruption);
}

template <class Io>
void fields(Io& io, Utterance& utterance) {
  io("index", utterance.index);
  io("speaker", utterance.speaker);
  io("channel", utterance.channel);
  io("text", utterance.text);
  io("start_s", utterance.start_s);
  io("end_s", utterance.end_s);
  io("confidence", utterance.confidence);
  io("words", utterance.words);
  io("cues", utterance.cues);
}

template <class Io>
void fields(Io& io, Transcript& transcript) {
  io("id", transcript.id);
  io("setting", transcript.setting);
  io("industry", transcript.industry);
  io("company_fault", transcript.company_fault);
  io("utterances", transcript.utterances);
  io("speech_s", transcript.speech_s);
  io("asr_model", transcript.asr_model);
  io("timed", transcript.timed);
  io("warnings", transcript.warnings);
}

}  // namespace guardian::speech

namespace guardian::judgement {

constexpr std::int64_t enumerators(Band) { return static_cast<std::int64_t>(Band::emergency) + 1; }

template <class Io>
void fields(Io& io, Finding& finding) {
  io("category", finding.category);
  io("label", finding.label);
  io("severity", finding.severity);
  io("confidence", finding.confidence);
  io.later("speaker_share", finding.speaker_share);
  io("utterance", finding.utterance);
  io("start_s", finding.start_s);
  io("end_s", finding.end_s);
  io("quote", finding.quote);
  io("grounds", finding.grounds);
  io("rule", finding.rule);
  io("score_without", finding.score_without);
}

template <class Io>
void fields(Io& io, Axes& axes) {
  io("demand", axes.demand);
  io("conduct", axes.conduct);
  io("persistence", axes.persistence);
  io("harm", axes.harm);
}

template <class Io>
void fields(Io& io, Verdict& verdict) {
  io("findings", verdict.findings);
  io("score", verdict.score);
  io("band", verdict.band);
  io("suspected", verdict.suspected);
  io("axes", verdict.axes);
  io("legitimate_complaint", verdict.legitimate_complaint);
  io("distress_utterances", verdict.distress_utterances);
  io("warned_utterances", verdict.warned_utterances);
  io("policy_version", verdict.policy_version);
}

}  // namespace guardian::judgement

namespace guardian::guidance {

template <class Io>
void fields(Io& io, Advice& advice) {
  io("when", advice.when);
  io("text", advice.text);
  io("category", advice.category);
  io("level", advice.level);
}

}  // namespace guardian::guidance

namespace guardian::wellbeing {

template <class Io>
void fields(Io& io, Contribution& contribution) {
  io("finding", contribution.finding);
  io("value", contribution.value);
  io("minutes", contribution.minutes);
  io("persistence", contribution.persistence);
  io("why", contribution.why);
}

template <class Io>
void fields(Io& io, Exposure& exposure) {
  io("value", exposure.value);
  io("contributions", exposure.contributions);
  io("statement", exposure.statement);
}

}  // namespace guardian::wellbeing

namespace guardian::report {

template <class Io>
void fields(Io& io, Engine& engine) {
  io("version", engine.version);
  io("asr_model", engine.asr_model);
  io("policy_version", engine.policy_version);
}

template <class Io>
void fields(Io& io, Report& report) {
  io("recording", report.recording);
  io("engine", report.engine);
  io("transcript", report.transcript);
  io("verdict", report.verdict);
  io("advice", report.advice);
  io("exposure", report.exposure);
  io("created_at", report.created_at);
}

namespace {

constexpr JsonLimits kLimits{256U << 20U, 32};
constexpr double kMaximumSeconds = 30.0 * 24.0 * 3600.0;  // a month, as for transcripts
constexpr int kMaximumChannels = 64;

void require(bool holds, const char* field) {
  if (!holds) throw FieldMistake{field};
}

bool is_time(double seconds) { return seconds >= 0.0 && seconds <= kMaximumSeconds; }
bool is_share(double share) { return share >= 0.0 && share <= 1.0; }
bool is_score(int score) { return score >= 0 && score <= 100; }

void check_recording(const media::Recording& recording) {
  require(is_time(recording.duration_s), "duration_s");
  require(recording.silence_s >= 0.0 && recording.silence_s <= recording.duration_s, "silence_s");
  require(recording.channels >= 0 && recording.channels <= kMaximumChannels, "channels");
  require(std::ssize(recording.levels) <= kMaximumChannels, "levels");
}

void check_transcript(const speech::Transcript& transcript) {
  int index = 0;
  for (const auto& utterance : transcript.utterances) {
    require(utterance.index == index++, "index");
    require(is_time(utterance.start_s) && is_time(utterance.end_s), "start_s");
  }
}

void check_verdict(const judgement::Verdict& verdict, std::ptrdiff_t utterances) {
  const auto is_utterance = [&](int index) { return index >= 0 && index < utterances; };
  require(is_score(verdict.score), "score");
  for (const int axis :
       {verdict.axes.demand, verdict.axes.conduct, verdict.axes.persistence, verdict.axes.harm})
    require(is_score(axis), "axes");
  for (const auto& finding : verdict.findings) {
    require(is_score(finding.severity), "severity");
    require(is_share(finding.confidence), "confidence");
    require(is_share(finding.speaker_share) && finding.speaker_share > 0.0, "speaker_share");
    require(finding.utterance == -1 || is_utterance(finding.utterance), "utterance");
    require(is_time(finding.start_s) && is_time(finding.end_s), "start_s");
  }
  for (const auto* list : {&verdict.distress_utterances, &verdict.warned_utterances})
    require(std::all_of(list->begin(), list->end(), is_utterance), "utterances");
}

void check(const Report& report) {
  check_recording(report.recording);
  check_transcript(report.transcript);
  check_verdict(report.verdict, std::ssize(report.transcript.utterances));
  require(report.exposure.value >= 0.0, "value");
  for (const auto& part : report.exposure.contributions)
    require(part.finding < report.verdict.findings.size(), "finding");
  require(parse_rfc3339(report.created_at).has_value(), "created_at");
}

}  // namespace

nlohmann::json to_stored_value(const Report& report) { return write_fields(report); }

Report from_stored_value(const nlohmann::json& json) {
  Report report;
  read_fields(json, "report", report);
  check(report);
  return report;
}

std::string to_stored(const Report& report) { return to_json_line(report); }

Result<Report> parse_stored(std::string_view text, const std::string& name) {
  const auto json = parse_json(text, name, kLimits);
  if (!json) return tl::unexpected<Error>(json.error());
  try {
    return from_stored_value(*json);
  } catch (const FieldMistake& mistake) {
    return fail(Error::Kind::damaged, name,
                {fmt::format("報告書として読めません ({})", mistake.field),
                 fmt::format("cannot be read as a report ({})", mistake.field)},
                {"録音を分析し直してください", "Analyse the recording again"});
  }
}

}  // namespace guardian::report
