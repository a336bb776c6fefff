#include "judgement/call_score.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace guardian::judgement {
namespace {

constexpr int kBandWidth = 20;
constexpr int kEmergency = 80;
// A finding we are less sure of than this counts in proportion; above it, severity alone speaks.
constexpr double kSure = 0.6;

double weight_of(policy::CategoryKind kind, const policy::Scale& scale) {
  switch (kind) {
    case policy::CategoryKind::conduct: return scale.conduct_weight;
    case policy::CategoryKind::context: return scale.context_weight;
    case policy::CategoryKind::demand: return scale.demand_weight;
    case policy::CategoryKind::excluded:
    case policy::CategoryKind::signal: break;
  }
  return 0.0;
}

}  // namespace

int call_score(const std::vector<Finding>& findings, const policy::Policy& policy) {
  std::map<std::string, double> strongest;
  bool demands_only = true;
  bool emergency = false;
  for (const auto& finding : findings) {
    const auto kind = policy.category(finding.category).kind;
    const double certainty = std::min(1.0, finding.confidence / kSure);
    const double strength = finding.severity * weight_of(kind, policy.scale) * certainty;
    auto& value = strongest[finding.category];
    value = std::max(value, strength);
    demands_only = demands_only && kind == policy::CategoryKind::demand;
    emergency = emergency || (finding.severity >= kEmergency && finding.confidence >= kSure);
  }
  std::vector<double> strengths;
  for (const auto& [category, strength] : strongest) strengths.push_back(strength);
  std::sort(strengths.rbegin(), strengths.rend());
  double score = 0.0;
  double share = policy.scale.further_share;
  for (std::size_t i = 0; i < strengths.size(); ++i) {
    score += i == 0 ? strengths[i] : strengths[i] * share;
    if (i > 0) share /= 2.0;
  }
  if (demands_only) score = std::min(score, static_cast<double>(policy.scale.demand_cap));
  if (emergency) score = std::max(score, static_cast<double>(kEmergency));
  return std::clamp(static_cast<int>(std::lround(score)), 0, 100);
}

Band band_of(int score) { return static_cast<Band>(std::clamp(score / kBandWidth, 0, 4)); }

}  // namespace guardian::judgement
