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
constexpr double kSureOfEmergency = 0.8;
// Of the call's certainty, an exponent. Rough but friendly talk holds one doubtful turn, harassment several.
constexpr double kDoubt = 2.0;

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

/// The share that a probability counts with.
double sureness(double probability) { return std::min(1.0, probability / kSure); }

/// How strongly a finding weighs in the call.
double strength_of(const Finding& finding, policy::CategoryKind kind, const policy::Scale& scale) {
  return finding.severity * weight_of(kind, scale) * sureness(finding.confidence);
}

/// What repetition or a warning raise beyond their category's range is grave, but no emergency.
bool is_emergency(const Finding& finding, const policy::Category& category) {
  return category.high >= kEmergency && finding.severity >= kEmergency &&
         finding.confidence >= kSureOfEmergency;
}

/// What the score of a call needs to know of its findings, so that leaving one out does not mean starting
/// again.
class ScoreSheet {
 public:
  ScoreSheet(const std::vector<Finding>& findings, const policy::Policy& policy) : policy_(policy) {
    for (const auto& finding : findings) {
      const auto& category = policy.category(finding.category);
      const auto kind = category.kind;
      strengths_[finding.category].keep(strength_of(finding, kind, policy.scale));
      confidences_[finding.utterance].keep(certainty_of(finding));
      others_than_demands_ += kind == policy::CategoryKind::demand ? 0 : 1;
      emergencies_ += is_emergency(finding, category) ? 1 : 0;
    }
    for (const auto& [utterance, confidences] : confidences_) all_wrong_ *= 1.0 - confidences.first;
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
    score *= std::pow(sureness(1.0 - all_wrong_), kDoubt);
    if (others_than_demands_ == 0) score = std::min(score, static_cast<double>(policy_.scale.demand_cap));
    if (emergencies_ > 0) score = std::max(score, static_cast<double>(kEmergency));
    return std::clamp(static_cast<int>(std::lround(score)), 0, 100);
  }

  int score_without(const Finding& finding) const {
    ScoreSheet rest = *this;
    const auto& category = policy_.category(finding.category);
    const auto kind = category.kind;
    rest.strengths_[finding.category].leave_out(strength_of(finding, kind, policy_.scale));
    auto& confidences = rest.confidences_[finding.utterance];
    rest.all_wrong_ /= 1.0 - confidences.first;
    confidences.leave_out(certainty_of(finding));
    rest.all_wrong_ *= 1.0 - confidences.first;
    rest.others_than_demands_ -= kind == policy::CategoryKind::demand ? 0 : 1;
    rest.emergencies_ -= is_emergency(finding, category) ? 1 : 0;
    return rest.score();
  }

 private:
  /// Of what belongs together.
  struct TwoStrongest {
    double first = 0.0;
    double second = 0.0;

    void keep(double strength) {
      if (strength > first)
        *this = {strength, first};
      else
        second = std::max(second, strength);
    }

    void leave_out(double strength) {
      if (strength >= first) *this = {second, 0.0};
    }
  };

  /// Of the words alone. Whose they are is one question for the whole call, and has lowered each finding's
  /// strength already.
  static double certainty_of(const Finding& finding) {
    return std::min(finding.confidence / finding.speaker_share, kMostCertain);
  }

  const policy::Policy& policy_;
  std::map<std::string, TwoStrongest> strengths_;  // by category
  // By utterance: what is said in one breath stands or falls together.
  std::map<int, TwoStrongest> confidences_;
  double all_wrong_ = 1.0;  // the probability that no finding is right
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
