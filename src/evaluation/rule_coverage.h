// evaluation/rule_coverage.h - where the rules are thin: what they hold per category and, on labelled
// utterances, what they find without the second witness; and which of their examples the other witnesses
// doubt. For whoever writes rules.
#pragma once

#include <string>
#include <vector>

#include "evaluation/labelled_data.h"
#include "evaluation/metrics.h"
#include "judgement/judge.h"

namespace guardian::evaluation {

struct CategoryCoverage {
  const policy::Category* category = nullptr;  ///< within the judge's policy
  int rules = 0;
  int indirect_rules = 0;  ///< of these, for polite, hinted or ironic wording
  int examples = 0;        ///< that must fire
  int near_misses = 0;     ///< that must not
  Counts found;            ///< labelled utterances by the rules' strongest category; empty without data

  /// Under three rules or six examples or without a rule for indirect wording; or, where at least ten
  /// utterances are labelled, under 30 % of them found. Only for categories that are harassment.
  bool is_thin() const;
};

/// An example that fires its rule and yet is not reported where a customer says it and nothing else.
struct DoubtedExample {
  const policy::Rule* rule = nullptr;  ///< within the judge's policy
  std::string example;
};

/// One entry per category, in the policy's order. `rules_alone` is a judge without a second witness; `data`
/// may be empty.
std::vector<CategoryCoverage> measure_coverage(const judgement::Judge& rules_alone,
                                               const std::vector<LabelledUtterance>& data);

/// Of the customer's harassment rules; `judge` has every witness.
std::vector<DoubtedExample> find_doubted_examples(const judgement::Judge& judge);

}  // namespace guardian::evaluation
