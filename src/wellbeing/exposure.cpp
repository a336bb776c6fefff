#include "wellbeing/exposure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace guardian::wellbeing {
namespace {

constexpr double kSecondsPerMinute = 60.0;
constexpr double kLongestMinutes = 5.0;
constexpr double kShortestMinutes = 0.1;
constexpr double kFirst = 1.0;
constexpr double kRepeated = 1.3;
constexpr double kAfterWarning = 1.6;

/// A quote whose times are missing or nonsense counts as a short one.
double counted_minutes(const judgement::Finding& finding, bool timed) {
  const double minutes = (finding.end_s - finding.start_s) / kSecondsPerMinute;
  if (!timed || !std::isfinite(minutes)) return kShortestMinutes;
  return std::clamp(minutes, kShortestMinutes, kLongestMinutes);
}

Text explain(const Contribution& part, int severity) {
  const Text course = part.persistence == kAfterWarning
                          ? Text{"警告・お断りの後", "after a warning or refusal"}
                      : part.persistence == kRepeated ? Text{"同じ通話で反復", "again in the same call"}
                                                      : Text{"初回", "first time"};
  return {
      fmt::format("深刻度 {} × {:.1f} 分 × {:.1f} ({})", severity, part.minutes, part.persistence, course.ja),
      fmt::format("severity {} x {:.1f} min x {:.1f} ({})", severity, part.minutes, part.persistence,
                  course.en)};
}

}  // namespace

Exposure measure_exposure(const judgement::Verdict& verdict, const speech::Transcript& transcript) {
  Exposure exposure;
  exposure.statement = {
      "この数値は通話の内容から計算した曝露の目安です。ストレスチェック、医学的な診断、人事評価ではありません"
      "。",
      "This figure estimates exposure from what was said. It is not a stress check, a diagnosis or an "
      "appraisal."};
  std::set<std::string> seen;
  for (std::size_t i = 0; i < verdict.findings.size(); ++i) {
    const auto& finding = verdict.findings[i];
    Contribution part;
    part.finding = i;
    part.minutes = counted_minutes(finding, transcript.timed);
    const bool repeated = !seen.insert(finding.category).second;
    part.persistence = verdict.follows_warning(finding) ? kAfterWarning : repeated ? kRepeated : kFirst;
    part.value = std::clamp(finding.severity, 0, 100) / 100.0 * part.minutes * part.persistence;
    part.why = explain(part, finding.severity);
    exposure.value += part.value;
    exposure.contributions.push_back(std::move(part));
  }
  return exposure;
}

}  // namespace guardian::wellbeing
