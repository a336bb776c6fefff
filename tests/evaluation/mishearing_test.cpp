#include "evaluation/mishearing.h"

#include <gmock/gmock.h>

#include "evaluation/misheard_accuracy.h"
#include "judgement/calls.h"

namespace guardian::evaluation {
namespace {

Homophones homophones() { return Homophones::load(Homophones::installed_source()).value(); }

Mishearing learnt_from(const std::vector<HeardPair>& pairs) {
  return Mishearing::learn(pairs, Morphology::load().value(), homophones());
}

const std::vector<HeardPair>& pairs() {
  static const std::vector<HeardPair> shared = {
      {"修理費はいいんです、慰謝料を包んでいただければ", "処理費はいいんです、医者両を包んでいただければ"},
      {"夜道は暗いですから、担当の方を出してください", "読道は暗いですから、担当の型を出してください"},
      {"冗談ですよ、お名前を教えてください", "上談ですよ、お名前を教えてください"},
      {"あの子を辞めさせてください、返事が変わるまでかけます",
       "あの子をやめさせてください、返事が変わるまでかけます"}};
  return shared;
}

TEST(Alignment, SaysWhatBecameOfWhat) {
  const auto aligned = align({"あ", "い", "う", "お"}, {"あ", "う", "お", "え"});
  ASSERT_EQ(aligned.size(), 5U);
  EXPECT_EQ(aligned[0].heard, 0U);
  EXPECT_FALSE(aligned[1].heard) << "い was passed over";
  EXPECT_EQ(aligned[2].heard, 1U);
  EXPECT_FALSE(aligned[4].said) << "え was added";
}

TEST(Alignment, CountsCharactersAsTheyAreSpoken) {
  EXPECT_EQ(count_errors("はい、そうです。", "はい そうです").wrong, 0U);
  EXPECT_EQ(count_errors("ＡＢＣ", "abc").wrong, 0U);
  const auto errors = count_errors("慰謝料を払え", "医者両を払え");
  EXPECT_EQ(errors.wrong, 3U);
  EXPECT_EQ(errors.characters, 6U);
  EXPECT_DOUBLE_EQ(count_errors("", "").rate(), 0.0);
}

TEST(Homophones, WriteTheSameSoundOtherwise) {
  EXPECT_NE(homophones().write("しゅうり", "修理"), "修理");
  EXPECT_NE(homophones().write("しゅうり", "修理"), "しゅうり");
  EXPECT_EQ(homophones().write("ゎゎゎ", "x"), "ゎゎゎ") << "no word sounds so";
  EXPECT_FALSE(Homophones::load("/nonexistent"));
}

TEST(Mishearing, MakesAboutAsManyErrorsAsItWasLearntFrom) {
  const auto mishearing = learnt_from(pairs());
  EXPECT_GT(mishearing.errors().rate(), 0.05);
  std::mt19937 generator(1);
  CharacterErrors errors;
  for (int i = 0; i < 50; ++i)
    for (const auto& pair : pairs()) errors += count_errors(pair.said, mishearing.hear(pair.said, generator));
  EXPECT_NEAR(errors.rate(), mishearing.errors().rate(), 0.04);
}

TEST(Mishearing, TheSameSeedHearsTheSame) {
  const auto mishearing = learnt_from(pairs());
  const std::string text = "担当の方を出してください、修理費と慰謝料の話です";
  std::mt19937 first(7);
  std::mt19937 second(7);
  EXPECT_EQ(mishearing.hear(text, first), mishearing.hear(text, second));
}

TEST(Mishearing, ARecogniserWithoutErrorsChangesNothing) {
  const auto mishearing = learnt_from({{"担当の方を出してください", "担当の方を出してください"}});
  std::mt19937 generator(1);
  const std::string text = "修理費、500円です!";
  EXPECT_EQ(mishearing.hear(text, generator), text);
}

TEST(MisheardAccuracy, ComparesTheSameUtterances) {
  LabelledUtterance harassing;
  harassing.text = "今すぐ土下座しろ";
  harassing.category = "dogeza_demand";
  LabelledUtterance harmless;
  harmless.text = "営業時間を教えてください";
  const auto perfect = learnt_from({{"はい", "はい"}});
  const std::vector<LabelledUtterance> said = {harassing, harmless};
  const auto accuracy =
      measure_misheard(judgement::test::judge(), said, mishear(said, perfect, 1), perfect.errors());
  EXPECT_DOUBLE_EQ(accuracy.recall_as_written.value, 1.0);
  EXPECT_DOUBLE_EQ(accuracy.fall.value, 0.0);
  EXPECT_DOUBLE_EQ(accuracy.flagged.value, 0.0);
  EXPECT_EQ(accuracy.errors.wrong, 0U);
}

}  // namespace
}  // namespace guardian::evaluation
