#include "training/belief_fit.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "base/log_odds.h"

namespace guardian::training {
namespace {

constexpr int kSteps = 50;
constexpr double kStill = 1e-10;  // a step this small is none
constexpr double kLeastCurvature = 1e-9;

using Vector = std::vector<double>;
using Matrix = std::vector<Vector>;

/// Solves a x = b for a symmetric, positive definite a (Cholesky).
Vector solve(Matrix a, Vector b) {
  const std::size_t n = b.size();
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = a[i][j];
      for (std::size_t k = 0; k < j; ++k) sum -= a[i][k] * a[j][k];
      a[i][j] = i == j ? std::sqrt(std::max(sum, kLeastCurvature)) : sum / a[j][j];
    }
    for (std::size_t k = 0; k < i; ++k) b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) b[i] -= a[k][i] * b[k];
    b[i] /= a[i][i];
  }
  return b;
}

double probability(const Vector& row, const Vector& weights) {
  double sum = weights.back();
  for (std::size_t i = 0; i < row.size(); ++i) sum += weights[i] * row[i];
  return to_probability(sum);
}

/// One Newton step from `weights`; the square of its length.
double step(const Matrix& rows, const std::vector<bool>& answers, const std::vector<Prior>& priors,
            Vector& weights) {
  const std::size_t n = weights.size();
  Vector slope(n);
  Matrix curvature(n, Vector(n));
  for (std::size_t i = 0; i < priors.size(); ++i) {
    slope[i] = priors[i].firmness * (priors[i].mean - weights[i]);
    curvature[i][i] = priors[i].firmness;
  }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const double p = probability(rows[r], weights);
    const auto at = [&](std::size_t i) { return i + 1 == n ? 1.0 : rows[r][i]; };
    for (std::size_t i = 0; i < n; ++i) {
      slope[i] += ((answers[r] ? 1.0 : 0.0) - p) * at(i);
      for (std::size_t j = 0; j < n; ++j) curvature[i][j] += p * (1.0 - p) * at(i) * at(j);
    }
  }
  const auto move = solve(std::move(curvature), std::move(slope));
  double length = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    weights[i] += move[i];
    length += move[i] * move[i];
  }
  return length;
}

}  // namespace

std::vector<double> fit_belief(const std::vector<std::vector<double>>& rows, const std::vector<bool>& answers,
                               const std::vector<Prior>& priors) {
  Vector weights(priors.size() + 1);
  for (std::size_t i = 0; i < priors.size(); ++i) weights[i] = priors[i].mean;
  for (int i = 0; i < kSteps; ++i)
    if (step(rows, answers, priors, weights) < kStill) break;
  return weights;
}

}  // namespace guardian::training
