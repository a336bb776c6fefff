// evaluation/metrics.h - the numbers of an evaluation, from counts and pairs. Knows nothing of judging.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace guardian::evaluation {

/// What was found against what is there.
struct Counts {
  int found_right = 0;
  int found_wrong = 0;
  int missed = 0;

  void add(bool truth, bool found);
  double precision() const;  ///< 1 if nothing was found
  double recall() const;     ///< 1 if there was nothing to find
  double f1() const;         ///< 1 if there was nothing to find and nothing was found
  Counts& operator+=(const Counts& other);
};

/// A value with its 95 % interval.
struct Estimate {
  double value = 0.0;
  double low = 0.0;
  double high = 0.0;
};

/// Percentile bootstrap over `size` cases: `measure` gets the indices of a resample (first of all cases as
/// they are). 1,000 resamples from a fixed seed, so that the same data gives the same interval. Efron 1979.
Estimate bootstrap(std::size_t size, const std::function<double(const std::vector<std::size_t>&)>& measure);

/// Chance that a positive case scores above a negative one; ties count half. 0.5 if one side is empty.
double area_under_roc(const std::vector<double>& positive, const std::vector<double>& negative);

/// Share of positive cases above the score that at most `rate` of the negative cases exceed.
double recall_at(const std::vector<double>& positive, std::vector<double> negative, double rate);

/// Spearman's rank correlation with mean ranks for ties; empty for under three pairs or a constant side.
std::optional<double> rank_correlation(const std::vector<double>& a, const std::vector<double>& b);

/// Expected calibration error over ten equal bins of the probability. Naeini et al. 2015.
double calibration_error(const std::vector<double>& probabilities, const std::vector<bool>& truths);

}  // namespace guardian::evaluation
