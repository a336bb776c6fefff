// training/linear_solver.h - liblinear behind one door: linear heads from features and answers.
#pragma once

#include <vector>

#include "judgement/meaning_model.h"

namespace guardian::training {

/// One example for a head.
struct Example {
  const judgement::UtteranceFeatures* features = nullptr;
  double answer = 0.0;  ///< 0 or 1 for a probability, any number for a value
  double weight = 1.0;  ///< 1.0 or the options' weight of a hard negative
};

/// Size of a head.
struct HeadSize {
  std::size_t ngrams = 0;
  std::size_t dimension = 0;
};

/// Head whose value is the log odds of answer 1. L2-regularised logistic regression with cost `cost`.
judgement::LinearHead fit_log_odds(const std::vector<Example>& examples, const HeadSize& size, double cost);

/// Head whose value is the answer. L2-regularised support vector regression.
judgement::LinearHead fit_value(const std::vector<Example>& examples, const HeadSize& size, double cost);

}  // namespace guardian::training
