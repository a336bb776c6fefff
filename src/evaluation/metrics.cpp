#include "evaluation/metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>

namespace guardian::evaluation {
namespace {

constexpr int kResamples = 1000;
constexpr std::uint32_t kSeed = 20261124;

double share(int part, int whole, double of_nothing) {
  return whole == 0 ? of_nothing : static_cast<double>(part) / whole;
}

std::vector<double> mean_ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = static_cast<double>(begin + end - 1) / 2.0;
    begin = end;
  }
  return ranks;
}

}  // namespace

void Counts::add(bool truth, bool found) {
  found_right += truth && found ? 1 : 0;
  found_wrong += !truth && found ? 1 : 0;
  missed += truth && !found ? 1 : 0;
}

double Counts::precision() const { return share(found_right, found_right + found_wrong, 1.0); }
double Counts::recall() const { return share(found_right, found_right + missed, 1.0); }
double Counts::f1() const { return share(2 * found_right, 2 * found_right + found_wrong + missed, 1.0); }

Counts& Counts::operator+=(const Counts& other) {
  found_right += other.found_right;
  found_wrong += other.found_wrong;
  missed += other.missed;
  return *this;
}

Estimate bootstrap(std::size_t size, const std::function<double(const std::vector<std::size_t>&)>& measure) {
  std::vector<std::size_t> cases(size);
  std::iota(cases.begin(), cases.end(), std::size_t{0});
  Estimate estimate;
  estimate.value = measure(cases);
  estimate.low = estimate.high = estimate.value;
  if (size == 0) return estimate;
  std::mt19937 generator(kSeed);
  std::vector<double> values;
  values.reserve(kResamples);
  for (int i = 0; i < kResamples; ++i) {
    // Modulo instead of a distribution: those differ between libraries, and its bias is far below the
    // interval.
    for (auto& index : cases) index = generator() % size;
    values.push_back(measure(cases));
  }
  std::sort(values.begin(), values.end());
  estimate.low = values[kResamples * 25 / 1000];
  estimate.high = values[kResamples * 975 / 1000 - 1];
  return estimate;
}

double area_under_roc(const std::vector<double>& positive, const std::vector<double>& negative) {
  if (positive.empty() || negative.empty()) return 0.5;
  double wins = 0.0;
  for (const double p : positive)
    for (const double n : negative) wins += p > n ? 1.0 : p == n ? 0.5 : 0.0;
  return wins / (static_cast<double>(positive.size()) * static_cast<double>(negative.size()));
}

double recall_at(const std::vector<double>& positive, std::vector<double> negative, double rate) {
  if (positive.empty()) return 1.0;
  std::sort(negative.begin(), negative.end(), std::greater<>());
  const auto allowed = static_cast<std::size_t>(rate * static_cast<double>(negative.size()));
  const double border = allowed < negative.size() ? negative[allowed] : -1.0;
  const auto above =
      std::count_if(positive.begin(), positive.end(), [&](double score) { return score > border; });
  return static_cast<double>(above) / static_cast<double>(positive.size());
}

std::optional<double> rank_correlation(const std::vector<double>& a, const std::vector<double>& b) {
  constexpr std::size_t kFewest = 3;
  if (a.size() != b.size() || a.size() < kFewest) return std::nullopt;
  const auto x = mean_ranks(a);
  const auto y = mean_ranks(b);
  const double middle = static_cast<double>(a.size() - 1) / 2.0;
  double both = 0.0;
  double first = 0.0;
  double second = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    both += (x[i] - middle) * (y[i] - middle);
    first += (x[i] - middle) * (x[i] - middle);
    second += (y[i] - middle) * (y[i] - middle);
  }
  if (first <= 0.0 || second <= 0.0) return std::nullopt;
  return both / std::sqrt(first * second);
}

double calibration_error(const std::vector<double>& probabilities, const std::vector<bool>& truths) {
  constexpr std::size_t kBins = 10;
  struct Bin {
    double probability = 0.0;
    double truth = 0.0;
    int count = 0;
  };
  std::array<Bin, kBins> bins;
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    auto& bin = bins.at(std::min(kBins - 1, static_cast<std::size_t>(probabilities[i] * kBins)));
    bin.probability += probabilities[i];
    bin.truth += truths[i] ? 1.0 : 0.0;
    ++bin.count;
  }
  double error = 0.0;
  for (const auto& bin : bins) error += std::abs(bin.probability - bin.truth);
  return probabilities.empty() ? 0.0 : error / static_cast<double>(probabilities.size());
}

}  // namespace guardian::evaluation
