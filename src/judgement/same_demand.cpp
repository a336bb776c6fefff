#include "judgement/same_demand.h"

#include <algorithm>

#include "base/log_odds.h"

namespace guardian::judgement {

double shared_wording(const Asking& a, const Asking& b) {
  double sum = 0.0;
  auto other = b.wording.begin();
  for (const auto& [ngram, weight] : a.wording) {
    other = std::find_if(other, b.wording.end(),
                         [ngram = ngram](const auto& entry) { return entry.first >= ngram; });
    if (other != b.wording.end() && other->first == ngram) sum += static_cast<double>(weight) * other->second;
  }
  return sum;
}

double SameDemand::probability(const Asking& a, const Asking& b) const {
  const auto [less, more] = std::minmax(a.log_odds, b.log_odds);
  return to_probability(shared * shared_wording(a, b) + lesser * less + greater * more + offset);
}

}  // namespace guardian::judgement
