#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <set>

#include "policy/policy.h"
#include "support.h"

namespace guardian::policy {
namespace {

using testing::HasSubstr;

/// A copy of the shipped policy that a test may spoil.
class EditedPolicy {
 public:
  EditedPolicy() {
    std::filesystem::copy(test::source_dir() / "policy", folder_.path(),
                          std::filesystem::copy_options::recursive);
  }
  void write(const std::string& file, const std::string& text) const {
    std::ofstream(folder_.path() / file) << text;
  }
  std::string read(const std::string& file) const {
    std::ifstream stream(folder_.path() / file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  Result<Policy> load() const { return load_policy(folder_.path()); }
  std::filesystem::path path() const { return folder_.path(); }

 private:
  test::TemporaryFolder folder_;
};

std::string rule_file(const std::string& extra) {
  return "category: threat\nrules:\n  - id: threat.extra\n    severity: 80\n    any: [x1]\n    match: "
         "[x1]\n" +
         extra;
}

TEST(ShippedPolicy, IsWholeAndHasEveryCategoryOfTheTable) {
  const auto policy = load_policy(test::source_dir() / "policy");
  ASSERT_TRUE(policy) << describe(policy.error(), Language::english);
  std::set<std::string> with_rules;
  for (const auto& rule : policy->rules) with_rules.insert(rule.category);
  int harassment = 0;
  for (const auto& category : policy->categories) {
    EXPECT_TRUE(with_rules.contains(category.id)) << category.id;
    EXPECT_FALSE(category.label.ja.empty() || category.label.en.empty()) << category.id;
    const bool excluded = category.kind == CategoryKind::excluded || category.kind == CategoryKind::signal;
    harassment += excluded ? 0 : 1;
    EXPECT_EQ(category.legal.empty(), excluded) << category.id;
  }
  EXPECT_EQ(harassment, 21);
}

TEST(ShippedPolicy, KnowsWhatIsSomebodysRight) {
  const auto policy = load_policy(test::source_dir() / "policy");
  ASSERT_TRUE(policy);
  EXPECT_GE(policy->harmless.size(), 30U);
  for (const auto& sentence : policy->harmless) {
    EXPECT_FALSE(sentence.text.empty());
    EXPECT_FALSE(sentence.why.ja.empty() || sentence.why.en.empty()) << sentence.text;
  }
}

TEST(APolicy, OfBeforeHasNoHarmlessSentencesAndIsTakenAllTheSame) {
  const EditedPolicy edited;
  std::filesystem::remove(edited.path() / "harmless.yaml");
  EXPECT_TRUE(edited.load());
  edited.write("harmless.yaml", "harmless: [{why: x}]");
  const auto wrong = edited.load();
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().subject, HasSubstr("harmless.yaml"));
}

TEST(SoundsLike, MayNameTheUsualSpellingBesideTheReading) {
  const auto rules = parse_rules(
      rule_file("    sounds_like: [ドゲザシロ, {reading: よみちにきをつけろ, written: 夜道に気をつけろ}]\n"),
      "r");
  ASSERT_TRUE(rules) << describe(rules.error(), Language::english);
  const auto& phrases = rules->at(0).sounds_like;
  ASSERT_EQ(phrases.size(), 2U);
  EXPECT_EQ(phrases[0].reading, "どげざしろ");
  EXPECT_TRUE(phrases[0].written.empty());
  EXPECT_EQ(phrases[1].reading, "よみちにきをつけろ");
  EXPECT_EQ(phrases[1].written, "夜道に気をつけろ");
}

TEST(SoundsLike, MistakesAreNamedWithTheirLine) {
  for (const char* wrong : {"{written: 夜道}", "[{reading: よみち, spelt: 夜道}]", "[[よみち]]"}) {
    const auto rules = parse_rules(rule_file(std::string("    sounds_like: ") + wrong + "\n"), "r");
    ASSERT_FALSE(rules) << wrong;
    EXPECT_EQ(rules.error().kind, Error::Kind::policy);
    EXPECT_THAT(describe(rules.error(), Language::english), HasSubstr("7")) << wrong;
  }
}

TEST(ShippedPolicy, StatesNoOffenceAsCertain) {
  const auto policy = load_policy(test::source_dir() / "policy").value();
  for (const auto& category : policy.categories)
    for (const auto& legal : category.legal) {
      EXPECT_EQ(legal.ja.find("に該当"), std::string::npos) << legal.ja;
      if (legal.ja.find("刑法") != std::string::npos) {
        EXPECT_THAT(legal.ja, HasSubstr("なりうる"));
      }
    }
}

struct Mistake {
  std::string text;
  std::string place;   ///< file and line that the error must name
  std::string reason;  ///< a word the reason must hold
};

class SpoiledRule : public testing::TestWithParam<Mistake> {};

TEST_P(SpoiledRule, IsRefusedWithFileLineAndReason) {
  const EditedPolicy policy;
  policy.write("rules/zz.yaml", GetParam().text);
  const auto loaded = policy.load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind, Error::Kind::policy);
  EXPECT_THAT(loaded.error().subject, HasSubstr(GetParam().place));
  EXPECT_THAT(loaded.error().what.en, HasSubstr(GetParam().reason));
  EXPECT_FALSE(loaded.error().what.ja.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, SpoiledRule,
    testing::Values(
        Mistake{rule_file("    colour: red\n"), "zz.yaml:7", "colour"},
        Mistake{rule_file("    unless: ['(']\n"), "zz.yaml:3", "bad expression"},
        Mistake{rule_file("    unless: ['x*']\n"), "zz.yaml:3", "empty text"},
        Mistake{rule_file("    unless: ['((((a{100}){100}){100}){100})']\n"), "zz.yaml:3", "bad expression"},
        Mistake{rule_file("    confidence: 1.5\n"), "zz.yaml:7", "confidence"},
        Mistake{rule_file("    confidence: .nan\n"), "zz.yaml:7", "confidence"},
        Mistake{rule_file("    kind: loud\n"), "zz.yaml", "kind"},
        Mistake{rule_file("    settings: [moon]\n"), "zz.yaml", "settings"},
        Mistake{rule_file("    guards: [nobody]\n"), "threat.extra", "unknown guard"},
        Mistake{"category: threat\nrules:\n  - {id: t.x, severity: 10, any: [x], match: [x]}\n", "t.x",
                "range"},
        Mistake{"category: nothing\nrules:\n  - {id: n.x, severity: 80, any: [x], match: [x]}\n", "n.x",
                "category"},
        Mistake{"category: threat\nrules:\n  - {id: t.x, severity: 80, match: [x]}\n", "zz.yaml:3", "any"},
        Mistake{"category: threat\nrules:\n  - {id: t.x, severity: 80, any: [x]}\n", "zz.yaml:3", "match"},
        Mistake{"category: threat\nrules: 7\n", "zz.yaml", "list"}, Mistake{"- a\n", "zz.yaml:1", "mapping"},
        Mistake{"a: [", "zz.yaml:", ""}));

TEST(LoadPolicy, RefusesOneIdForTwoRules) {
  const EditedPolicy policy;
  policy.write("rules/zz.yaml", rule_file(""));
  EXPECT_TRUE(policy.load());
  policy.write("rules/zzz.yaml", rule_file(""));
  ASSERT_FALSE(policy.load());
  EXPECT_THAT(policy.load().error().what.en, HasSubstr("twice"));
}

TEST(LoadPolicy, RefusesAPolicyWithoutTheCategoriesThatCallsAsAWholeNeed) {
  const EditedPolicy policy;
  std::filesystem::remove_all(policy.path() / "rules");
  std::filesystem::create_directory(policy.path() / "rules");
  policy.write("categories.yaml",
               "categories:\n  - {id: threat, kind: conduct, severity: {low: 70, high: 100}, label: {ja: "
               "脅迫, en: Threat}}\n");
  policy.write("rules/threat.yaml", rule_file(""));
  ASSERT_FALSE(policy.load());
  EXPECT_THAT(policy.load().error().what.en, HasSubstr("repetitive_contact"));
}

TEST(LoadPolicy, APolicyFromBeforeCounterpartHistoryStillLoads) {
  const EditedPolicy policy;
  const auto scale = policy.read("scale.yaml");
  const auto shipped = policy.load().value().scale.history;
  policy.write("scale.yaml", scale.substr(0, scale.find("counterpart_history:")));
  const auto older = policy.load();
  ASSERT_TRUE(older) << describe(older.error(), Language::english);
  EXPECT_EQ(older->scale.history.contacts, shipped.contacts);
  EXPECT_EQ(older->scale.history.recurrence_bonus, shipped.recurrence_bonus);
}

class SpoiledHistoryScale : public testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(SpoiledHistoryScale, IsRefusedWithItsFieldAndLine) {
  const EditedPolicy policy;
  auto scale = policy.read("scale.yaml");
  const auto& [good, bad] = GetParam();
  ASSERT_NE(scale.find(good), std::string::npos) << good;
  scale.replace(scale.find(good), good.size(), bad);
  policy.write("scale.yaml", scale);
  const auto loaded = policy.load();
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().subject, HasSubstr("scale.yaml:"));
  EXPECT_THAT(loaded.error().what.en, HasSubstr(bad.substr(0, bad.find(':'))));
}

INSTANTIATE_TEST_SUITE_P(Mistakes, SpoiledHistoryScale,
                         testing::Values(std::pair("contacts: 3", "contacts: 1"),
                                         std::pair("silent_calls: 5", "silent_calls: many"),
                                         std::pair("escalation_dealings: 3", "escalation_dealings: 1"),
                                         std::pair("escalation_rise: 10", "escalation_rise: 0"),
                                         std::pair("recurrence_bonus: 10", "recurrence_bonus: 51"),
                                         std::pair("contact_days: 30", "contact_weeks: 4"),
                                         std::pair("silent_hours: 24", "silent_hours: .inf")));

TEST(LoadPolicy, ReadsTheValuesOfCounterpartHistory) {
  const EditedPolicy policy;
  auto scale = policy.read("scale.yaml");
  scale.replace(scale.find("silent_calls: 5"), 15, "silent_calls: 9");
  policy.write("scale.yaml", scale);
  EXPECT_EQ(policy.load().value().scale.history.silent_calls, 9);
}

TEST(LoadPolicy, SaysWhatIsMissing) {
  const test::TemporaryFolder empty;
  EXPECT_EQ(load_policy(empty.path()).error().kind, Error::Kind::not_found);
  const EditedPolicy policy;
  std::filesystem::remove_all(policy.path() / "rules");
  EXPECT_EQ(policy.load().error().kind, Error::Kind::not_found);
}

TEST(ParseRules, RefusesTooMuchText) {
  EXPECT_FALSE(parse_rules(std::string((1U << 20U) + 1, ' '), "big.yaml"));
}

}  // namespace
}  // namespace guardian::policy
