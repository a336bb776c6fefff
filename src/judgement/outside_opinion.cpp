#include "judgement/outside_opinion.h"

#include <algorithm>

#include "base/log_odds.h"
#include "judgement/verdict.h"

namespace guardian::judgement {
namespace {

// A half: what has never been measured on our data is not believed as much as it believes itself.
constexpr double kWeight = 0.5;
constexpr double kMostShare = 1.5;
constexpr double kLeastCertain = 1e-6;  // keeps the logarithm finite

double log_odds(double probability) {
  return to_log_odds(std::clamp(probability, kLeastCertain, 1.0 - kLeastCertain));
}

}  // namespace

double share_of(const OutsideOpinion& opinion) {
  return std::clamp(kWeight * log_odds(opinion.probability), -kMostShare, kMostShare);
}

double with_outside(double probability, const OutsideOpinion& opinion) {
  const double moved = log_odds(probability) + share_of(opinion);
  return std::min(kMostCertain, to_probability(moved));
}

}  // namespace guardian::judgement
