// base/log_odds.h - probabilities as log odds, in which independent evidence adds up, and back.
#pragma once

#include <cmath>

namespace guardian {

/// Of a probability in (0, 1).
inline double to_log_odds(double probability) { return std::log(probability / (1.0 - probability)); }

/// In [0, 1].
inline double to_probability(double log_odds) { return 1.0 / (1.0 + std::exp(-log_odds)); }

}  // namespace guardian
