// training/belief_fit.h - how much each witness is believed: a logistic regression of a handful of weights,
// of which some are partly known beforehand. liblinear pulls every weight towards 0; here each is pulled to a
// value of its own.
#pragma once

#include <vector>

namespace guardian::training {

/// What a weight is thought to be before any data, and how firmly: 1 / variance of a normal distribution.
struct Prior {
  double mean = 0.0;
  double firmness = 0.1;
};

/// The likeliest weights, in the priors' order, then the constant, which has no prior. Newton's method on the
/// penalised log likelihood, which has one maximum. Every row has as many numbers as there are priors.
std::vector<double> fit_belief(const std::vector<std::vector<double>>& rows, const std::vector<bool>& answers,
                               const std::vector<Prior>& priors);

}  // namespace guardian::training
