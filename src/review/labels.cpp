#include "review/labels.h"

#include <fmt/format.h>

#include <map>

namespace guardian::review {
namespace {

/// What is known of one utterance.
struct Known {
  const Decision* strongest = nullptr;  ///< of those that say harassment
  int decided = 0;
  int findings = 0;
};

std::map<int, Known> known_of(const report::Report& report, const std::vector<Decision>& decisions) {
  const auto& findings = report.verdict.findings;
  std::map<int, Known> known;
  for (const auto& finding : findings)
    if (finding.utterance >= 0) ++known[finding.utterance].findings;
  for (const auto& decision : decisions) {
    const auto index = static_cast<std::size_t>(decision.finding);
    if (decision.finding < 0 || index >= findings.size() || findings[index].utterance < 0) continue;
    auto& one = known[findings[index].utterance];
    ++one.decided;
    if (decision.ruling == Ruling::rejected) continue;
    if (one.strongest == nullptr || one.strongest->severity < decision.severity) one.strongest = &decision;
  }
  return known;
}

}  // namespace

std::vector<evaluation::LabelledUtterance> labels_of(const std::string& recording,
                                                     const report::Report& report,
                                                     const std::vector<Decision>& decisions,
                                                     const redaction::Redactor& redactor) {
  std::vector<evaluation::LabelledUtterance> lines;
  const auto& utterances = report.transcript.utterances;
  for (const auto& [place, known] : known_of(report, decisions)) {
    const auto index = static_cast<std::size_t>(place);
    const bool harmless = known.strongest == nullptr && known.decided == known.findings;
    if (index >= utterances.size() || known.decided == 0 || (known.strongest == nullptr && !harmless))
      continue;
    evaluation::LabelledUtterance line;
    line.id = fmt::format("{}.{}", recording, place);
    line.text = redactor.redact(utterances[index].text, index > 0 ? utterances[index - 1].text : "").text;
    line.category = harmless ? "" : known.strongest->category;
    line.severity = harmless ? 0 : known.strongest->severity;
    line.kind = harmless ? "hard_negative" : "direct";
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace guardian::review
