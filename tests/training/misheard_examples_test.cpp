#include "training/misheard_examples.h"

#include <gtest/gtest.h>

namespace guardian::training {
namespace {

evaluation::Mishearing mishearing() {
  const std::vector<evaluation::HeardPair> pairs = {
      {"修理費はいいんです、慰謝料を包んでいただければ", "処理費はいいんです、医者両を包んでいただければ"},
      {"夜道は暗いですから、担当の方を出してください", "読道は暗いですから、担当の型を出してください"}};
  return evaluation::Mishearing::learn(
      pairs, Morphology::load().value(),
      evaluation::Homophones::load(evaluation::Homophones::installed_source()).value());
}

std::vector<evaluation::LabelledUtterance> examples() {
  evaluation::LabelledUtterance threat;
  threat.text = "夜道には気をつけてくださいね、担当の方、慰謝料の返事がまだですから";
  threat.category = "threat";
  threat.kind = "indirect";
  evaluation::LabelledUtterance numeral;
  numeral.text = "12";
  return {threat, numeral};
}

TEST(MisheardExamples, ComeBehindTheWrittenOnesWithTheirLabelsAndErrorsOfTheirOwn) {
  auto all = examples();
  add_misheard(all, mishearing(), 3);
  ASSERT_GE(all.size(), 3U);
  EXPECT_EQ(all[0].text, examples()[0].text);
  for (std::size_t i = 2; i < all.size(); ++i) {
    EXPECT_NE(all[i].text, examples()[0].text);
    EXPECT_NE(all[i].text, "12") << "heard as it is written: nothing new";
    EXPECT_EQ(all[i].category, "threat");
  }
}

TEST(MisheardExamples, AreTheSameInEveryTraining) {
  auto once = examples();
  auto again = examples();
  add_misheard(once, mishearing(), 2);
  add_misheard(again, mishearing(), 2);
  ASSERT_EQ(once.size(), again.size());
  for (std::size_t i = 0; i < once.size(); ++i) EXPECT_EQ(once[i].text, again[i].text);
}

}  // namespace
}  // namespace guardian::training
