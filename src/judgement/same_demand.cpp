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

DemandLikeness compare(const Asking& a, const Asking& b) {
  const auto [less, more] = std::minmax(a.log_odds, b.log_odds);
  return {shared_wording(a, b), less, more};
}

double SameDemand::probability(const Asking& a, const Asking& b) const {
  const auto likeness = compare(a, b);
  return to_probability(shared * likeness.shared + lesser * likeness.lesser + greater * likeness.greater +
                        offset);
}

}  // namespace guardian::judgement
