#include "judgement/outside_opinion.h"

#include <algorithm>
#include <cmath>

namespace guardian::judgement {
namespace {

// A half: what has never been measured on our data is not believed as much as it believes itself.
constexpr double kWeight = 0.5;
constexpr double kMostShare = 1.5;
constexpr double kMostCertain = 0.99;
constexpr double kLeastCertain = 1e-6;  // keeps the logarithm finite

double log_odds(double probability) {
  const double p = std::clamp(probability, kLeastCertain, 1.0 - kLeastCertain);
  return std::log(p / (1.0 - p));
}

}  // namespace

double share_of(const OutsideOpinion& opinion) {
  return std::clamp(kWeight * log_odds(opinion.probability), -kMostShare, kMostShare);
}

double with_outside(double probability, const OutsideOpinion& opinion) {
  const double moved = log_odds(probability) + share_of(opinion);
  return std::min(kMostCertain, 1.0 / (1.0 + std::exp(-moved)));
}

}  // namespace guardian::judgement
