#include "insights/lead_up.h"

#include <algorithm>
#include <array>

namespace guardian::insights {
namespace {

constexpr std::array<std::pair<LeadUp, std::string_view>, 6> kNames = {{{LeadUp::unknown, "unknown"},
                                                                        {LeadUp::refusal, "refusal"},
                                                                        {LeadUp::opening, "opening"},
                                                                        {LeadUp::wait, "wait"},
                                                                        {LeadUp::long_talk, "long_talk"},
                                                                        {LeadUp::talk, "talk"}}};

bool just_refused(const judgement::Verdict& verdict, int utterance) {
  return std::any_of(verdict.warned_utterances.begin(), verdict.warned_utterances.end(),
                     [&](int warned) { return warned < utterance && utterance - warned <= kRefusalTurns; });
}

/// Between two utterances, the later of which began at most kWaitBefore_s before.
bool had_waited(const std::vector<speech::Utterance>& utterances, int utterance, double start_s) {
  double silent_since_s = 0.0;
  for (const auto& one : utterances) {
    if (one.index > utterance) break;
    if (one.start_s - silent_since_s >= kWait_s && start_s - one.start_s <= kWaitBefore_s) return true;
    silent_since_s = std::max(silent_since_s, one.end_s);
  }
  return false;
}

}  // namespace

std::string_view name_of(LeadUp lead_up) {
  return std::find_if(kNames.begin(), kNames.end(), [&](const auto& one) { return one.first == lead_up; })
      ->second;
}

LeadUp lead_up_named(std::string_view name) {
  for (const auto& [lead_up, known] : kNames)
    if (known == name) return lead_up;
  return LeadUp::unknown;
}

LeadUp lead_up_to(const report::Report& report, const judgement::Finding& finding) {
  if (finding.utterance < 0 || !report.transcript.timed) return LeadUp::unknown;
  if (just_refused(report.verdict, finding.utterance)) return LeadUp::refusal;
  if (finding.start_s < kOpening_s) return LeadUp::opening;
  if (had_waited(report.transcript.utterances, finding.utterance, finding.start_s)) return LeadUp::wait;
  return finding.start_s >= kLongTalk_s ? LeadUp::long_talk : LeadUp::talk;
}

}  // namespace guardian::insights
