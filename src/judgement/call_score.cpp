#include "judgement/call_score.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace guardian::judgement {
namespace {

constexpr int kBandWidth = 20;
constexpr int kEmergency = 80;
// A finding we are less sure of than this counts in proportion; above it, severity alone speaks.
constexpr double kSure = 0.9;
constexpr double kSureOfEmergency = 0.7;

double weight_of(policy::CategoryKind kind, const policy::Scale& scale) {
  switch (kind) {
    case policy::CategoryKind::conduct:
      return scale.conduct_weight;
    case policy::CategoryKind::context:
      return scale.context_weight;
    case policy::CategoryKind::demand:
      return scale.demand_weight;
    case policy::CategoryKind::excluded:
    case policy::CategoryKind::signal:
      break;
  }
  return 0.0;
}

/// How strongly a finding weighs in the call.
double strength_of(const Finding& finding, policy::CategoryKind kind, const policy::Scale& scale) {
  return finding.severity * weight_of(kind, scale) * std::min(1.0, finding.confidence / kSure);
}

bool is_emergency(const Finding& finding) {
  return finding.severity >= kEmergency && finding.confidence >= kSureOfEmergency;
}

/// What the score of a call needs to know of its findings, so that leaving one out does not mean starting
/// again.
class ScoreSheet {
 public:
  ScoreSheet(const std::vector<Finding>& findings, const policy::Policy& policy) : policy_(policy) {
    for (const auto& finding : findings) {
      const auto kind = policy.category(finding.category).kind;
      keep(strengths_[finding.category], strength_of(finding, kind, policy.scale));
      others_than_demands_ += kind == policy::CategoryKind::demand ? 0 : 1;
      emergencies_ += is_emergency(finding) ? 1 : 0;
    }
  }

  int score() const {
    std::vector<double> strongest;
    for (const auto& [category, strengths] : strengths_) strongest.push_back(strengths.first);
    std::sort(strongest.rbegin(), strongest.rend());
    double score = 0.0;
    double share = policy_.scale.further_share;
    for (std::size_t i = 0; i < strongest.size(); ++i) {
      score += i == 0 ? strongest[i] : strongest[i] * share;
      if (i > 0) share /= 2.0;
    }
    if (others_than_demands_ == 0) score = std::min(score, static_cast<double>(policy_.scale.demand_cap));
    if (emergencies_ > 0) score = std::max(score, static_cast<double>(kEmergency));
    return std::clamp(static_cast<int>(std::lround(score)), 0, 100);
  }

  int score_without(const Finding& finding) const {
    ScoreSheet rest = *this;
    const auto kind = policy_.category(finding.category).kind;
    auto& strengths = rest.strengths_[finding.category];
    if (strength_of(finding, kind, policy_.scale) >= strengths.first) strengths = {strengths.second, 0.0};
    rest.others_than_demands_ -= kind == policy::CategoryKind::demand ? 0 : 1;
    rest.emergencies_ -= is_emergency(finding) ? 1 : 0;
    return rest.score();
  }

 private:
  /// Of one category.
  struct TwoStrongest {
    double first = 0.0;
    double second = 0.0;
  };

  static void keep(TwoStrongest& strongest, double strength) {
    if (strength > strongest.first)
      strongest = {strength, strongest.first};
    else
      strongest.second = std::max(strongest.second, strength);
  }

  const policy::Policy& policy_;
  std::map<std::string, TwoStrongest> strengths_;
  int others_than_demands_ = 0;
  int emergencies_ = 0;
};

}  // namespace

int call_score(const std::vector<Finding>& findings, const policy::Policy& policy) {
  return ScoreSheet(findings, policy).score();
}

void fill_scores_without(std::vector<Finding>& findings, const policy::Policy& policy) {
  const ScoreSheet sheet(findings, policy);
  for (auto& finding : findings) finding.score_without = sheet.score_without(finding);
}

Band band_of(int score) { return static_cast<Band>(std::clamp(score / kBandWidth, 0, 4)); }

}  // namespace guardian::judgement
