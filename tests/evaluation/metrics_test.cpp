#include "evaluation/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace guardian::evaluation {
namespace {

TEST(Metrics, CountsGivePrecisionRecallAndF1) {
  const Counts counts{6, 2, 4};
  EXPECT_DOUBLE_EQ(counts.precision(), 0.75);
  EXPECT_DOUBLE_EQ(counts.recall(), 0.6);
  EXPECT_DOUBLE_EQ(counts.f1(), 2 * 0.75 * 0.6 / 1.35);
  EXPECT_DOUBLE_EQ(Counts().f1(), 1.0);
  EXPECT_DOUBLE_EQ((Counts{0, 1, 0}).precision(), 0.0);
}

TEST(Metrics, AreaUnderRocIsTheChanceToRankRight) {
  EXPECT_DOUBLE_EQ(area_under_roc({3, 4}, {1, 2}), 1.0);
  EXPECT_DOUBLE_EQ(area_under_roc({1, 2}, {3, 4}), 0.0);
  EXPECT_DOUBLE_EQ(area_under_roc({1, 1}, {1}), 0.5);
  EXPECT_DOUBLE_EQ(area_under_roc({1, 3}, {2}), 0.5);
}

TEST(Metrics, RecallAtARateOfFalsePositives) {
  EXPECT_DOUBLE_EQ(recall_at({10, 20, 30, 40}, {25}, 0.05), 0.5);
  EXPECT_DOUBLE_EQ(recall_at({10, 20, 30, 40}, {25, 5}, 0.5), 1.0);
}

TEST(Metrics, RankCorrelationIgnoresTheScale) {
  EXPECT_DOUBLE_EQ(*rank_correlation({1, 2, 3, 4}, {1, 4, 9, 160}), 1.0);
  EXPECT_DOUBLE_EQ(*rank_correlation({1, 2, 3}, {3, 2, 1}), -1.0);
  EXPECT_NEAR(*rank_correlation({1, 2, 3, 4}, {1, 1, 2, 2}), 0.894, 0.001);  // mean ranks for ties
  EXPECT_FALSE(rank_correlation({1, 2, 3}, {5, 5, 5}));
  EXPECT_FALSE(rank_correlation({1, 2}, {1, 2}));
}

TEST(Metrics, CalibrationErrorIsTheGapBetweenSaidAndSeen) {
  EXPECT_NEAR(calibration_error({0.75, 0.75, 0.75, 0.75}, {true, true, true, false}), 0.0, 1e-12);
  EXPECT_NEAR(calibration_error({0.95, 0.95}, {false, false}), 0.95, 1e-12);
}

TEST(Metrics, BootstrapKnowsLittleFromFewCasesAndMoreFromMany) {
  const auto share_of_even = [](const std::vector<std::size_t>& cases) {
    double even = 0.0;
    for (const std::size_t i : cases) even += i % 2 == 0 ? 1.0 : 0.0;
    return even / static_cast<double>(cases.size());
  };
  const auto few = bootstrap(10, share_of_even);
  const auto many = bootstrap(1000, share_of_even);
  EXPECT_DOUBLE_EQ(few.value, 0.5);
  EXPECT_LT(few.low, 0.35);
  EXPECT_GT(few.high, 0.65);
  EXPECT_NEAR(many.high - many.low, 2 * 1.96 * 0.5 / std::sqrt(1000.0), 0.01);  // the normal approximation
  EXPECT_EQ(bootstrap(10, share_of_even).low, few.low) << "the same interval every time";
}

}  // namespace
}  // namespace guardian::evaluation
