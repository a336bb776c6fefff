#include "wellbeing/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace guardian::wellbeing {
namespace {

constexpr double kYellowLoad = 5.0;   // the load that stands at the border to yellow
constexpr double kBelowYellow = 0.6;  // 1 - 40 / 100
constexpr int kYellowIndex = 40;
constexpr int kRedIndex = 70;
constexpr double kHalfLivesRemembered = 10.0;  // 2^-10: under a thousandth
constexpr int kForetold = 14;                  // days, at least
constexpr int kMostDays = 36500;               // days_to_green of an absurd half-life

int days_between(Day from, Day to) { return static_cast<int>((to - from).count()); }

double decay(int age_days, const LoadOptions& options) {
  return std::exp2(-age_days / options.half_life_days);
}

double weighted(const LoadPart& part) { return part.counted ? part.value * part.weight : 0.0; }

/// What happened on one day.
struct Sum {
  int calls = 0;
  int findings = 0;
  double added = 0.0;
  int worst = 0;  ///< severity
};

using Sums = std::map<Day, Sum>;

Sums sums_of(const std::vector<LoadCall>& calls) {
  Sums sums;
  for (const auto& call : calls) {
    auto& sum = sums[call.day];
    ++sum.calls;
    for (const auto& part : call.parts) {
      if (!part.counted) continue;
      ++sum.findings;
      sum.added += weighted(part);
      sum.worst = std::max(sum.worst, part.severity);
    }
  }
  return sums;
}

double load_at(const Sums& sums, Day day, const LoadOptions& options) {
  double load = 0.0;
  const auto end = sums.upper_bound(day);
  for (auto it = sums.upper_bound(day - std::chrono::days(forgotten_after(options) + 1)); it != end; ++it)
    load += it->second.added * decay(days_between(it->first, day), options);
  return load;
}

std::optional<double> baseline_at(const Sums& sums, Day day, const LoadOptions& options) {
  std::vector<double> loads;
  const auto end = sums.lower_bound(day);
  for (auto it = sums.lower_bound(day - std::chrono::days(options.baseline_days)); it != end; ++it)
    loads.push_back(load_at(sums, it->first, options));
  if (loads.empty() || loads.size() < static_cast<std::size_t>(options.baseline_needs)) return std::nullopt;
  std::sort(loads.begin(), loads.end());
  const auto middle = loads.size() / 2;
  return loads.size() % 2 == 1 ? loads[middle] : (loads[middle - 1] + loads[middle]) / 2;
}

std::optional<LoadWarning> small_things(const Sums& sums, Day day, const LoadOptions& options) {
  int findings = 0;
  int days = 0;
  int worst = 0;
  const auto end = sums.upper_bound(day);
  for (auto it = sums.upper_bound(day - std::chrono::days(options.small_days)); it != end; ++it) {
    findings += it->second.findings;
    days += it->second.findings > 0 ? 1 : 0;
    worst = std::max(worst, it->second.worst);
  }
  if (findings < options.small_findings || days < options.small_spread || worst >= options.small_below)
    return std::nullopt;
  return LoadWarning{
      LoadWarning::Kind::small_things,
      {fmt::format("直近 {} 日のうち {} 日で、小さな検知が {} 件重なっています", options.small_days, days,
                   findings),
       fmt::format("{} small findings on {} of the last {} days", findings, days, options.small_days)}};
}

std::optional<LoadWarning> above_baseline(const DayLoad& day, const LoadOptions& options) {
  if (!day.baseline) return std::nullopt;
  const int usual = load_index(*day.baseline);
  if (day.load < *day.baseline * options.rise_factor || day.index - usual < options.rise_points)
    return std::nullopt;
  return LoadWarning{LoadWarning::Kind::above_baseline,
                     {fmt::format("ご自身のふだん ({}) より高くなっています ({})", usual, day.index),
                      fmt::format("Above your own usual: {} instead of {}", day.index, usual)}};
}

int recovery_days(const Sums& sums, Day day, const LoadOptions& options) {
  const int limit = reach_back(options);
  int days = 0;
  for (; days < limit; ++days) {
    const auto found = sums.find(day - std::chrono::days(days));
    if (found != sums.end() && found->second.added > 0.0) break;
    if (sums.empty() || day - std::chrono::days(days) < sums.begin()->first)
      break;  // before the first dealing
  }
  return days;
}

int days_to_green(double load, const LoadOptions& options) {
  int days = 0;
  while (days < kMostDays && band_of(load_index(load * decay(days, options))) != LoadBand::green) ++days;
  return days;
}

void warn(DayLoad& day, const Sums& sums, const LoadOptions& options) {
  const auto sum = sums.find(day.day);
  if (sum != sums.end() && sum->second.worst >= options.grave_severity)
    day.warnings.push_back({LoadWarning::Kind::grave,
                            {fmt::format("深刻度 {} の検知がありました", sum->second.worst),
                             fmt::format("A finding of severity {}", sum->second.worst)}});
  const auto yesterday = load_index(load_at(sums, day.day - std::chrono::days(1), options));
  if (day.band == LoadBand::red && band_of(yesterday) == LoadBand::red)
    day.warnings.push_back({LoadWarning::Kind::red_again,
                            {fmt::format("赤が続いています (前日 {}、当日 {})", yesterday, day.index),
                             fmt::format("Red again: {} the day before, {} now", yesterday, day.index)}});
  if (const auto warning = above_baseline(day, options)) day.warnings.push_back(*warning);
  if (const auto warning = small_things(sums, day.day, options)) day.warnings.push_back(*warning);
}

}  // namespace

