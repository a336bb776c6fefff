#include "wellbeing/load.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace guardian::wellbeing {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const Day kStart = *parse_day("2028-02-01");

Day day(int number) { return kStart + std::chrono::days(number); }

/// A dealing whose findings have these values; severity belongs to all of them.
LoadCall call(int number, const std::vector<double>& values, int severity = 50) {
  LoadCall one{"recording " + std::to_string(number), day(number), {}};
  for (const double value : values) {
    LoadPart part;
    part.recording = one.recording;
    part.finding = static_cast<int>(one.parts.size());
    part.severity = severity;
    part.value = value;
    one.parts.push_back(part);
  }
  return one;
}

std::vector<LoadWarning::Kind> kinds(const DayLoad& day) {
  std::vector<LoadWarning::Kind> found;
  for (const auto& warning : day.warnings) found.push_back(warning.kind);
  return found;
}

DayLoad on(const std::vector<LoadCall>& calls, int number) {
  return follow_load(calls, day(number), day(number)).front();
}

TEST(TheLoad, HalvesInAWeekAlsoOverALeapDay) {
  const std::vector<LoadCall> calls = {call(25, {4.0})};  // 26 February of a leap year
  EXPECT_DOUBLE_EQ(on(calls, 25).load, 4.0);
  EXPECT_DOUBLE_EQ(on(calls, 32).load, 2.0);
  EXPECT_DOUBLE_EQ(on(calls, 39).load, 1.0);
  EXPECT_EQ(on(calls, 24).load, 0.0);
}

TEST(TheLoad, OfADayIsTheDayBeforeDecayedAndWhatWasAdded) {
  const std::vector<LoadCall> calls = {call(0, {1.0, 0.5}), call(0, {0.25}), call(3, {}), call(4, {2.0})};
  const auto days = follow_load(calls, day(0), day(9));
  ASSERT_EQ(days.size(), 10U);
  EXPECT_DOUBLE_EQ(days[0].added, 1.75);
  EXPECT_EQ(days[0].calls, 2);
  EXPECT_EQ(days[0].findings, 3);
  for (std::size_t i = 1; i < days.size(); ++i)
    EXPECT_NEAR(days[i].load, days[i - 1].load * std::exp2(-1.0 / 7) + days[i].added, 1e-12) << i;
}

/// Whatever the calls, the shares add up to the load, and their order plays no part.
TEST(TheLoad, IsExplainedToTheLastBitAndInAnyOrder) {
  std::mt19937 random(7);  // NOLINT(bugprone-random-generator-seed): the same every time
  std::uniform_real_distribution<double> value(0.0, 5.0);
  for (int round = 0; round < 50; ++round) {
    std::vector<LoadCall> calls;
    for (int i = 0; i < 40; ++i)
      calls.push_back(call(static_cast<int>(random() % 90), {value(random), value(random)}));
    const auto shares = explain_load(calls, day(80));
    const double sum = std::accumulate(shares.begin(), shares.end(), 0.0,
                                       [](double so_far, const LoadShare& one) { return so_far + one.left; });
    const auto before = on(calls, 80);
    EXPECT_NEAR(sum, before.load, 1e-9);
    EXPECT_TRUE(std::is_sorted(shares.begin(), shares.end(),
                               [](const LoadShare& a, const LoadShare& b) { return a.left > b.left; }));
    std::shuffle(calls.begin(), calls.end(), random);
    EXPECT_NEAR(on(calls, 80).load, before.load, 1e-9);
  }
}

TEST(TheLoad, LeavesOutWhatIsObjectedToAndWeighsWhatWasLeftAlone) {
  auto calls = std::vector{call(0, {1.0, 2.0})};
  calls[0].parts[0].counted = false;
  calls[0].parts[1].weight = 1.2;
  EXPECT_DOUBLE_EQ(on(calls, 0).load, 2.4);
  EXPECT_EQ(on(calls, 0).findings, 1);
  const auto shares = explain_load(calls, day(0));
  ASSERT_EQ(shares.size(), 2U) << "what is left out is still shown";
  EXPECT_EQ(shares[1].left, 0.0);
}

TEST(TheIndex, IsMonotoneBoundedAndMeetsItsAnchors) {
  EXPECT_EQ(load_index(0.0), 0);
  EXPECT_EQ(load_index(-1.0), 0);
  EXPECT_EQ(load_index(std::numeric_limits<double>::quiet_NaN()), 0);
  EXPECT_EQ(load_index(5.0), 40);
  EXPECT_EQ(load_index(11.79), 70);
  EXPECT_EQ(load_index(1e9), 100);
  for (double load = 0.0; load < 60.0; load += 0.01) EXPECT_LE(load_index(load), load_index(load + 0.01));
  EXPECT_EQ(band_of(39), LoadBand::green);
  EXPECT_EQ(band_of(40), LoadBand::yellow);
  EXPECT_EQ(band_of(69), LoadBand::yellow);
  EXPECT_EQ(band_of(70), LoadBand::red);
}

