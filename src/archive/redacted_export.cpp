#include "archive/redacted_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "base/text.h"
#include "report/report_html.h"

namespace guardian::archive {
namespace {

using redaction::FoundDetail;

constexpr std::size_t kShortestRepeated = 2;  // characters; a shorter detail is a part of other words, too

/// A stretch of a text with placeholders for the details that reach into it.
std::string redacted_part(std::string_view text, const std::vector<FoundDetail>& found, std::size_t begin,
                          std::size_t end) {
  std::string part;
  std::size_t position = begin;
  for (const auto& detail : found) {
    if (detail.end <= begin || detail.begin >= end) continue;
    if (detail.begin > position) part += text.substr(position, detail.begin - position);
    part += redaction::placeholder(detail.kind);
    position = std::min(detail.end, end);
  }
  return part.append(text.substr(position, end - position));
}

/// True if the words, one after the other, are the text.
bool words_fit(const speech::Utterance& utterance) {
  std::string_view rest = utterance.text;
  for (const auto& word : utterance.words) {
    if (!rest.starts_with(word.text)) return false;
    rest.remove_prefix(word.text.size());
  }
  return rest.empty() && !utterance.words.empty();
}

bool is_inside(const std::vector<FoundDetail>& found, std::size_t place) {
  return std::any_of(found.begin(), found.end(),
                     [&](const FoundDetail& detail) { return detail.begin < place && place < detail.end; });
}

/// Words that share a detail become one.
std::vector<speech::Word> redacted_words(const speech::Utterance& utterance,
                                         const std::vector<FoundDetail>& found) {
  std::vector<speech::Word> words;
  std::size_t begin = 0;
  std::size_t end = 0;
  for (const auto& word : utterance.words) {
    if (end == 0 || !is_inside(found, end)) {
      begin = end;
      words.push_back(word);
    }
    end += word.text.size();
    auto& whole = words.back();
    whole.text = redacted_part(utterance.text, found, begin, end);
    whole.end_s = std::max(whole.end_s, word.end_s);
    whole.probability = std::min(whole.probability, word.probability);
  }
  return words;
}

/// When a detail was said; of words that fit the text.
media::PlaybackClip said_at(const speech::Utterance& utterance, const FoundDetail& detail) {
  double start_s = utterance.end_s;
  double end_s = utterance.start_s;
  std::size_t begin = 0;
  for (const auto& word : utterance.words) {
    const auto end = begin + word.text.size();
    if (begin < detail.end && detail.begin < end) {
      start_s = std::min({start_s, word.start_s, word.end_s});
      end_s = std::max({end_s, word.start_s, word.end_s});
    }
    begin = end;
  }
  return {start_s, end_s};
}

/// In order of time; those that touch become one.
std::vector<media::PlaybackClip> joined(std::vector<media::PlaybackClip> stretches) {
  std::sort(stretches.begin(), stretches.end(),
            [](const auto& a, const auto& b) { return a.start_s < b.start_s; });
  std::vector<media::PlaybackClip> together;
  for (const auto& stretch : stretches) {
    if (!together.empty() && stretch.start_s <= together.back().end_s)
      together.back().end_s = std::max(together.back().end_s, stretch.end_s);
    else
      together.push_back(stretch);
  }
  return together;
}

/// One report on its way out.
class ReportRedaction {
 public:
  ReportRedaction(report::Report& report, const redaction::Redactor& redactor)
      : report_(report), redactor_(redactor) {}

  std::vector<media::PlaybackClip> run() {
    find();
    auto silences = silence();
    redact_verdict();
    redact_rest();
    for (std::size_t i = 0; i < found_.size(); ++i)
      redact_utterance(report_.transcript.utterances[i], found_[i]);
    return silences;
  }

 private:
  void find() {
    std::string_view before;
    for (const auto& utterance : report_.transcript.utterances) {
      found_.push_back(redactor_.redact(utterance.text, before).found);
      before = utterance.text;
      for (const auto& detail : found_.back()) {
        const auto words = utterance.text.substr(detail.begin, detail.end - detail.begin);
        if (count_characters(words) >= kShortestRepeated) said_.emplace(words, placeholder(detail.kind));
      }
    }
  }

  std::vector<media::PlaybackClip> silence() const {
    std::vector<media::PlaybackClip> stretches;
    for (std::size_t i = 0; i < found_.size(); ++i) {
      const auto& utterance = report_.transcript.utterances[i];
      for (const auto& detail : found_[i]) {
        auto stretch = words_fit(utterance) ? said_at(utterance, detail)
                                            : media::PlaybackClip{utterance.start_s, utterance.end_s};
        stretch.start_s = std::max(0.0, stretch.start_s - kSilencePad_s);
        stretch.end_s += kSilencePad_s;
        if (report_.transcript.timed && stretch.end_s > stretch.start_s) stretches.push_back(stretch);
      }
    }
    return joined(std::move(stretches));
  }

