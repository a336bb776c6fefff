#include "insights/lead_up.h"

#include <gtest/gtest.h>

namespace guardian::insights {
namespace {

/// A dealing in which somebody speaks for two seconds every `step_s` seconds.
report::Report dealing(const std::vector<double>& starts) {
  report::Report report;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    speech::Utterance utterance;
    utterance.index = static_cast<int>(i);
    utterance.start_s = starts[i];
    utterance.end_s = starts[i] + 2.0;
    report.transcript.utterances.push_back(utterance);
  }
  return report;
}

judgement::Finding at(const report::Report& report, int utterance) {
  judgement::Finding finding;
  finding.utterance = utterance;
  finding.start_s = report.transcript.utterances.at(static_cast<std::size_t>(utterance)).start_s;
  return finding;
}

TEST(LeadUp, IsTheRefusalJustBefore) {
  auto report = dealing({0, 15, 30, 45, 60, 75, 90, 105});
  report.verdict.warned_utterances = {2};
  EXPECT_EQ(lead_up_to(report, at(report, 5)), LeadUp::refusal);
  EXPECT_EQ(lead_up_to(report, at(report, 7)), LeadUp::talk) << "five utterances later";
  EXPECT_EQ(lead_up_to(report, at(report, 0)), LeadUp::opening) << "before it";
}

TEST(LeadUp, IsTheWaitThatEndedLessThanAMinuteAgo) {
  const auto report = dealing({0, 40, 80, 100, 115, 130, 145});
  EXPECT_EQ(lead_up_to(report, at(report, 2)), LeadUp::wait);
  EXPECT_EQ(lead_up_to(report, at(report, 5)), LeadUp::wait);
  EXPECT_EQ(lead_up_to(report, at(report, 6)), LeadUp::talk);
}

TEST(LeadUp, IsTheLengthOfALongTalk) {
  std::vector<double> starts;
  for (int i = 0; i < 70; ++i) starts.push_back(10.0 * i);
  const auto report = dealing(starts);
  EXPECT_EQ(lead_up_to(report, at(report, 59)), LeadUp::talk);
  EXPECT_EQ(lead_up_to(report, at(report, 60)), LeadUp::long_talk);
}

TEST(LeadUp, IsUnknownWithoutAPlaceInTime) {
  auto report = dealing({0, 2});
  auto whole = at(report, 1);
  whole.utterance = -1;
  EXPECT_EQ(lead_up_to(report, whole), LeadUp::unknown);
  report.transcript.timed = false;
  EXPECT_EQ(lead_up_to(report, at(report, 1)), LeadUp::unknown);
}

}  // namespace
}  // namespace guardian::insights
