// Whether a draft of rules holds together, and what it changes about calls.
#include "rulebook/preview.h"

#include <gmock/gmock.h>

#include "judgement/calls.h"

namespace guardian::rulebook {
namespace {

using judgement::test::both_witnesses;
using judgement::test::call;
using judgement::test::customer;
using judgement::test::employee;
using judgement::test::judge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

policy::Amendment with_rule(const std::string& phrase, const std::string& match,
                            const std::string& no_match = "別の話です") {
  policy::Amendment draft;
  draft.rules =
      "rules:\n  - id: own.intimidation.1\n    category: intimidation\n    severity: 60\n    any: ['" +
      phrase + "']\n    match: ['" + match + "']\n    no_match: ['" + no_match + "']\n";
  return draft;
}

std::string reason(const policy::Amendment& draft) {
  const auto good = check(judge(), draft);
  return good ? "" : good.error().subject + ": " + good.error().what.en;
}

TEST(ADraft, MustFindItsExamplesAndNoneOfItsNearMisses) {
  EXPECT_EQ(reason(with_rule("いつもの件を忘れるな", "いつもの件を忘れるな")), "");
  EXPECT_THAT(reason(with_rule("いつもの件を忘れるな", "ありがとう")),
              HasSubstr("own.intimidation.1: does not find its example \"ありがとう\""));
  EXPECT_THAT(reason(with_rule("いつもの", "いつもの件", "いつもの店です")),
              HasSubstr("finds \"いつもの店です\", which it must not"));
}

TEST(ADraft, MustNotFindWhatIsSomebodysRight) {
  EXPECT_THAT(reason(with_rule("弁護士", "弁護士を連れて行くぞ")),
              HasSubstr("finds \"弁護士に相談します\", which it must not"));
  EXPECT_THAT(reason(with_rule("責任者", "責任者を出せ")), HasSubstr("責任者の方に代わってください"));
}

TEST(ADraft, MayNotSwitchOffWhatIsNotThere) {
  policy::Amendment draft;
  draft.off = {"threat.no_such_rule"};
  EXPECT_THAT(reason(draft), HasSubstr("threat.no_such_rule: there is no such rule"));
}

TEST(ADraft, MayNotSwitchOffWhatKnowsACryForHelp) {
  const auto& rules = judge().policy().rules;
  const auto distress = std::find_if(rules.begin(), rules.end(), [](const policy::Rule& rule) {
    return rule.category == "customer_distress";
  });
  ASSERT_NE(distress, rules.end());
  policy::Amendment draft;
  draft.off = {distress->id};
  EXPECT_THAT(reason(draft), HasSubstr("always count"));
  const auto amended = policy::amend(judge().policy(), draft).value();
  EXPECT_EQ(amended.rules.size(), rules.size());
}

TEST(APreview, ShowsWhatAppearsInTheWordsThatWereSaid) {
  const auto preview =
      Preview::of(judge(), {}, with_rule("いつもの件を忘れるな", "いつもの件を忘れるな")).value();
  const auto changed = preview.look(call({customer("いつもの件を忘れるなよ"), employee("承知しました")}));
  ASSERT_THAT(changed.appeared, SizeIs(1));
  EXPECT_EQ(changed.appeared[0].quote, "いつもの件を忘れるな");
  EXPECT_EQ(changed.appeared[0].rule, "own.intimidation.1");
  EXPECT_THAT(changed.vanished, IsEmpty());
  EXPECT_GT(changed.score_after, changed.score_before);
  EXPECT_TRUE(preview.look(call({customer("予約をお願いします")})).is_none());
}

TEST(APreview, ShowsWhatVanishesAgainstTheEditionInForce) {
  const auto own = with_rule("いつもの件を忘れるな", "いつもの件を忘れるな");
  const auto preview = Preview::of(judge(), own, {}).value();
  const auto changed = preview.look(call({customer("いつもの件を忘れるなよ")}));
  EXPECT_THAT(changed.appeared, IsEmpty());
  EXPECT_THAT(changed.vanished, SizeIs(1));
}

TEST(AnOwnRule, StandsByItselfWhateverTheClassifierThinks) {
  const auto draft = with_rule("青い封筒の件", "青い封筒の件です");
  const auto preview = Preview::of(both_witnesses(), {}, draft).value();
  const auto changed = preview.look(call({customer("先日お話しした青い封筒の件ですけど")}));
  ASSERT_THAT(changed.appeared, SizeIs(1));
  EXPECT_EQ(changed.appeared[0].quote, "青い封筒の件");
  EXPECT_EQ(changed.appeared[0].severity, 60);
  EXPECT_NEAR(changed.appeared[0].confidence, 0.8, 0.001);
  EXPECT_THAT(changed.appeared[0].grounds.back().en, testing::Not(IsEmpty()));
}

TEST(AnOwnRule, IsSilencedByQuotationAndByAnEmployeesMouth) {
  const auto preview =
      Preview::of(both_witnesses(), {}, with_rule("青い封筒の件", "青い封筒の件です")).value();
  EXPECT_TRUE(preview.look(call({employee("青い封筒の件ですね")})).is_none());
  EXPECT_TRUE(preview.look(call({customer("前の人が「青い封筒の件」と言ったんです")})).is_none());
}

TEST(AnOwnRule, LendsNoWeightToOtherFindings) {
  const auto threat = call({customer("夜道に気をつけろよ、青い封筒の件もあるしな")});
  const auto changed =
      Preview::of(both_witnesses(), {}, with_rule("青い封筒の件", "青い封筒の件です")).value().look(threat);
  EXPECT_THAT(changed.vanished, IsEmpty());
  EXPECT_THAT(changed.appeared, SizeIs(1));
}

TEST(APreview, AsksTheSecondWitnessOnceForBoth) {
  const auto& program = both_witnesses();
  const auto threat = call({customer("殺すぞ、夜道に気をつけろよ")});
  const auto preview = Preview::of(program, {}, with_rule("夜道に", "夜道に気をつけろ")).value();
  const auto changed = preview.look(threat);
  const auto alone = program.judge(threat);
  EXPECT_EQ(changed.score_before, alone.score);
  EXPECT_EQ(changed.suspected_before, alone.suspected);
}

}  // namespace
}  // namespace guardian::rulebook
