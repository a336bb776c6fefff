#include "archive/redacted_report.h"

namespace guardian::archive {

report::Report without_personal(report::Report report, const redaction::Redactor& redactor) {
  std::string before;
  for (auto& utterance : report.transcript.utterances) {
    auto said = std::move(utterance.text);
    utterance.text = redactor.redact(said, before).text;
    utterance.words.clear();  // each with its time: the redacted ones would still be there
    before = std::move(said);
  }
  auto& verdict = report.verdict;
  for (auto& finding : verdict.findings) {
    finding.quote = redactor.redact(finding.quote).text;
    for (auto& ground : finding.grounds)
      ground = {redactor.redact(ground.ja).text, redactor.redact(ground.en).text};
  }
  if (verdict.legitimate_complaint)
    verdict.legitimate_complaint = redactor.redact(*verdict.legitimate_complaint).text;
  report.recording.name.clear();
  report.recording.counterpart.clear();
  report.recording.peaks.clear();
  return report;
}

}  // namespace guardian::archive
