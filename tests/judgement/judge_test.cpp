#include "judgement/judge.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

#include "calls.h"

namespace guardian::judgement {
namespace {

using test::call;
using test::customer;
using test::employee;
using test::find_whole_call;
using test::has;
using test::judge;

TEST(Judge, EveryExampleOfTheShippedRulesHolds) {
  for (const auto& failed : judge().test_examples())
    ADD_FAILURE() << failed.rule << (failed.should_match ? " misses " : " wrongly finds ") << failed.example;
}

struct Said {
  std::string text;
  std::string category;
};

class Harassment : public testing::TestWithParam<Said> {};

TEST_P(Harassment, IsFoundAndQuotedVerbatim) {
  const auto verdict = judge().judge(call({customer(GetParam().text)}));
  ASSERT_TRUE(has(verdict, GetParam().category));
  for (const auto& finding : verdict.findings) {
    EXPECT_FALSE(finding.quote.empty());
    EXPECT_NE(GetParam().text.find(finding.quote), std::string::npos) << finding.quote;
    EXPECT_FALSE(finding.grounds.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Statements, Harassment,
    testing::Values(Said{"今すぐここで土下座しろ", "dogeza_demand"}, Said{"いいから 黙 れ", "verbal_abuse"},
                    Said{"ネットに晒してやるからな", "sns_exposure"}, Said{"夜道に気をつけろよ", "threat"},
                    Said{"こいつをクビにしろ", "punishment_demand"},
                    Said{"なめてんのか、おい", "intimidation"}, Said{"慰謝料払え", "monetary_demand"},
                    Said{"今日の下着は何色", "sexual_harassment"}, Said{"ＳＮＳに晒すぞ", "sns_exposure"}));

class Harmless : public testing::TestWithParam<std::string> {};

TEST_P(Harmless, IsNotFound) {
  const auto verdict = judge().judge(call({customer(GetParam())}));
  EXPECT_TRUE(verdict.findings.empty()) << verdict.findings[0].rule << " " << verdict.findings[0].quote;
  EXPECT_EQ(verdict.score, 0);
  EXPECT_FALSE(verdict.suspected);
}

INSTANTIATE_TEST_SUITE_P(
    Statements, Harmless,
    testing::Values("届いた商品が壊れていたので交換していただけますか", "殺虫剤はどこに置いてありますか",
                    "ここのケーキは死ぬほどおいしいですね", "前の店で「馬鹿野郎」と言われました",
                    "時代劇で「土下座しろ」と言う場面が好きで", "弁護士に相談することも考えています",
                    "消費生活センターにも相談しようと思います", "責任者の方に代わっていただけますか",
                    "土下座なんて求めていません", "車椅子で入れる席をお願いします",
                    "担当の方のお名前を伺えますか", "はい、ありがとうございます"));

TEST(Judge, NeverScoresTheEmployee) {
  for (const char* words : {"ふざけるな、黙れ", "土下座しろ", "殺すぞ"}) {
    EXPECT_GT(judge().judge(call({customer(words)})).score, 0);
    EXPECT_EQ(judge().judge(call({employee(words)})).score, 0) << words;
  }
}

TEST(Judge, IsLessSureOfASpeakerItDoesNotKnow) {
  auto transcript = call({customer("今すぐ土下座しろ")});
  const auto sure = judge().judge(transcript).findings.at(0);
  transcript.utterances[0].speaker = speech::Speaker::unknown;
  const auto unsure = judge().judge(transcript).findings.at(0);
  EXPECT_LT(unsure.confidence, sure.confidence);
  EXPECT_TRUE(std::any_of(unsure.grounds.begin(), unsure.grounds.end(), [](const Text& ground) {
    return ground.en.find("speaker unknown") != std::string::npos;
  }));
}

TEST(Judge, SuspectsAThreatToLifeOfASpeakerItDoesNotKnow) {
  auto transcript = call({customer("電話を切ったらお前を殺すぞ")});
  transcript.utterances[0].speaker = speech::Speaker::unknown;
  EXPECT_TRUE(judge().judge(transcript).suspected);
}

TEST(Judge, TimesTheQuoteByItsWords) {
  auto transcript = call({customer("いいですか、黙れ、もう")});
  auto& utterance = transcript.utterances[0];
  utterance.words = {
      {"いいですか、", 0.0, 1.5, 1}, {"黙れ", 2.0, 2.4, 1}, {"、", 2.4, 2.5, 1}, {"もう", 3.0, 4.0, 1}};
  const auto finding = judge().judge(transcript).findings.at(0);
  EXPECT_EQ(finding.quote, "黙れ");
  EXPECT_DOUBLE_EQ(finding.start_s, 2.0);
  EXPECT_DOUBLE_EQ(finding.end_s, 2.4);
}

TEST(Judge, WithoutWordTimesTheQuoteLiesInItsUtterance) {
  const auto finding =
      judge().judge(call({employee("はい"), customer("いいですか、黙れ、もう")})).findings.at(0);
  EXPECT_GT(finding.start_s, 5.0);
  EXPECT_GT(finding.end_s, finding.start_s);
  EXPECT_LT(finding.end_s, 9.0);
}

TEST(Judge, KeepsTheFairComplaintBesideTheHarassment) {
  const auto verdict =
      judge().judge(call({customer("届いた商品が割れていました。"), employee("申し訳ございません。"),
                          customer("お前、土下座しろよ。")}));
  EXPECT_TRUE(verdict.suspected);
  ASSERT_TRUE(verdict.legitimate_complaint);
  EXPECT_EQ(*verdict.legitimate_complaint, "届いた商品が割れていました。");
}

TEST(Judge, KeepsTheFairComplaintOfTheTurnThatIsHarassment) {
  const auto verdict = judge().judge(call({customer("届いた商品が割れていました。お前、土下座しろよ。")}));
  EXPECT_TRUE(verdict.suspected);
  ASSERT_TRUE(verdict.legitimate_complaint);
  EXPECT_THAT(*verdict.legitimate_complaint, testing::HasSubstr("割れていました"));
  EXPECT_THAT(*verdict.legitimate_complaint, testing::Not(testing::HasSubstr("土下座")));
}

TEST(Judge, TheCompanysFaultMakesADemandMilderButNoConduct) {
  auto transcript = call({customer("慰謝料として100万円払え。"), customer("黙れ、この馬鹿野郎。")});
  const auto open = judge().judge(transcript);
  transcript.company_fault = true;
  const auto at_fault = judge().judge(transcript);
  ASSERT_EQ(open.findings.size(), at_fault.findings.size());
  for (std::size_t i = 0; i < open.findings.size(); ++i) {
    const bool demand = open.findings[i].category == "monetary_demand";
    EXPECT_EQ(open.findings[i].severity - at_fault.findings[i].severity, demand ? 10 : 0)
        << open.findings[i].category;
  }
}

TEST(Judge, ShowsACryForHelpApartAndDoesNotScoreIt) {
  const auto verdict = judge().judge(call({employee("どうされましたか。"), customer("もう死にたいです。")}));
  EXPECT_THAT(verdict.distress_utterances, testing::ElementsAre(1));
  EXPECT_EQ(verdict.score, 0);
}

TEST(Judge, GoingOnAfterAWarningIsGraver) {
  const auto before = judge().judge(call({employee("はい、承ります。"), customer("黙れ。")}));
  const auto after =
      judge().judge(call({employee("そのようなご発言はお控えください。"), customer("黙れ。")}));
  EXPECT_THAT(after.warned_utterances, testing::ElementsAre(0));
  EXPECT_GT(after.findings.at(0).severity, before.findings.at(0).severity);
  EXPECT_GT(after.score, before.score);
}

TEST(Judge, ALouderVoiceIsGraverAndSaysSo) {
  auto transcript = call({customer("黙れ。")});
  const auto calm = judge().judge(transcript).findings.at(0);
  transcript.utterances[0].cues.loudness_change_db = 12.0;
  const auto loud = judge().judge(transcript).findings.at(0);
  EXPECT_GT(loud.severity, calm.severity);
  EXPECT_TRUE(std::any_of(loud.grounds.begin(), loud.grounds.end(),
                          [](const Text& ground) { return ground.en.find("12 dB") != std::string::npos; }));
}

TEST(Judge, TheSameDemandAgainAndAgainAfterARefusalIsAFindingOfItsOwn) {
  std::vector<test::Turn> turns = {employee("そちらの補償はいたしかねます。")};
  for (int i = 0; i < 4; ++i) {
    turns.push_back(customer("昨日の配達の件をもう一度最初から説明してください。"));
    turns.push_back(employee("ご説明したとおりでございます。"));
  }
  const auto verdict = judge().judge(call(turns));
  const auto* found = find_whole_call(verdict, "repetitive_contact");
  ASSERT_NE(found, nullptr);
  EXPECT_TRUE(found->quote.empty());
  const auto grounds = test::all_grounds(*found);
  EXPECT_NE(grounds.find("the same demand 4 times despite refusal"), std::string::npos);
  EXPECT_NE(grounds.find("0:05 「昨日の配達の件をもう一度"), std::string::npos) << grounds;
}

TEST(Judge, WeighsAThirdTimeLessThanAFifth) {
  const auto severity = [](int times) {
    std::vector<test::Turn> turns = {employee("そちらの補償はいたしかねます。")};
    for (int i = 0; i < times; ++i)
      turns.push_back(customer("昨日の配達の件をもう一度最初から説明してください。"));
    const auto verdict = judge().judge(call(turns));
    const auto* found = find_whole_call(verdict, "repetitive_contact");
    return found == nullptr ? 0 : found->severity;
  };
  EXPECT_EQ(severity(2), 0);
  EXPECT_GT(severity(3), 0);
  EXPECT_LT(severity(3), severity(5));
  EXPECT_EQ(severity(20), severity(30));
}

TEST(Judge, ALongCallIsRestraintOnlyAfterARefusal) {
  auto refused = call({employee("これ以上の対応はいたしかねます。"), customer("そうですか、でも待ちます。")});
  refused.utterances[1].end_s = 2400.0;
  EXPECT_TRUE(has(judge().judge(refused), "time_restraint"));
  auto helped = refused;
  helped.utterances[0].text = "設定を一緒に確認しましょう。";
  EXPECT_FALSE(has(judge().judge(helped), "time_restraint"));
}

TEST(Judge, NamesThePolicyItUsed) { EXPECT_FALSE(judge().judge({}).policy_version.empty()); }

TEST(Judge, AnswersSeveralThreadsAlike) {
  const auto transcript =
      call({customer("ふざけるな、土下座しろ"), employee("お控えください"), customer("ネットに晒してやる")});
  const int expected = judge().judge(transcript).score;
  std::vector<int> scores(4);
  {
    std::vector<std::jthread> threads;
    for (auto& score : scores) threads.emplace_back([&] { score = judge().judge(transcript).score; });
  }
  EXPECT_THAT(scores, testing::Each(expected));
}

TEST(Judge, EndsOnHostileTranscripts) {
  std::string long_text;
  while (long_text.size() < 20'000) long_text += "死ね「殺すぞと土下座しろ";
  std::vector<test::Turn> turns = {customer(long_text), customer("\xF0\x9F\x98\x80\n\t"),
                                   customer("「」『』。、")};
  for (int i = 0; i < 300; ++i) turns.push_back(customer("死ね"));
  const auto verdict = judge().judge(call(turns));
  EXPECT_GE(verdict.findings.size(), 300U);
  EXPECT_LE(verdict.score, 100);
}

}  // namespace
}  // namespace guardian::judgement