std::string_view name_of(LoadBand band) {
  if (band == LoadBand::green) return "green";
  return band == LoadBand::yellow ? "yellow" : "red";
}

std::string_view name_of(LoadWarning::Kind kind) {
  switch (kind) {
    case LoadWarning::Kind::small_things:
      return "small_things";
    case LoadWarning::Kind::above_baseline:
      return "above_baseline";
    case LoadWarning::Kind::red_again:
      return "red_again";
    case LoadWarning::Kind::grave:
      break;
  }
  return "grave";
}

const Text& load_statement() {
  static const Text statement = {
      "この数値は通話の内容から計算した顧客対応負荷の目安です。ストレスチェックでも、医学的な診断でも、人事評"
      "価でも"
      "ありません。計算の定数は仮定で、検証されていません。",
      "This figure estimates the load of dealing with customers from what was said. It is not a stress "
      "check, not a "
      "diagnosis and not an appraisal. Its constants are assumptions and not validated."};
  return statement;
}

int load_index(double load) {
  if (!(load > 0.0)) return 0;
  return static_cast<int>(std::lround(100.0 * (1.0 - std::pow(kBelowYellow, load / kYellowLoad))));
}

LoadBand band_of(int index) {
  if (index < kYellowIndex) return LoadBand::green;
  return index < kRedIndex ? LoadBand::yellow : LoadBand::red;
}

int forgotten_after(const LoadOptions& options) {
  return static_cast<int>(std::ceil(kHalfLivesRemembered * options.half_life_days));
}

int reach_back(const LoadOptions& options) { return forgotten_after(options) + options.baseline_days; }

std::vector<DayLoad> follow_load(const std::vector<LoadCall>& calls, Day first, Day last,
                                 const LoadOptions& options) {
  const auto sums = sums_of(calls);
  std::vector<DayLoad> days;
  for (auto day = first; day <= last; day += std::chrono::days(1)) {
    DayLoad one;
    one.day = day;
    if (const auto found = sums.find(day); found != sums.end()) {
      one.calls = found->second.calls;
      one.findings = found->second.findings;
      one.added = found->second.added;
    }
    one.load = load_at(sums, day, options);
    one.index = load_index(one.load);
    one.band = band_of(one.index);
    one.baseline = baseline_at(sums, day, options);
    one.recovery_days = recovery_days(sums, day, options);
    one.days_to_green = days_to_green(one.load, options);
    warn(one, sums, options);
    days.push_back(std::move(one));
  }
  return days;
}

std::vector<int> foretell_recovery(double load, const LoadOptions& options, int most) {
  std::vector<int> indices;
  for (int days = 0; days < most; ++days) {
    indices.push_back(load_index(load * decay(days, options)));
    const bool long_enough = days + 1 >= kForetold && band_of(indices.back()) == LoadBand::green;
    if (indices.back() == 0 || long_enough) break;
  }
  return indices;
}

std::vector<LoadShare> explain_load(const std::vector<LoadCall>& calls, Day day, const LoadOptions& options) {
  std::vector<LoadShare> shares;
  for (const auto& call : calls) {
    const int age_days = days_between(call.day, day);
    if (age_days < 0 || age_days > forgotten_after(options)) continue;
    for (const auto& part : call.parts) {
      const double left = decay(age_days, options);
      shares.push_back({part, call.day, age_days, left, weighted(part) * left});
    }
  }
  std::stable_sort(shares.begin(), shares.end(),
                   [](const LoadShare& a, const LoadShare& b) { return a.left > b.left; });
  return shares;
}

}  // namespace guardian::wellbeing
