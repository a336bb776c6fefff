#include "evaluation/rule_coverage.h"

#include <gmock/gmock.h>

#include "support.h"

namespace guardian::evaluation {
namespace {

const judgement::Judge& rules_alone() {
  static const auto judge =
      judgement::Judge::create(policy::load_policy(test::source_dir() / "policy").value()).value();
  return judge;
}

const CategoryCoverage& of(const std::vector<CategoryCoverage>& all, const std::string& id) {
  return *std::find_if(all.begin(), all.end(),
                       [&](const CategoryCoverage& coverage) { return coverage.category->id == id; });
}

LabelledUtterance labelled(const std::string& text, const std::string& category) {
  LabelledUtterance utterance;
  utterance.text = text;
  utterance.category = category;
  return utterance;
}

TEST(RuleCoverage, CountsRulesAndExamplesOfEveryCategory) {
  const auto all = measure_coverage(rules_alone(), {});
  EXPECT_EQ(all.size(), rules_alone().policy().categories.size());
  int rules = 0;
  for (const auto& coverage : all) rules += coverage.rules;
  EXPECT_EQ(rules, static_cast<int>(rules_alone().policy().rules.size()));
  EXPECT_GT(of(all, "threat").rules, 3);
  EXPECT_GT(of(all, "threat").examples, of(all, "threat").rules);
}

TEST(RuleCoverage, MeasuresWhatTheRulesFindWithoutTheSecondWitness) {
  const auto all =
      measure_coverage(rules_alone(), {labelled("今すぐ土下座しろ", "dogeza_demand"),
                                       labelled("誠意は低いところから見せるものよね", "dogeza_demand"),
                                       labelled("営業時間を教えてください", "")});
  EXPECT_DOUBLE_EQ(of(all, "dogeza_demand").found.recall(), 0.5);
  EXPECT_DOUBLE_EQ(of(all, "dogeza_demand").found.precision(), 1.0);
}

TEST(RuleCoverage, ThinIsFewRulesFewExamplesOrLittleFound) {
  policy::Category category;
  CategoryCoverage coverage{&category, 3, 1, 6, 0, {}};
  EXPECT_FALSE(coverage.is_thin());
  EXPECT_TRUE((CategoryCoverage{&category, 2, 1, 6, 0, {}}).is_thin());
  EXPECT_TRUE((CategoryCoverage{&category, 3, 0, 6, 0, {}}).is_thin());
  EXPECT_TRUE((CategoryCoverage{&category, 3, 1, 5, 0, {}}).is_thin());
  EXPECT_TRUE((CategoryCoverage{&category, 3, 1, 6, 0, {2, 0, 8}}).is_thin());
  EXPECT_FALSE((CategoryCoverage{&category, 3, 1, 6, 0, {0, 0, 9}}).is_thin()) << "too few to say";
  category.kind = policy::CategoryKind::signal;
  EXPECT_FALSE((CategoryCoverage{&category, 1, 0, 1, 0, {}}).is_thin()) << "not a finding of its own";
}

TEST(DoubtedExamples, AreNoneWhereNoOtherWitnessDoubts) {
  EXPECT_THAT(find_doubted_examples(rules_alone()), testing::IsEmpty());
}

}  // namespace
}  // namespace guardian::evaluation