TEST(TheBaseline, NeedsTenOwnDaysAndIsTheirMedian) {
  std::vector<LoadCall> calls;
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(on(calls, i).baseline) << i;
    calls.push_back(call(i, {1.0}));
  }
  std::vector<double> loads;
  for (const auto& one : follow_load(calls, day(0), day(9))) loads.push_back(one.load);
  std::sort(loads.begin(), loads.end());
  ASSERT_TRUE(on(calls, 10).baseline);
  EXPECT_DOUBLE_EQ(*on(calls, 10).baseline, (loads[4] + loads[5]) / 2);
}

TEST(EarlyWarning, ComesWhenSmallThingsPileUp) {
  std::vector<LoadCall> calls;
  for (int i = 0; i < 4; ++i) calls.push_back(call(i, {0.02, 0.02, 0.02}, 25));
  EXPECT_THAT(kinds(on(calls, 2)), IsEmpty()) << "nine findings";
  const auto today = on(calls, 3);
  EXPECT_THAT(kinds(today), Contains(LoadWarning::Kind::small_things));
  EXPECT_EQ(today.band, LoadBand::green) << "the index alone would not have told";
  EXPECT_THAT(today.warnings.front().text.ja, HasSubstr("12 件"));
  EXPECT_THAT(kinds(on(calls, 9)), IsEmpty()) << "a week later it is over";
}

TEST(EarlyWarning, OfSmallThingsNeedsSeveralDaysAndNoGraveCall) {
  EXPECT_THAT(kinds(on({call(0, std::vector<double>(12, 0.02), 25)}, 0)), IsEmpty());
  std::vector<LoadCall> calls;
  for (int i = 0; i < 4; ++i) calls.push_back(call(i, {0.02, 0.02, 0.02}, 25));
  calls.push_back(call(2, {0.1}, 65));
  EXPECT_THAT(kinds(on(calls, 3)), Not(Contains(LoadWarning::Kind::small_things)));
}

TEST(EarlyWarning, ComesWhenTheLoadRisesOverOnesOwnUsual) {
  std::vector<LoadCall> calls;
  for (int i = 0; i < 30; ++i) calls.push_back(call(i, {0.3}));
  EXPECT_THAT(kinds(on(calls, 29)), Not(Contains(LoadWarning::Kind::above_baseline)));
  calls.push_back(call(30, {4.0}));
  EXPECT_THAT(kinds(on(calls, 30)), Contains(LoadWarning::Kind::above_baseline));
}

TEST(EarlyWarning, ComesAfterOneGraveFindingAndTwoRedDays) {
  EXPECT_THAT(kinds(on({call(0, {0.1}, 85)}, 0)), testing::ElementsAre(LoadWarning::Kind::grave));
  const std::vector<LoadCall> calls = {call(0, {14.0}), call(1, {})};
  EXPECT_THAT(kinds(on(calls, 0)), IsEmpty());
  EXPECT_THAT(kinds(on(calls, 1)), testing::ElementsAre(LoadWarning::Kind::red_again));
}

TEST(Recovery, IsCountedInDaysAndForetold) {
  const std::vector<LoadCall> calls = {call(0, {14.0}), call(2, {})};
  EXPECT_EQ(on(calls, 0).recovery_days, 0);
  EXPECT_EQ(on(calls, 5).recovery_days, 5) << "a dealing without findings does not break it";
  const int ahead = on(calls, 0).days_to_green;
  EXPECT_NE(on(calls, ahead - 1).band, LoadBand::green);
  EXPECT_EQ(on(calls, ahead).band, LoadBand::green);
  EXPECT_EQ(on(calls, ahead).days_to_green, 0);
  EXPECT_EQ(on({}, 0).recovery_days, 0) << "without any dealing there is nothing to recover from";
}

TEST(Recovery, IsForetoldDayByDayAsItThenGoes) {
  const std::vector<LoadCall> calls = {call(0, {14.0})};
  const auto ahead = foretell_recovery(on(calls, 0).load);
  ASSERT_GE(ahead.size(), 14U);
  for (std::size_t i = 0; i < ahead.size(); ++i)
    EXPECT_EQ(ahead[i], on(calls, static_cast<int>(i)).index) << i;
  EXPECT_EQ(band_of(ahead.back()), LoadBand::green);
  EXPECT_THAT(foretell_recovery(0.0), testing::ElementsAre(0));
  EXPECT_THAT(foretell_recovery(1e9, {}, 3), testing::SizeIs(3));
}

TEST(TheStatement, SaysWhatTheIndexIsNot) {
  for (const char* part : {"ストレスチェック", "診断", "人事評価"})
    EXPECT_THAT(load_statement().ja, HasSubstr(part));
  for (const char* part : {"stress check", "diagnosis", "appraisal"})
    EXPECT_THAT(load_statement().en, HasSubstr(part));
}

}  // namespace
}  // namespace guardian::wellbeing
