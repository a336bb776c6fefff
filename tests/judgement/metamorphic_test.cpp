// What must not change, or change in one direction only, when a call is changed in a known way.
#include <gmock/gmock.h>

#include "calls.h"
#include "judgement/call_score.h"
#include "speech/transcript_file.h"

namespace guardian::judgement {
namespace {

using test::call;
using test::customer;
using test::employee;
using test::judge;

const std::vector<test::Turn>& angry_call() {
  static const std::vector<test::Turn> turns = {
      employee("お電話ありがとうございます、さくら電器でございます。"),
      customer("買った洗濯機が動かないんだけど。"),
      employee("ご迷惑をおかけしております。"),
      customer("ふざけるなよ、お前じゃ話にならない。"),
      employee("修理の手配をいたします。"),
      customer("誠意を見せろ、慰謝料払え。"),
      employee("金銭でのお支払いはいたしかねます。"),
      customer("土下座しろ、ネットに晒してやるからな。")};
  return turns;
}

/// A finding as a test would write it.
Finding found(const std::string& category, int severity, double confidence = 0.9) {
  Finding finding;
  finding.category = category;
  finding.severity = severity;
  finding.confidence = confidence;
  return finding;
}

std::vector<std::string> quotes(const Verdict& verdict) {
  std::vector<std::string> quotes;
  for (const auto& finding : verdict.findings) quotes.push_back(finding.quote);
  return quotes;
}

TEST(Metamorphic, AHarmlessMinuteChangesNothing) {
  const auto before = judge().judge(call(angry_call()));
  ASSERT_GE(before.score, 60);
  auto turns = angry_call();
  for (int i = 0; i < 6; ++i) {
    turns.insert(turns.begin() + 2, employee("製造番号を確認いたします、少々お待ちください。"));
    turns.insert(turns.begin() + 2, customer("はい、番号は" + std::to_string(i * 731) + "です。"));
  }
  const auto after = judge().judge(call(turns));
  EXPECT_EQ(after.score, before.score);
  EXPECT_EQ(quotes(after), quotes(before));
}

TEST(Metamorphic, TheEmployeesWordingChangesNoQuote) {
  const auto before = judge().judge(call(angry_call()));
  auto turns = angry_call();
  turns[0].text = "はい、さくら電器の田中が承ります。";
  turns[2].text = "それは大変失礼いたしました。";
  turns[4].text = "すぐに担当の者をうかがわせます。";
  EXPECT_EQ(quotes(judge().judge(call(turns))), quotes(before));
}

TEST(Metamorphic, PunctuationAndWidthChangeNoCategory) {
  for (const auto& [one, other] :
       std::vector<std::pair<std::string, std::string>>{{"いい加減にしろ", "いい 加減に しろ"},
                                                        {"SNSに晒すぞ", "ＳＮＳ に 晒すぞ！！！"},
                                                        {"ふざけんな", "ふざけんなーーー"}}) {
    EXPECT_FALSE(judge().judge_utterance(one).category.empty()) << one;
    EXPECT_EQ(judge().judge_utterance(one).category, judge().judge_utterance(other).category) << other;
  }
}

TEST(Metamorphic, SwappingSidesTakesTheSuspicionAway) {
  auto turns = angry_call();
  for (auto& turn : turns)
    turn.speaker =
        turn.speaker == speech::Speaker::customer ? speech::Speaker::employee : speech::Speaker::customer;
  EXPECT_FALSE(judge().judge(call(turns)).suspected);
}

TEST(Metamorphic, LeavingAFindingOutNeverRaisesTheScore) {
  const auto verdict = judge().judge(call(angry_call()));
  for (const auto& finding : verdict.findings) {
    EXPECT_LE(finding.score_without, verdict.score);
    auto others = verdict.findings;
    others.erase(others.begin() + (&finding - verdict.findings.data()));
    EXPECT_EQ(finding.score_without, call_score(others, judge().policy()));
  }
}

TEST(Metamorphic, LeavingADoubtfulFindingOutScoresTheSameEitherWay) {
  std::vector<Finding> findings = {found("threat", 80, 0.5), found("verbal_abuse", 60, 0.99),
                                   found("threat", 75, 0.45), found("monetary_demand", 50, 0.6)};
  findings[1].utterance = findings[2].utterance = 4;
  fill_scores_without(findings, judge().policy());
  for (const auto& finding : findings) {
    auto others = findings;
    others.erase(others.begin() + (&finding - findings.data()));
    EXPECT_EQ(finding.score_without, call_score(others, judge().policy()));
    EXPECT_LE(finding.score_without, call_score(findings, judge().policy()));
  }
}

TEST(Metamorphic, SayingLessNeverScoresMore) {
  auto turns = angry_call();
  int before = judge().judge(call(turns)).score;
  while (!turns.empty()) {
    turns.pop_back();
    const int now = judge().judge(call(turns)).score;
    EXPECT_LE(now, before);
    before = now;
  }
  EXPECT_EQ(before, 0);
}

TEST(CallScore, DemandsAloneStayBelowTheCap) {
  const auto& policy = judge().policy();
  std::vector<Finding> findings;
  for (const char* category : {"monetary_demand", "excessive_service_demand", "apology_demand"})
    for (int i = 0; i < 20; ++i) findings.push_back(found(category, 59));
  EXPECT_LE(call_score(findings, policy), 59);
  EXPECT_GT(call_score(findings, policy), 0);
}

TEST(CallScore, OneGraveFindingMakesAnEmergencyUnlessWeAreUnsure) {
  EXPECT_EQ(band_of(call_score({found("threat", 85)}, judge().policy())), Band::emergency);
  EXPECT_LT(call_score({found("threat", 85, 0.3)}, judge().policy()), 80);
}

TEST(CallScore, WhatIsGraveOnlyByRepetitionIsNoEmergency) {
  EXPECT_EQ(band_of(call_score({found("authority_leverage", 85)}, judge().policy())), Band::high)
      << "the category by itself ends at 65";
}

TEST(CallScore, DoubtTakesMoreThanItsShare) {
  const int sure = call_score({found("verbal_abuse", 70)}, judge().policy());
  EXPECT_EQ(sure, 70);
  EXPECT_LT(call_score({found("verbal_abuse", 70, 0.45)}, judge().policy()), sure / 2);
}

TEST(CallScore, SeveralDoubtfulTurnsMakeACallSurerThanOneButNotTheSameTurnTwice) {
  const auto in_turn = [](int utterance) {
    auto finding = found("verbal_abuse", 70, 0.5);
    finding.utterance = utterance;
    return finding;
  };
  const auto& policy = judge().policy();
  const int once = call_score({in_turn(1)}, policy);
  EXPECT_GT(call_score({in_turn(1), in_turn(3)}, policy), once);
  EXPECT_EQ(call_score({in_turn(1), in_turn(1)}, policy), once);
}

TEST(CallScore, BandsBeginWhereTheReferenceSays) {
  EXPECT_EQ(band_of(0), Band::none);
  EXPECT_EQ(band_of(19), Band::none);
  EXPECT_EQ(band_of(20), Band::notice);
  EXPECT_EQ(band_of(40), Band::caution);
  EXPECT_EQ(band_of(60), Band::high);
  EXPECT_EQ(band_of(80), Band::emergency);
  EXPECT_EQ(band_of(100), Band::emergency);
}

}  // namespace
}  // namespace guardian::judgement
