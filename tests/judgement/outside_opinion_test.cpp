// The fourth witness is heard, within bounds: it moves what the others nearly said and never speaks alone.
#include "judgement/outside_opinion.h"

#include <gmock/gmock.h>

#include "calls.h"

namespace guardian::judgement {
namespace {

using test::all_grounds;
using test::both_witnesses_reporting_from;
using test::call;
using test::customer;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kUnknownWording = "あなたと話すと頭が痛くなる";  // no rule has it
constexpr const char* kRuleKnows = "今すぐここで土下座しろ";

const Judge& both() {
  static const Judge shared = both_witnesses_reporting_from(0.5);
  return shared;
}

/// How sure the judge is of these words without an outside opinion.
double probability_of(const char* words) {
  return both_witnesses_reporting_from(0.0).judge(call({customer(words)})).findings.at(0).confidence;
}

TEST(OutsideOpinion, ItsShareIsBounded) {
  EXPECT_NEAR(share_of({"threat", 0.5}), 0.0, 1e-9);
  EXPECT_NEAR(share_of({"threat", 0.8}), 0.69, 0.01);
  EXPECT_EQ(share_of({"threat", 1.0}), 1.5);
  EXPECT_EQ(share_of({"", 0.0}), -1.5);
  EXPECT_LE(with_outside(0.99, {"threat", 1.0}), 0.99);
}

TEST(OutsideOpinion, MovesTheConfidenceAndStandsInTheGrounds) {
  const auto transcript = call({customer(kUnknownWording)});
  const auto judge = both_witnesses_reporting_from(0.2);
  const auto alone = judge.judge(transcript);
  ASSERT_THAT(alone.findings, SizeIs(1));
  const auto agreed = judge.judge(transcript, {{0, {"personal_insult", 0.9}}});
  const auto denied = judge.judge(transcript, {{0, {"", 0.1}}});
  ASSERT_THAT(agreed.findings, SizeIs(1));
  ASSERT_THAT(denied.findings, SizeIs(1));
  EXPECT_GE(agreed.findings[0].confidence, alone.findings[0].confidence);
  EXPECT_EQ(denied.findings[0].confidence, alone.findings[0].confidence)
      << "the turns are the words of the one who is judged: they must not talk a model round to his good";
  EXPECT_THAT(all_grounds(agreed.findings[0]), HasSubstr("外部の意見 +1.1"));
  EXPECT_THAT(all_grounds(denied.findings[0]), HasSubstr("outside opinion -1.1 (\"none\")"));
  EXPECT_THAT(all_grounds(alone.findings[0]), Not(HasSubstr("outside")));
}

TEST(OutsideOpinion, TakesNoFindingAway) {
  for (const char* words : {kUnknownWording, kRuleKnows}) {
    const auto transcript = call({customer(words)});
    const auto judge = both_witnesses_reporting_from(probability_of(words) - 0.01);
    ASSERT_FALSE(judge.judge(transcript).findings.empty());
    EXPECT_FALSE(judge.judge(transcript, {{0, {"", 0.0}}}).findings.empty())
        << "whoever talks the model round must not make a finding vanish: " << words;
  }
}

TEST(OutsideOpinion, CarriesWhatIsNearlyAFindingOverTheThreshold) {
  const auto transcript = call({customer(kUnknownWording)});
  const double probability = probability_of(kUnknownWording);
  ASSERT_LT(probability, 0.985) << "too sure: take another example";
  const auto judge = both_witnesses_reporting_from((probability + 0.985) / 2.0);
  EXPECT_THAT(judge.judge(transcript).findings, IsEmpty());
  EXPECT_THAT(judge.judge(transcript, {{0, {"personal_insult", 0.99}}}).findings, SizeIs(1));
}

TEST(OutsideOpinion, NeverMakesAFindingAlone) {
  for (const char* words : {"届いた商品が壊れていたので交換していただけますか",
                            "弁護士に相談することも考えています", "責任者の方に代わっていただけますか",
                            "車椅子で入れる席をお願いします", "営業時間を教えてください", "もう死にたいです"})
    EXPECT_THAT(both().judge(call({customer(words)}), {{0, {"threat", 1.0}}}).findings, IsEmpty()) << words;
}

TEST(OutsideOpinion, IsNotHeardOnTheEmployee) {
  EXPECT_THAT(both().judge(call({test::employee("殺すぞ、この野郎")}), {{0, {"threat", 1.0}}}).findings,
              IsEmpty());
}

}  // namespace
}  // namespace guardian::judgement
