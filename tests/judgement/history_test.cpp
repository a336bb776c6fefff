// What earlier dealings with the same counterpart add to a call, and what they must not add.
#include "judgement/history.h"

#include <gmock/gmock.h>

#include "calls.h"

namespace guardian::judgement {
namespace {

using test::call;
using test::customer;
using test::employee;
using test::find_whole_call;
using test::has;
using test::judge;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int kHoursPerDay = 24;

Moment hours_before_noon(int hours) {
  const auto noon = parse_rfc3339("2026-11-24T12:00:00+09:00").value();
  return {noon.instant - std::chrono::hours(hours), noon.offset};
}

/// A dealing of a minute, half of it the counterpart's, that nobody suspected anything in.
EarlierDealing dealing(int hours_ago) {
  EarlierDealing dealing;
  dealing.name = "call-" + std::to_string(hours_ago) + "h.wav";
  dealing.started_at = hours_before_noon(hours_ago);
  dealing.duration_s = 60.0;
  dealing.counterpart_speech_s = 30.0;
  return dealing;
}

EarlierDealing refused(int hours_ago) {
  auto refused = dealing(hours_ago);
  refused.refused = true;
  return refused;
}

EarlierDealing silent(int hours_ago) {
  auto silent = dealing(hours_ago);
  silent.counterpart_speech_s = 0.4;
  return silent;
}

EarlierDealing suspected(int hours_ago, int score) {
  auto suspected = dealing(hours_ago);
  suspected.score = score;
  suspected.suspected = true;
  return suspected;
}

/// Of the call that is judged: at noon, of a minute.
History history(std::vector<EarlierDealing> earlier) {
  return {hours_before_noon(0), 60.0, std::move(earlier)};
}

speech::Transcript polite_call() {
  return call({employee("お電話ありがとうございます。"), customer("先日の件のお返事を伺いたいのですが。")});
}

speech::Transcript angry_call() { return call({employee("はい。"), customer("ふざけるな、土下座しろ。")}); }

/// Nobody but the employee says anything.
speech::Transcript silent_call() { return call({employee("もしもし、どちら様でしょうか。")}); }

std::string grounds_in(const Finding& finding, Language language) {
  std::string grounds;
  for (const auto& ground : finding.grounds) grounds += ground.in(language) + "\n";
  return grounds;
}

TEST(History, WithoutEarlierDealingsNothingChanges) {
  for (const auto& transcript : {polite_call(), angry_call(), silent_call()}) {
    const auto alone = judge().judge(transcript);
    const auto first = judge().judge(transcript, {}, history({}));
    EXPECT_EQ(first.score, alone.score);
    EXPECT_EQ(first.axes.persistence, alone.axes.persistence);
    ASSERT_EQ(first.findings.size(), alone.findings.size());
    for (std::size_t i = 0; i < first.findings.size(); ++i) {
      EXPECT_EQ(first.findings[i].severity, alone.findings[i].severity);
      EXPECT_EQ(first.findings[i].grounds.size(), alone.findings[i].grounds.size());
    }
  }
}

TEST(RepeatedContact, AfterARefusalIsAFindingAboutTheWholeCallThatNamesItsGrounds) {
  const auto verdict = judge().judge(polite_call(), {}, history({dealing(72), refused(48)}));
  const auto* found = find_whole_call(verdict, "repetitive_contact");
  ASSERT_NE(found, nullptr);
  EXPECT_TRUE(found->quote.empty());
  EXPECT_DOUBLE_EQ(found->end_s, 60.0);
  const auto& category = judge().policy().category("repetitive_contact");
  EXPECT_EQ(found->severity, category.low);
  for (const auto language : {Language::japanese, Language::english})
    EXPECT_THAT(grounds_in(*found, language), AllOf(HasSubstr("call-72h.wav (2026-11-21 12:00 +09:00)"),
                                                    HasSubstr("call-48h.wav (2026-11-22 12:00 +09:00)")));
  EXPECT_GT(verdict.score, 0);
  EXPECT_EQ(found->score_without, 0);
}

TEST(RepeatedContact, IsNotFoundWhereNobodyRefusedAnything) {
  const auto verdict = judge().judge(
      polite_call(), {}, history({dealing(96), dealing(72), dealing(48), dealing(24), dealing(2)}));
  EXPECT_TRUE(verdict.findings.empty());
  EXPECT_EQ(verdict.score, 0);
}

TEST(RepeatedContact, IsNotFoundForOneCallAfterARefusal) {
  EXPECT_EQ(judge().judge(polite_call(), {}, history({refused(24)})).score, 0);
}

TEST(RepeatedContact, CountsThirtyDays) {
  const int month = 30 * kHoursPerDay;
  EXPECT_TRUE(
      has(judge().judge(polite_call(), {}, history({dealing(month), refused(24)})), "repetitive_contact"));
  EXPECT_FALSE(has(judge().judge(polite_call(), {}, history({dealing(month + 1), refused(24)})),
                   "repetitive_contact"));
  EXPECT_FALSE(has(judge().judge(polite_call(), {}, history({refused(month + 1), dealing(24), dealing(2)})),
                   "repetitive_contact"));
}

TEST(RepeatedContact, GrowsWithTheContactsAfterTheRefusalUpToTheEndOfItsRange) {
  const auto& category = judge().policy().category("repetitive_contact");
  std::vector<EarlierDealing> earlier = {dealing(101), refused(100)};
  int before = 0;
  for (int i = 0; i < 20; ++i) {
    const auto verdict = judge().judge(polite_call(), {}, history(earlier));
    const auto* found = find_whole_call(verdict, "repetitive_contact");
    ASSERT_NE(found, nullptr);
    EXPECT_GE(found->severity, before);
    before = found->severity;
    earlier.push_back(dealing(99 - i));
  }
  EXPECT_EQ(before, category.high);
}

TEST(RepeatedContact, ManyOrdinaryCallsBeforeTheFirstRefusalDoNotMakeItGraver) {
  std::vector<EarlierDealing> earlier;
  for (int i = 0; i < 15; ++i) earlier.push_back(dealing(500 - i));
  earlier.push_back(refused(24));
  const auto verdict = judge().judge(polite_call(), {}, history(earlier));
  ASSERT_NE(find_whole_call(verdict, "repetitive_contact"), nullptr);
  EXPECT_FALSE(verdict.suspected);
}

TEST(RepeatedContact, IsNotHeldAgainstSomebodyWhoCriesForHelp) {
  const auto verdict = judge().judge(call({employee("どうされましたか。"), customer("もう死にたいです。")}),
                                     {}, history({refused(72), dealing(48), dealing(24)}));
  EXPECT_FALSE(verdict.distress_utterances.empty());
  EXPECT_EQ(verdict.score, 0);
}

TEST(RepeatedContact, NamesTheLatestOfVeryManyCalls) {
  std::vector<EarlierDealing> earlier = {refused(200)};
  for (int i = 0; i < 50; ++i) earlier.push_back(dealing(199 - i));
  const auto verdict = judge().judge(polite_call(), {}, history(earlier));
  const auto* found = find_whole_call(verdict, "repetitive_contact");
  ASSERT_NE(found, nullptr);
  EXPECT_THAT(grounds_in(*found, Language::english), HasSubstr("41 more, call-159h.wav"));
  EXPECT_THAT(grounds_in(*found, Language::english), Not(HasSubstr("call-180h.wav")));
}

TEST(SilentCalls, FiveInADayObstructBusiness) {
  const auto verdict =
      judge().judge(silent_call(), {}, history({silent(20), silent(8), silent(3), silent(1)}));
  const auto* found = find_whole_call(verdict, "business_obstruction");
  ASSERT_NE(found, nullptr);
  EXPECT_TRUE(verdict.suspected);
  EXPECT_THAT(grounds_in(*found, Language::japanese), HasSubstr("call-8h.wav (2026-11-24 04:00 +09:00)"));
}

TEST(SilentCalls, AreFoundInARecordingWithoutAWord) {
  EXPECT_TRUE(has(judge().judge({}, {}, history({silent(20), silent(8), silent(3), silent(1)})),
                  "business_obstruction"));
}

TEST(SilentCalls, FourAreNotEnoughAndOlderOnesDoNotCount) {
  EXPECT_EQ(judge().judge(silent_call(), {}, history({silent(8), silent(3), silent(1)})).score, 0);
  EXPECT_EQ(judge().judge(silent_call(), {}, history({silent(25), silent(8), silent(3), silent(1)})).score,
            0);
}

TEST(SilentCalls, ACallInWhichTheCustomerTalksOrThatEndsAtOnceIsNone) {
  const std::vector<EarlierDealing> earlier = {silent(20), silent(8), silent(3), silent(1)};
  EXPECT_EQ(judge().judge(polite_call(), {}, history(earlier)).score, 0);
  auto at_once = history(earlier);
  at_once.duration_s = 2.0;
  EXPECT_EQ(judge().judge(silent_call(), {}, at_once).score, 0);
  auto talked = earlier;
  talked[1].counterpart_speech_s = 5.0;
  EXPECT_EQ(judge().judge(silent_call(), {}, history(talked)).score, 0);
  talked = earlier;
  talked[1].duration_s = 2.0;
  EXPECT_EQ(judge().judge(silent_call(), {}, history(talked)).score, 0);
}

TEST(SilentCalls, AVoiceThatNobodyCouldPlaceMayBeTheCustomers) {
  auto transcript = silent_call();
  transcript.utterances[0].speaker = speech::Speaker::unknown;
  EXPECT_EQ(judge().judge(transcript, {}, history({silent(20), silent(8), silent(3), silent(1)})).score, 0);
}

TEST(Recurrence, ASuspectedCallWithinThirtyDaysMakesConductGraver) {
  const int month = 30 * kHoursPerDay;
  const auto first = judge().judge(angry_call());
  const auto again = judge().judge(angry_call(), {}, history({suspected(month, 60)}));
  ASSERT_EQ(again.findings.size(), first.findings.size());
  for (std::size_t i = 0; i < first.findings.size(); ++i) {
    EXPECT_EQ(again.findings[i].severity, std::min(100, first.findings[i].severity + 10));
    EXPECT_THAT(grounds_in(again.findings[i], Language::english), HasSubstr("call-720h.wav"));
  }
  EXPECT_GT(again.score, first.score);
  EXPECT_EQ(judge().judge(angry_call(), {}, history({suspected(month + 1, 60)})).score, first.score);
}

TEST(Recurrence, MakesNeitherDemandsNorFairComplaintsGraver) {
  const auto demand = call({customer("慰謝料払え")});
  EXPECT_EQ(judge().judge(demand, {}, history({suspected(24, 60)})).findings.at(0).severity,
            judge().judge(demand).findings.at(0).severity);
  EXPECT_EQ(judge().judge(polite_call(), {}, history({suspected(24, 60)})).score, 0);
}

TEST(Escalation, ScoresThatClimbAreNamedAndRaiseThePersistence) {
  const auto verdict = judge().judge(angry_call(), {}, history({suspected(2000, 12), suspected(1000, 40)}));
  ASSERT_GE(verdict.score, 50);
  EXPECT_GE(verdict.axes.persistence, verdict.score - 12);
  std::string grounds;
  for (const auto& finding : verdict.findings) grounds += grounds_in(finding, Language::english);
  EXPECT_THAT(grounds, AllOf(HasSubstr("climbs"), HasSubstr("12 → call-1000h.wav"), HasSubstr("40 → now")));
}

TEST(Escalation, NeedsEveryStepThreeCallsAndASuspicionNow) {
  const auto alone = judge().judge(angry_call());
  for (const auto& earlier : {std::vector{suspected(1000, 40)},
                              {suspected(2000, 45), suspected(1000, 40)},
                              {suspected(2000, 12), suspected(1000, alone.score - 9)}})
    EXPECT_EQ(judge().judge(angry_call(), {}, history(earlier)).axes.persistence, alone.axes.persistence);
  EXPECT_EQ(judge().judge(polite_call(), {}, history({dealing(20), dealing(10)})).axes.persistence, 0);
}

TEST(History, WithoutTheStartOnlyTheOrderSpeaks) {
  auto unknown = history({refused(72), suspected(48, 12), suspected(24, 40)});
  unknown.started_at.reset();
  EXPECT_EQ(judge().judge(polite_call(), {}, unknown).score, 0);
  const auto verdict = judge().judge(angry_call(), {}, unknown);
  EXPECT_EQ(verdict.score, judge().judge(angry_call()).score);
  EXPECT_GE(verdict.axes.persistence, verdict.score - 12);
}

TEST(History, AnEarlierCallWithoutItsStartIsNotCountedOverTime) {
  auto refusal = refused(72);
  refusal.started_at.reset();
  EXPECT_EQ(judge().judge(polite_call(), {}, history({refusal, dealing(48), dealing(24)})).score, 0);
}

TEST(History, AnotherEarlierCallNeverLowersTheScore) {
  for (const auto& transcript : {polite_call(), angry_call(), silent_call()})
    for (const auto& added : {dealing(200), refused(200), silent(23), suspected(200, 90)}) {
      std::vector<EarlierDealing> earlier = {added};
      int before = judge().judge(transcript).score;
      for (const auto& known :
           {refused(100), silent(20), silent(10), suspected(9, 50), silent(3), silent(1)}) {
        const int without =
            judge().judge(transcript, {}, history({earlier.begin() + 1, earlier.end()})).score;
        const int with = judge().judge(transcript, {}, history(earlier)).score;
        EXPECT_GE(with, without);
        EXPECT_GE(with, before);
        before = with;
        earlier.push_back(known);
      }
    }
}

}  // namespace
}  // namespace guardian::judgement
