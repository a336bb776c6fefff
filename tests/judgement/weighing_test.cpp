// Both witnesses together, with the shipped policy and model.
#include <gmock/gmock.h>

#include "calls.h"

namespace guardian::judgement {
namespace {

using test::all_grounds;
using test::both_witnesses;
using test::both_witnesses_reporting_from;
using test::call;
using test::customer;
using test::employee;
using testing::AnyOf;
using testing::Contains;
using testing::HasSubstr;

TEST(BothWitnesses, AFindingSaysWhatEachOfThemSaid) {
  const auto verdict = both_witnesses().judge(call({customer("今すぐここで土下座しろ")}));
  ASSERT_FALSE(verdict.findings.empty());
  EXPECT_EQ(verdict.findings[0].category, "dogeza_demand");
  EXPECT_THAT(all_grounds(verdict.findings[0]), HasSubstr("rule dogeza_demand"));
  EXPECT_THAT(all_grounds(verdict.findings[0]), HasSubstr("witnesses (log odds): meaning"));
  EXPECT_THAT(all_grounds(verdict.findings[0]), HasSubstr("read with the turn before"));
}

TEST(BothWitnesses, AWordingThatNoRuleKnowsIsFoundByItsMeaning) {
  const std::string words = "返事ひとつ満足にできないで、よく人前に立てるねえ";
  ASSERT_TRUE(test::judge().judge(call({customer(words)})).findings.empty())
      << "a rule knows it now: take another example";
  const auto verdict = both_witnesses().judge(call({customer(words)}));
  ASSERT_FALSE(verdict.findings.empty());
  EXPECT_THAT(words, HasSubstr(verdict.findings[0].quote));
  EXPECT_THAT(all_grounds(verdict.findings[0]), HasSubstr("means what examples of"));
}

TEST(BothWitnesses, WhatIsHarmlessStaysHarmless) {
  for (const char* words :
       {"届いた商品が壊れていたので交換していただけますか", "弁護士に相談することも考えています",
        "消費生活センターにも相談しようと思います", "責任者の方に代わっていただけますか",
        "車椅子で入れる席をお願いします", "殺虫剤はどこに置いてありますか",
        "ここのケーキは死ぬほどおいしいですね", "はい、お願いします", "営業時間を教えてください"})
    EXPECT_EQ(both_witnesses().judge(call({customer(words)})).score, 0) << words;
}

TEST(BothWitnesses, TheEmployeeIsNotJudged) {
  EXPECT_EQ(both_witnesses().judge(call({employee("殺すぞ、この野郎"), employee("土下座しろ")})).score, 0);
}

TEST(BothWitnesses, TheSameWordsWeighMoreAmidAbuseThanInFriendlyTalk) {
  const std::string words = "うるせえな、まったく";
  const auto judged = [&](const char* before, const char* after) {
    return both_witnesses_reporting_from(0.0).judge(
        call({customer(before), customer(words), customer(after)}));
  };
  const auto friendly = judged("いつもありがとうね、助かってるよ", "工事の音だよ、窓閉めるわ、ごめんね");
  const auto hostile = judged("てめえ、なめてんのか、ぶっ殺すぞ", "無能のくせに口答えするんじゃねえ");
  const auto confidence = [](const Verdict& verdict) {
    for (const auto& finding : verdict.findings)
      if (finding.utterance == 1) return finding.confidence;
    return 0.0;
  };
  EXPECT_GT(confidence(hostile), confidence(friendly));
}

TEST(BothWitnesses, WhatIsSpreadOverTwoTurnsIsReadTogether) {
  const auto confidence_after = [](const char* before) {
    const auto verdict = both_witnesses_reporting_from(0.0).judge(
        call({customer(before), customer("夜は暗いから、何かあっても誰も気づかないでしょうね")}));
    for (const auto& finding : verdict.findings)
      if (finding.utterance == 1) return finding.confidence;
    return 0.0;
  };
  EXPECT_GT(confidence_after("あなた、いつも裏口から一人で帰ってますよね"),
            confidence_after("駐車場の街灯が切れていて、直してほしいんです"));
}

TEST(BothWitnesses, ACompanyMayAskForMoreOrLessCertainty) {
  const auto findings_from = [](double probability) {
    return both_witnesses_reporting_from(probability)
        .judge(call({customer("ずいぶん待たされているんですけどね、ええ")}))
        .findings.size();
  };
  EXPECT_GT(findings_from(0.0), findings_from(0.9));
}

}  // namespace
}  // namespace guardian::judgement
