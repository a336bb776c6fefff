// What a company may change about the rules, and what it may not.
#include "policy/amendment.h"

#include <gmock/gmock.h>

#include "base/json_fields.h"
#include "support.h"

namespace guardian::policy {
namespace {

using testing::HasSubstr;

const Policy& shipped() {
  static const auto policy = load_policy(test::source_dir() / "policy").value();
  return policy;
}

bool has_rule(const Policy& policy, const std::string& id) {
  return std::any_of(policy.rules.begin(), policy.rules.end(),
                     [&](const Rule& rule) { return rule.id == id; });
}

std::string own(const std::string& id, const std::string& more = "severity: 60") {
  return "rules:\n  - id: " + id + "\n    category: intimidation\n    " + more +
         "\n    any: ['合言葉']\n    match: ['合言葉だ']\n";
}

std::string reason(const Amendment& amendment) {
  const auto policy = amend(shipped(), amendment);
  return policy ? "" : policy.error().subject + ": " + policy.error().what.en;
}

TEST(AnAmendment, AddsRulesSwitchesOthersOffAndTellsItsEdition) {
  const auto silenced = shipped().rules.front().id;
  const auto policy = amend(shipped(), {3, {silenced}, own("own.intimidation.1"), 45.0}).value();
  EXPECT_FALSE(has_rule(policy, silenced));
  EXPECT_TRUE(has_rule(policy, "own.intimidation.1"));
  EXPECT_EQ(policy.rules.size(), shipped().rules.size());
  EXPECT_EQ(policy.scale.held_minutes, 45.0);
  EXPECT_EQ(policy.version, shipped().version + "+3");
  EXPECT_EQ(edition_in(policy.version), 3);
  EXPECT_EQ(edition_in(shipped().version), 0);
}

TEST(AnAmendment, MaySwitchOffWhatThisVersionDoesNotHaveAnyMore) {
  EXPECT_EQ(reason({1, {"threat.of_an_older_version"}, "", {}}), "");
}

TEST(AnAmendment, IsRefusedWithThePlaceWhereItIsWrong) {
  EXPECT_THAT(reason({0, {}, "rules:\n  - id: [\n", {}}), HasSubstr("own-rules.yaml:"));
  EXPECT_THAT(reason({0, {}, own("threat.mine"), {}}),
              HasSubstr("threat.mine: ids of a company's own rules"));
  EXPECT_THAT(reason({0, {}, own("own.a", "severity: 99"), {}}), HasSubstr("outside the category's range"));
  EXPECT_THAT(reason({0, {}, own("own.a") + own("own.a").substr(7), {}}), HasSubstr("id is used twice"));
  EXPECT_THAT(reason({0, {}, "rules:\n  - {id: own.a, severity: 1, any: [x], match: [x]}\n", {}}),
              HasSubstr("has no category"));
  EXPECT_THAT(reason({0, {}, std::string(kOwnRulesBytes + 1, '#'), {}}), HasSubstr("too long"));
  EXPECT_THAT(reason({0, {}, "", 0.5}), HasSubstr("1 to 1440"));
}

TEST(AnAmendment, IsHandedOnWhole) {
  const Amendment amendment{7, {"a", "b"}, "rules: []\n", 12.0};
  Amendment read;
  read_fields(write_fields(amendment), "amendment", read);
  EXPECT_EQ(read, amendment);
}

}  // namespace
}  // namespace guardian::policy
