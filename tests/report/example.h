// tests/report/example.h - a report with everything in it, some of it hostile.
#pragma once

#include "report/report.h"

namespace guardian::report::example {

inline constexpr const char* kHostile =
    "殺すぞ</script><script>alert(1)</script> \x1b[31m\n\n9\n\xE2\x80\xA8{{audio}}";

inline Report report() {
  Report report;
  report.recording.name = "call.wav";
  report.recording.sha256 = std::string(64, 'a');
  report.recording.duration_s = 12.34567;
  report.recording.channels = 2;
  report.recording.sample_rate_hz = 8000;
  report.recording.peaks = {{{-0.5F, 0.25F}, {0.0F, 0.0F}}, {{-1.0F, 1.0F}, {0.0F, 0.1F}}};
  report.recording.warnings = {{media::Warning::Code::clipping, {"音割れ", "clipping"}}};
  report.engine = {"0.1.0", "whisper-base", "2026.11.1"};
  report.created_at = "2026-11-24T03:04:05Z";
  speech::Utterance employee;
  employee.speaker = speech::Speaker::employee;
  employee.text = "お電話ありがとうございます。";
  employee.end_s = 2.0;
  speech::Utterance customer;
  customer.index = 1;
  customer.speaker = speech::Speaker::customer;
  customer.channel = 1;
  customer.text = kHostile;
  customer.start_s = 2.50049;
  customer.end_s = 4.0;
  customer.confidence = 0.9;
  customer.words = {{"殺すぞ", 2.5, 3.0, 0.8}};
  customer.cues.loudness_change_db = 8.0;
  report.transcript.utterances = {employee, customer};
  judgement::Finding finding;
  finding.category = "threat";
  finding.label = {"脅迫", "Threat"};
  finding.severity = 90;
  finding.confidence = 0.9;
  finding.utterance = 1;
  finding.start_s = 2.50049;
  finding.end_s = 3.0;
  finding.quote = "殺すぞ";
  finding.grounds = {{"規則 threat.kill", "rule threat.kill"}};
  report.verdict.findings = {finding};
  report.verdict.score = 90;
  report.verdict.band = judgement::Band::emergency;
  report.verdict.suspected = true;
  report.advice = {{"now", {"「責任者に代わります。」", "Hand over."}, "threat", "L2"}};
  report.exposure = wellbeing::measure_exposure(report.verdict, report.transcript);
  return report;
}

}  // namespace guardian::report::example
