#include "report/report_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/file.h"
#include "base/markup.h"
#include "report/assets.h"
#include "report/report_json.h"

namespace guardian::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kWholeUpTo_s = 30.0 * 60.0;
constexpr double kBefore_s = 10.0;
constexpr double kLongestClip_s = 60.0;
constexpr std::size_t kMostClips = 30;

std::string content_security_policy() {
  return fmt::format(
      "default-src 'none'; script-src {}; style-src {}; media-src data:; base-uri 'none'; form-action 'none'",
      policy_hash(assets::report_js), policy_hash(assets::report_css));
}

/// JSON inside <script>: no character that could end the element or, in old engines, a line.
std::string inside_script(const std::string& json) {
  std::string safe;
  safe.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    const std::string_view three = std::string_view(json).substr(i, 3);
    if (c == '<' || c == '>' || c == '&') {
      safe += fmt::format("\\u{:04x}", static_cast<int>(c));
    } else if (three == "\xE2\x80\xA8" || three == "\xE2\x80\xA9") {
      safe += three[2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      safe += c;
    }
  }
  return safe;
}

/// Loudest sample of each slice in percent, one list per lane.
Json lanes(const media::Recording& recording) {
  auto all = Json::array();
  for (const auto& channel : recording.peaks) {
    auto lane = Json::array();
    for (const auto& peak : channel) {
      const float loudest = std::max(std::fabs(peak.low), std::fabs(peak.high));
      lane.push_back(std::isfinite(loudest) ? std::lround(std::clamp(loudest, 0.0F, 1.0F) * 100.0F) : 0);
    }
    all.push_back(std::move(lane));
    if (recording.dual_mono) break;
  }
  return all;
}

/// Of the words only where doubt begins and ends: their times would make long reports heavy.
void keep_doubt(Json& utterance) {
  auto pieces = Json::array();
  for (const auto& word : utterance.value("words", Json::array())) {
    const bool doubtful = word.contains("doubtful");
    if (pieces.empty() || pieces.back()["doubtful"] != doubtful)
      pieces.push_back({{"text", ""}, {"doubtful", doubtful}});
    auto& text = pieces.back()["text"].get_ref<std::string&>();
    text += word["text"].get_ref<const std::string&>();
  }
  utterance.erase("words");
  if (pieces.size() > 1 || (!pieces.empty() && pieces[0]["doubtful"] == true))
    utterance["pieces"] = std::move(pieces);
}

Json data_of(const Report& report, const std::optional<media::Playback>& playback) {
  Json data{{"ja", report_value(report, Language::japanese)},
            {"en", report_value(report, Language::english)}};
  data["en"].erase("transcript");
  for (auto& utterance : data["ja"]["transcript"]) keep_doubt(utterance);
  data["peaks"] = lanes(report.recording);
  data["spans"] = Json::array();
  if (playback)
    for (const auto& span : playback->spans)
      data["spans"].push_back({to_milliseconds(span.recording_start_s),
                               to_milliseconds(span.playback_start_s), to_milliseconds(span.duration_s)});
  data["clipped"] = !playback_options(report).clips.empty();
  return data;
}

std::string audio_element(const std::optional<media::Playback>& playback) {
  if (!playback || playback->mp3.empty()) return {};
  return R"(<audio id="audio" controls preload="auto" src="data:audio/mpeg;base64,)" + base64(playback->mp3) +
         R"("></audio>)";
}

/// Puts values in the places of {{name}} in one pass, so that nothing inside a value is taken for a place.
std::string fill(std::string_view page, const std::map<std::string, std::string, std::less<>>& values) {
  std::string filled;
  while (true) {
    const auto open = page.find("{{");
    const auto close = page.find("}}", open == std::string_view::npos ? page.size() : open);
    if (close == std::string_view::npos) return filled.append(page);
    filled.append(page.substr(0, open));
    const auto found = values.find(page.substr(open + 2, close - open - 2));
    if (found != values.end()) filled += found->second;
    page.remove_prefix(close + 2);
  }
}

}  // namespace

media::PlaybackOptions playback_options(const Report& report) {
  media::PlaybackOptions options;
  options.first_channel_only = report.recording.dual_mono;
  const double length = report.recording.duration_s;
  if (length <= kWholeUpTo_s) return options;
  const auto add = [&](double start_s, double end_s) {
    const double from = std::clamp(start_s - kBefore_s, 0.0, length);
    const double to = std::clamp(end_s + kBefore_s, from, std::min(length, from + kLongestClip_s));
    if (options.clips.size() < kMostClips && to > from) options.clips.push_back({from, to});
  };
  for (const int index : report.verdict.distress_utterances)
    if (index >= 0 && static_cast<std::size_t>(index) < report.transcript.utterances.size()) {
      const auto& utterance = report.transcript.utterances[static_cast<std::size_t>(index)];
      add(utterance.start_s, utterance.end_s);
    }
  auto findings = report.verdict.findings;
  std::stable_sort(findings.begin(), findings.end(),
                   [](const auto& a, const auto& b) { return a.severity > b.severity; });
  for (const auto& finding : findings)
    if (finding.utterance >= 0) add(finding.start_s, finding.end_s);
  if (options.clips.empty()) add(0.0, kLongestClip_s);
  return options;
}

std::string to_html(const Report& report, const std::optional<media::Playback>& playback) {
  const auto json = data_of(report, playback).dump(-1, ' ', false, Json::error_handler_t::replace);
  return fill(assets::index_html, {{"policy", content_security_policy()},
                                   {"style", std::string(assets::report_css)},
                                   {"audio", audio_element(playback)},
                                   {"data", inside_script(json)},
                                   {"script", std::string(assets::report_js)}});
}

}  // namespace guardian::report
