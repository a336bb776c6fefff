#include "report/summary.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"

namespace guardian::report {
namespace {

/// Writes the summary piece by piece, so that the language and the colours are asked for once.
class Summary {
 public:
  Summary(const Report& report, const SummaryOptions& options) : report_(report), options_(options) {}

  std::string write() {
    heading();
    distress();
    findings();
    complaint();
    advice();
    load();
    warnings();
    text_ += "\n" + say(suspicion_statement()) + "\n";
    return std::move(text_);
  }

 private:
  const std::string& say(const Text& text) const { return text.in(options_.language); }
  std::string words(const char* ja, const char* en) const {
    return options_.language == Language::japanese ? ja : en;
  }

  std::string coloured(const std::string& words, const char* code) const {
    return options_.colours ? fmt::format("\x1b[{}m{}\x1b[0m", code, words) : words;
  }

  const char* band_colour() const {
    switch (report_.verdict.band) {
      case judgement::Band::none:
        return "32";
      case judgement::Band::notice:
        return "36";
      case judgement::Band::caution:
        return "33";
      case judgement::Band::high:
        return "35";
      case judgement::Band::emergency:
        break;
    }
    return "1;31";
  }

  void title(const char* ja, const char* en) { text_ += "\n" + coloured(words(ja, en), "1") + "\n"; }

  void heading() {
    const auto& verdict = report_.verdict;
    text_ += fmt::format("{}  ({})\n", coloured(printable(report_.recording.name), "1"),
                         format_position(report_.recording.duration_s));
    const auto score =
        fmt::format("{} {} / 100  {}", words("スコア", "Score"), verdict.score, say(band_name(verdict.band)));
    text_ += coloured(score, band_colour());
    if (verdict.suspected)
      text_ += "  " + coloured(words("カスタマーハラスメントの疑い", "suspected customer harassment"),
                               band_colour());
    const auto& axes = verdict.axes;
    text_ += fmt::format("\n{} {} / {} {} / {} {} / {} {}\n", words("要求", "demand"), axes.demand,
                         words("手段", "conduct"), axes.conduct, words("継続", "persistence"),
                         axes.persistence, words("影響", "harm"), axes.harm);
  }

  void distress() {
    if (report_.verdict.distress_utterances.empty()) return;
    title("お客様の危機のサイン(採点の対象外。電話を切らず、すぐに責任者へ)",
          "Signs of a customer in distress (not scored; stay on the line and call a superior)");
    for (const int index : report_.verdict.distress_utterances)
      if (index >= 0 && static_cast<std::size_t>(index) < report_.transcript.utterances.size()) {
        const auto& utterance = report_.transcript.utterances[static_cast<std::size_t>(index)];
        text_ +=
            fmt::format("  {:>7}  「{}」\n", format_position(utterance.start_s), printable(utterance.text));
      }
  }

  void findings() {
    if (report_.verdict.findings.empty()) {
      text_ += "\n" + words("疑いのある箇所は見つかりませんでした。", "Nothing suspicious was found.") + "\n";
      return;
    }
    title("疑いのある箇所", "Suspected places");
    for (const auto& finding : report_.verdict.findings) {
      const auto place = report_.transcript.timed ? format_position(finding.start_s) : std::string("-");
      text_ += fmt::format("  {:>7}  {}  {} {}  {} {:.0f}%\n", place, coloured(say(finding.label), "1"),
                           words("深刻度", "severity"), finding.severity, words("確からしさ", "confidence"),
                           finding.confidence * 100.0);
      if (!finding.quote.empty()) text_ += fmt::format("           「{}」\n", printable(finding.quote));
      for (const auto& ground : finding.grounds)
        text_ += fmt::format("           - {}\n", printable(say(ground)));
    }
  }

  void complaint() {
    if (!report_.verdict.legitimate_complaint) return;
    title("お答えすべきご意見(正当な苦情)", "Deserves an answer (fair complaint)");
    text_ += fmt::format("  「{}」\n", printable(*report_.verdict.legitimate_complaint));
  }

  void advice() {
    if (report_.advice.empty()) return;
    title("対応の助言", "Advice");
    for (const auto& entry : report_.advice) {
      const auto when = entry.when == "now"     ? words("今", "now")
                        : entry.when == "next"  ? words("次に", "next")
                        : entry.when == "after" ? words("終わったら", "after")
                                                : words("今後", "prevent");
      text_ += fmt::format("  [{} {}] {}\n", when, entry.level, printable(say(entry.text)));
    }
  }

  void load() {
    title("従業員の負荷", "Load on the employee");
    text_ += fmt::format("  {} {:.2f}  {}\n", words("曝露", "exposure"), report_.exposure.value,
                         say(report_.exposure.statement));
  }

  void warnings() {
    if (report_.recording.warnings.empty() && report_.transcript.warnings.empty()) return;
    title("録音についての注意", "About the recording");
    for (const auto& warning : report_.recording.warnings)
      text_ += "  - " + printable(say(warning.text)) + "\n";
    for (const auto& warning : report_.transcript.warnings) text_ += "  - " + printable(say(warning)) + "\n";
  }

  const Report& report_;
  SummaryOptions options_;
  std::string text_;
};

}  // namespace

std::string summarize(const Report& report, const SummaryOptions& options) {
  return Summary(report, options).write();
}

}  // namespace guardian::report