  static void redact_utterance(speech::Utterance& utterance, const std::vector<FoundDetail>& found) {
    if (found.empty()) return;
    utterance.words = words_fit(utterance) ? redacted_words(utterance, found) : std::vector<speech::Word>{};
    utterance.text = redacted_part(utterance.text, found, 0, utterance.text.size());
  }

  /// Verbatim words of an utterance.
  std::string redacted_quote(const std::string& quote, std::size_t utterance) const {
    if (utterance < found_.size()) {
      const auto& text = report_.transcript.utterances[utterance].text;
      if (const auto at = text.find(quote); at != std::string::npos)
        return redacted_part(text, found_[utterance], at, at + quote.size());
    }
    return redacted_sentence(is_utf8(quote) ? redactor_.redact(quote).text : std::string());
  }

  /// A sentence of ours that may quote what was said.
  std::string redacted_sentence(std::string sentence) const {
    for (const auto& [words, instead] : said_)
      for (auto at = sentence.find(words); at != std::string::npos;
           at = sentence.find(words, at + instead.size()))
        sentence.replace(at, words.size(), instead);
    return sentence;
  }

  void redact_text(Text& text) const {
    text.ja = redacted_sentence(text.ja);
    text.en = redacted_sentence(text.en);
  }

  void redact_verdict() {
    auto& verdict = report_.verdict;
    for (auto& finding : verdict.findings) {
      finding.quote = redacted_quote(finding.quote, static_cast<std::size_t>(finding.utterance));
      for (auto& ground : finding.grounds) redact_text(ground);
    }
    if (!verdict.legitimate_complaint) return;
    std::size_t speaker = 0;
    while (speaker < found_.size() && report_.transcript.utterances[speaker].text.find(
                                          *verdict.legitimate_complaint) == std::string::npos)
      ++speaker;
    verdict.legitimate_complaint = redacted_quote(*verdict.legitimate_complaint, speaker);
  }

  void redact_rest() {
    report_.recording.name = "recording";  // recorders put numbers and names into file names
    report_.recording.counterpart.clear();
    report_.transcript.id.clear();
    for (auto& advice : report_.advice) redact_text(advice.text);
    for (auto& part : report_.exposure.contributions) redact_text(part.why);
    for (auto& warning : report_.recording.warnings) redact_text(warning.text);
    for (auto& warning : report_.transcript.warnings) redact_text(warning);
    report_.transcript.warnings.push_back(
        {fmt::format("氏名、電話番号などの個人情報を伏せています。語の時刻は正確ではないため、その前後 {} "
                     "秒も無音にしています。聞き誤った語は伏せられていないことがあります。",
                     kSilencePad_s),
         fmt::format(
             "Names, numbers and other personal details are left out. Word times are not exact, so {} "
             "s before and after them are silent, too. Details that were misheard may remain.",
             kSilencePad_s)});
  }

  report::Report& report_;
  const redaction::Redactor& redactor_;
  std::vector<std::vector<FoundDetail>> found_;  ///< by utterance, in its text as it was
  struct LongestFirst {
    bool operator()(const std::string& a, const std::string& b) const {
      return a.size() != b.size() ? a.size() > b.size() : a < b;
    }
  };
  std::map<std::string, std::string, LongestFirst> said_;  ///< with what stands for it
};

}  // namespace

RedactedReport redact(report::Report report, const redaction::Redactor& redactor) {
  RedactedReport redacted{std::move(report), {}};
  redacted.silences = ReportRedaction(redacted.report, redactor).run();
  return redacted;
}

Result<media::Playback> redacted_sound(const media::Source& source, const RedactedReport& redacted,
                                       const std::optional<media::PlaybackClip>& clip,
                                       const std::stop_token& stop) {
  const double length_s = redacted.report.recording.duration_s;
  const double wanted_s = clip ? std::min(clip->end_s, length_s) - clip->start_s : length_s;
  if (wanted_s > kLongestExport_s)
    return fail(Error::Kind::too_large, "export",
                {"3 時間を超える音声は一度に書き出せません", "more than 3 hours cannot be exported at once"},
                {"範囲を指定してください", "Name a clip"});
  media::PlaybackOptions options;
  options.first_channel_only = redacted.report.recording.dual_mono;
  options.silences = redacted.silences;
  if (clip) options.clips.push_back(*clip);
  return media::encode_playback(source, options, stop);
}

Result<std::string> redacted_html(const media::Source& source, const RedactedReport& redacted,
                                  const std::stop_token& stop) {
  auto options = report::playback_options(redacted.report);
  options.silences = redacted.silences;
  const auto playback = media::encode_playback(source, options, stop);
  if (!playback) return tl::unexpected<Error>(playback.error());
  return report::to_html(redacted.report, *playback);
}

}  // namespace guardian::archive
