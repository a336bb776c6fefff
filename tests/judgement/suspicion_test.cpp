#include "judgement/suspicion.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "calls.h"

namespace guardian::judgement {
namespace {

using test::call;
using test::customer;
using test::employee;
using test::judge;
using testing::HasSubstr;

constexpr const char* kMisheard = "医者両として500万ほど包んでいただければ";

/// What a recogniser would answer that puts the suspected words so far ahead of the heard ones.
std::vector<Hearing> answered(const speech::Transcript& transcript, double lead) {
  std::vector<Hearing> hearings;
  for (auto& suspicion : judge().suspicions(transcript)) hearings.push_back({suspicion, -20.0, -20.0 + lead});
  return hearings;
}

const Finding* finding_by_sound(const Verdict& verdict) {
  const auto found = std::find_if(verdict.findings.begin(), verdict.findings.end(), [](const Finding& f) {
    return f.grounds[0].en.find("heard as") != std::string::npos;
  });
  return found == verdict.findings.end() ? nullptr : &*found;
}

TEST(Suspicions, NameTheHeardWordsAndTheUtteranceWithTheSuspectedOnes) {
  const auto suspicions = judge().suspicions(call({customer(kMisheard)}));
  ASSERT_FALSE(suspicions.empty());
  EXPECT_EQ(suspicions[0].heard, "医者両として");
  EXPECT_EQ(suspicions[0].suspected_text, "慰謝料として500万ほど包んでいただければ");
  EXPECT_EQ(suspicions[0].utterance, 0);
}

TEST(Suspicions, ReachFurtherThanWhatIsBelievedUnheard) {
  const auto transcript = call({customer("ご自宅は最多の方ですよね読道は暗いですから")});
  EXPECT_EQ(finding_by_sound(judge().judge(transcript)), nullptr);
  const auto suspicions = judge().suspicions(transcript);
  ASSERT_FALSE(suspicions.empty());
  EXPECT_EQ(suspicions[0].suspected_text, "ご自宅は最多の方ですよね夜道は暗いですから");
}

TEST(Suspicions, LeaveAloneWhatWasHeardWellQuotedOrSaidByTheEmployee) {
  EXPECT_TRUE(judge().suspicions(call({customer("夜道は暗いですから")})).empty());
  EXPECT_TRUE(judge().suspicions(call({customer("「読み地は暗いですから」と言われました")})).empty());
  EXPECT_TRUE(judge().suspicions(call({employee(kMisheard)})).empty());
  EXPECT_TRUE(judge().suspicions(call({customer("配達は明日の午後にお願いします")})).empty());
  EXPECT_TRUE(judge().suspicions(call({})).empty());
}

TEST(Suspicions, StayFewInALongCallFullOfThem) {
  const std::vector<test::Turn> turns(720, customer(kMisheard));  // an hour
  std::vector<int> utterances;
  for (const auto& suspicion : judge().suspicions(call(turns))) utterances.push_back(suspicion.utterance);
  EXPECT_TRUE(std::is_sorted(utterances.begin(), utterances.end()));
  utterances.erase(std::unique(utterances.begin(), utterances.end()), utterances.end());
  EXPECT_GE(utterances.size(), 8U);
  EXPECT_LE(utterances.size(), 48U);
}

TEST(SecondHearing, WhatTheSoundSupportsIsFoundAndTheGroundsSayBothFigures) {
  const auto transcript = call({customer("読道は暗いですから")});
  const auto verdict = judge().judge(transcript, {}, {}, answered(transcript, -3.5));
  const auto* finding = finding_by_sound(verdict);
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->category, "threat");
  EXPECT_EQ(finding->quote, "読道は暗いですから") << "the transcript stays as it was heard";
  EXPECT_THAT(finding->grounds[0].ja, HasSubstr("「夜道は暗いですから」"));
  EXPECT_THAT(finding->grounds[0].en, HasSubstr("-23.5"));
  EXPECT_THAT(finding->grounds[0].en, HasSubstr("-20.0"));
}

TEST(SecondHearing, RaisesTheConfidenceOfASoundAlikeOrDropsIt) {
  const auto transcript = call({customer("ネットに探してやる")});
  const auto unheard = judge().judge(transcript);
  const auto supported = judge().judge(transcript, {}, {}, answered(transcript, 2.0));
  const auto refuted = judge().judge(transcript, {}, {}, answered(transcript, -30.0));
  ASSERT_FALSE(unheard.findings.empty());
  ASSERT_FALSE(supported.findings.empty());
  EXPECT_GT(supported.findings[0].confidence, unheard.findings[0].confidence);
  EXPECT_TRUE(refuted.findings.empty());
}

}  // namespace
}  // namespace guardian::judgement
