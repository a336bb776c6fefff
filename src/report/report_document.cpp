#include "report/report_document.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "report/names.h"

namespace guardian::report {
namespace {

using document::Page;

/// One report in one language, chapter by chapter.
class Chapters {
 public:
  Chapters(Page& page, const Report& report, Language language)
      : page_(page), report_(report), language_(language) {}

  void write() {
    facts();
    distress();
    findings();
    complaint();
    advice();
    transcript();
    doubts();
    origin();
  }

 private:
  std::string words(const char* ja, const char* en) const { return Text{ja, en}.in(language_); }

  void facts() {
    const auto& verdict = report_.verdict;
    const auto& axes = verdict.axes;
    page_.paragraph(suspicion_statement().in(language_));
    page_.facts({{words("録音", "Recording"), report_.recording.name},
                 {words("開始", "Began"),
                  report_.recording.started_at ? format_rfc3339(*report_.recording.started_at) : ""},
                 {words("長さ", "Length"), format_position(report_.recording.duration_s)},
                 {words("顧客番号", "Customer"), report_.recording.counterpart},
                 {words("危険度", "Danger"),
                  fmt::format("{} / 100 ({})", verdict.score, band_name(verdict.band).in(language_))},
                 {words("要求・言動・執拗さ・就業環境", "Demand, conduct, persistence, harm"),
                  fmt::format("{} / {} / {} / {}", axes.demand, axes.conduct, axes.persistence, axes.harm)}});
  }

  void distress() {
    std::vector<std::string> said;
    for (const int index : report_.verdict.distress_utterances)
      if (const auto at = static_cast<std::size_t>(index);
          index >= 0 && at < report_.transcript.utterances.size())
        said.push_back(report_.transcript.utterances[at].text);
    if (said.empty()) return;
    page_.heading(words("助けを求める言葉 (加害ではありません)", "Words of distress (not harassment)"));
    for (const auto& text : said) page_.quote(text);
  }

  void findings() {
    page_.heading(words("疑いのある箇所", "What is suspected"));
    std::vector<std::vector<std::string>> rows;
    for (const auto& finding : report_.verdict.findings) {
      std::string grounds;
      for (const auto& ground : finding.grounds)
        grounds += (grounds.empty() ? "" : " / ") + ground.in(language_);
      rows.push_back({finding.utterance < 0 ? words("全体", "whole") : format_position(finding.start_s),
                      finding.label.in(language_), finding.quote,
                      fmt::format("{} / {:.0f} %", finding.severity, 100.0 * finding.confidence), grounds});
    }
    if (rows.empty()) page_.paragraph(words("見つかりませんでした。", "Nothing was found."));
    page_.table({words("位置", "At"), words("類型", "Kind"), words("言葉 (そのまま)", "Words, verbatim"),
                 words("深刻さ / 確からしさ", "Severity / confidence"), words("根拠", "Grounds")},
                rows);
  }

  void complaint() {
    if (!report_.verdict.legitimate_complaint) return;
    page_.heading(words("正当な訴え (対応が要ります)", "The legitimate complaint, which deserves an answer"));
    page_.quote(*report_.verdict.legitimate_complaint);
  }

  void advice() {
    std::vector<std::string> items;
    for (const auto& one : report_.advice) items.push_back(one.text.in(language_));
    if (items.empty()) return;
    page_.heading(words("対応の助言", "Advice"));
    page_.list(items);
  }

  void transcript() {
    page_.heading(words("文字起こし (機械による。誤りを含みます)", "Transcript, by machine and with errors"));
    std::vector<std::vector<std::string>> rows;
    for (const auto& utterance : report_.transcript.utterances)
      rows.push_back({report_.transcript.timed ? format_position(utterance.start_s) : "",
                      speaker_name(utterance.speaker, language_), utterance.text});
    page_.table({words("位置", "At"), words("話者", "Speaker"), words("言葉", "Words")}, rows);
  }

  void doubts() {
    std::vector<std::string> items;
    for (const auto& warning : report_.recording.warnings) items.push_back(warning.text.in(language_));
    for (const auto& warning : report_.transcript.warnings) items.push_back(warning.in(language_));
    if (items.empty()) return;
    page_.heading(words("確かさについての注意", "What makes it less certain"));
    page_.list(items);
  }

  void origin() {
    page_.heading(words("もとの録音と分析", "The recording and its analysis"));
    page_.facts({{"SHA-256", report_.recording.sha256},
                 {words("分析", "Analysed"), report_.created_at},
                 {words("プログラム", "Program"), report_.engine.version},
                 {words("音声認識", "Recogniser"), report_.engine.asr_model},
                 {words("規則", "Policy"), report_.engine.policy_version}});
  }

  Page& page_;
  const Report& report_;
  Language language_;
};

}  // namespace

void add_chapters(Page& page, const Report& report, Language language) {
  Chapters(page, report, language).write();
}

Page report_document(const Report& report, Language language) {
  Page page(language,
            Text{"カスハラの疑いについての報告書", "Report on suspected customer harassment"}.in(language),
            sheet_statement().in(language));
  add_chapters(page, report, language);
  return page;
}

}  // namespace guardian::report
