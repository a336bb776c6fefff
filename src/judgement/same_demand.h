// judgement/same_demand.h - whether two of a customer's turns ask for the same thing.
// Within one call all turns are about one matter, so likeness of meaning says little; what tells is that both
// ask for something, and how many of their words they share. judgement/course.h counts with it what is
// demanded again and again.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace guardian::judgement {

/// What is compared of a turn.
struct Asking {
  double log_odds = 0.0;                               ///< that it asks for something
  std::vector<std::pair<std::size_t, float>> wording;  ///< UtteranceFeatures::wording
};

/// What tells of two turns whether they ask for the same.
struct DemandLikeness {
  double shared = 0.0;   ///< cosine of both wordings, in [0, 1]
  double lesser = 0.0;   ///< of both log odds
  double greater = 0.0;  ///< of both log odds
};

DemandLikeness compare(const Asking& a, const Asking& b);

/// P(same) = 1 / (1 + exp(-(weighted sum + offset))); fitted on labelled pairs of turns.
struct SameDemand {
  double shared = 0.0;   ///< of DemandLikeness::shared
  double lesser = 0.0;   ///< of DemandLikeness::lesser
  double greater = 0.0;  ///< of DemandLikeness::greater
  double offset = 0.0;

  double probability(const Asking& a, const Asking& b) const;
};

/// Cosine of two wordings, in [0, 1].
double shared_wording(const Asking& a, const Asking& b);

}  // namespace guardian::judgement
