#include "guidance/advice.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "policy/policy.h"
#include "support.h"

namespace guardian::guidance {
namespace {

using testing::HasSubstr;
using testing::Not;

/// The playbook that is shipped.
const Playbook& shipped() {
  static const auto playbook = load_playbook(test::source_dir() / "policy/playbooks.yaml");
  if (!playbook) throw std::runtime_error(describe(playbook.error(), Language::english));
  return *playbook;
}

judgement::Finding found(const std::string& category, int severity) {
  judgement::Finding finding;
  finding.category = category;
  finding.severity = severity;
  finding.utterance = 0;
  return finding;
}

std::string all_words(const std::vector<Advice>& advice) {
  std::string words;
  for (const auto& entry : advice) words += entry.text.ja + entry.text.en + "\n";
  return words;
}

TEST(Playbook, HasACardForEveryCategoryAPersonCanSee) {
  const auto policy = policy::load_policy(test::source_dir() / "policy");
  ASSERT_TRUE(policy) << describe(policy.error(), Language::english);
  for (const auto& category : policy->categories)
    if (category.kind != policy::CategoryKind::signal) {
      EXPECT_NE(shipped().card(category.id), nullptr) << category.id;
    }
}

TEST(Advise, GravestCategoryFirstAndNeverLong) {
  judgement::Verdict verdict;
  for (const auto& [category, severity] :
       {std::pair{"apology_demand", 30}, {"threat", 90}, {"verbal_abuse", 50}, {"monetary_demand", 45}})
    verdict.findings.push_back(found(category, severity));
  verdict.legitimate_complaint = "壊れていました";
  const auto advice = advise(shipped(), verdict, {});
  ASSERT_FALSE(advice.empty());
  EXPECT_LE(advice.size(), 8U);
  EXPECT_EQ(advice.front().category, "threat");
  EXPECT_EQ(advice.front().when, "now");
  EXPECT_EQ(advice.front().level, "L5");
  EXPECT_TRUE(std::any_of(advice.begin(), advice.end(),
                          [](const Advice& a) { return a.category == "legit_complaint"; }));
}

TEST(Advise, GraverWordsOfTheSameCategoryClimbTheLadder) {
  judgement::Verdict mild;
  mild.findings = {found("verbal_abuse", 35)};
  judgement::Verdict grave;
  grave.findings = {found("verbal_abuse", 75)};
  EXPECT_LT(advise(shipped(), mild, {}).front().level, advise(shipped(), grave, {}).front().level);
}

TEST(Advise, CryForHelpIsNeverMixedWithAdviceAboutHarassment) {
  judgement::Verdict verdict;
  verdict.findings = {found("verbal_abuse", 70)};
  verdict.distress_utterances = {2};
  const auto advice = advise(shipped(), verdict, {});
  ASSERT_FALSE(advice.empty());
  for (const auto& entry : advice) EXPECT_EQ(entry.category, "customer_distress");
  EXPECT_THAT(all_words(advice), HasSubstr("切らない"));
  EXPECT_THAT(all_words(advice), Not(HasSubstr("終了いたします")));
}

TEST(Advise, FairComplaintGetsListenAndResolve) {
  judgement::Verdict verdict;
  verdict.legitimate_complaint = "届いた商品が壊れていました";
  const auto advice = advise(shipped(), verdict, {});
  ASSERT_FALSE(advice.empty());
  for (const auto& entry : advice) EXPECT_EQ(entry.level, "L0");
  EXPECT_TRUE(advise(shipped(), {}, {}).empty());
}

TEST(Advise, IndustriesWithADutyToServeAreNotToldToRefuse) {
  judgement::Verdict verdict;
  verdict.findings = {found("refusal_to_leave", 70)};
  speech::Transcript shop;
  speech::Transcript pharmacy;
  pharmacy.industry = "pharmacy";
  const auto next_of = [&](const speech::Transcript& transcript) {
    const auto advice = advise(shipped(), verdict, transcript);
    return std::find_if(advice.begin(), advice.end(), [](const Advice& a) { return a.when == "next"; })
        ->text.ja;
  };
  EXPECT_THAT(next_of(shop), HasSubstr("通話を終える"));
  EXPECT_THAT(next_of(pharmacy), Not(HasSubstr("通話を終える")));
  EXPECT_THAT(next_of(pharmacy), HasSubstr("必要な対応を続け"));
}

/// A whole small playbook in which one place can be spoiled.
std::string small_playbook(const std::string& steps) {
  std::string text = "ladder:\n";
  for (int level = 0; level < 6; ++level)
    text += "  - {level: L" + std::to_string(level) + ", next: {ja: あ, en: a}, involve: {ja: い, en: i}}\n";
  return text +
         "general: {after: {ja: あ, en: a}, prevent: {ja: い, en: i}}\ncards:\n  - category: threat\n"
         "    avoid: {ja: あ, en: a}\n    steps:\n" +
         steps;
}

TEST(Playbook, MistakesNameFileLineAndField) {
  ASSERT_TRUE(parse_playbook(small_playbook("      - {from: notice, level: L2, say: {ja: あ, en: a}}\n"),
                             "own.yaml"));
  for (const auto& [steps, field] :
       {std::pair{"      - {from: notice, level: L9, say: {ja: あ, en: a}}\n", "level"},
        {"      - {from: notice, level: L2, say: {ja: あ}}\n", "en"},
        {"      - {from: high, level: L2, say: {ja: あ, en: a}}\n", "steps"},
        {"      - {from: notice, level: L2, say: {ja: あ, en: a}, sya: 1}\n", "sya"},
        {"      []\n", "steps"}}) {
    const auto read = parse_playbook(small_playbook(steps), "own.yaml");
    ASSERT_FALSE(read) << steps;
    EXPECT_EQ(read.error().kind, Error::Kind::policy);
    const auto line = describe(read.error(), Language::english);
    EXPECT_THAT(line, HasSubstr("own.yaml:"));
    EXPECT_THAT(line, HasSubstr(field));
  }
}

}  // namespace
}  // namespace guardian::guidance
