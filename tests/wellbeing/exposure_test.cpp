#include "wellbeing/exposure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace guardian::wellbeing {
namespace {

using judgement::Verdict;

judgement::Finding found(const std::string& category, int severity, int utterance, double start_s,
                         double end_s) {
  judgement::Finding finding;
  finding.category = category;
  finding.severity = severity;
  finding.utterance = utterance;
  finding.start_s = start_s;
  finding.end_s = end_s;
  return finding;
}

TEST(Exposure, FirstFindingIsSeverityTimesMinutes) {
  Verdict verdict;
  verdict.findings = {found("threat", 80, 3, 60.0, 120.0)};
  EXPECT_NEAR(measure_exposure(verdict, {}).value, 0.8, 1e-9);
}

TEST(Exposure, RepetitionAndGoingOnAfterAWarningWeighMore) {
  Verdict verdict;
  verdict.findings = {found("threat", 50, 1, 0.0, 60.0), found("threat", 50, 3, 60.0, 120.0),
                      found("threat", 50, 7, 120.0, 180.0)};
  verdict.warned_utterances = {5};
  const auto exposure = measure_exposure(verdict, {});
  ASSERT_EQ(exposure.contributions.size(), 3U);
  EXPECT_NEAR(exposure.contributions[0].value, 0.50, 1e-9);
  EXPECT_NEAR(exposure.contributions[1].value, 0.65, 1e-9);
  EXPECT_NEAR(exposure.contributions[2].value, 0.80, 1e-9);
  EXPECT_NEAR(exposure.value, 1.95, 1e-9);
  EXPECT_THAT(exposure.contributions[2].why.ja, testing::HasSubstr("警告"));
}

TEST(Exposure, OneLongFindingCountsForFiveMinutesAtMost) {
  Verdict verdict;
  verdict.findings = {found("time_restraint", 100, -1, 0.0, 3600.0)};
  EXPECT_NEAR(measure_exposure(verdict, {}).value, 5.0, 1e-9);
}

TEST(Exposure, ShortUntimedAndImpossibleQuotesStillCount) {
  const double never = std::numeric_limits<double>::quiet_NaN();
  for (const auto& [start_s, end_s] : {std::pair{1.0, 1.2}, {0.0, 0.0}, {9.0, 2.0}, {never, 3.0}}) {
    Verdict verdict;
    verdict.findings = {found("verbal_abuse", 20, 0, start_s, end_s)};
    EXPECT_NEAR(measure_exposure(verdict, {}).value, 0.02, 1e-9) << start_s;
  }
}

TEST(Exposure, SaysWhatItIsNot) {
  const auto exposure = measure_exposure({}, {});
  EXPECT_EQ(exposure.value, 0.0);
  EXPECT_THAT(exposure.statement.ja, testing::HasSubstr("ストレスチェック"));
  EXPECT_THAT(exposure.statement.en, testing::HasSubstr("diagnosis"));
}

}  // namespace
}  // namespace guardian::wellbeing
