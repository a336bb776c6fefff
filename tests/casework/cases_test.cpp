#include "casework/cases.h"

#include "base/file.h"
#include "casework/counterpart_record.h"
#include "casework_fixture.h"

namespace guardian::casework {
namespace {

using judgement::Band;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ACase : public Casework {
 protected:
  std::string user(access::Role role, const std::optional<std::string>& group = {}) {
    auto id = make_id();
    desk_->write([&](store::Transaction& t) {
      t.execute(
          "INSERT INTO users (id, tenant_id, login, name, roles, group_id, created_ms) "
          "VALUES (?, ?, ?, '鈴木', ?, ?, 0)",
          {id, tenant_, id + "@example.jp", " " + std::string(access::name_of(role)) + " ",
           store::or_null(group)});
    });
    return id;
  }
  std::vector<std::string> kinds(const std::string& id) {
    std::vector<std::string> all;
    const auto found = desk_->cases.get(department_, id);
    for (const auto& event : found->history) all.push_back(event.kind);
    return all;
  }
};

TEST_F(ACase, IsOpenedForASuspectedDealingOnly) {
  happen(report_of(30, Band::notice, {"verbal_abuse"}));
  EXPECT_THAT(all_cases(), IsEmpty());
  const auto recording = happen(report_of(72, Band::high, {"threat", "verbal_abuse"}));
  const auto cases = all_cases();
  ASSERT_EQ(cases.size(), 1U);
  EXPECT_EQ(cases[0].recording, recording);
  EXPECT_EQ(cases[0].state, State::open);
  EXPECT_EQ(cases[0].group, group_);
  EXPECT_EQ(cases[0].at_opening.score, 72);
  EXPECT_EQ(cases[0].at_opening.band, Band::high);
  EXPECT_THAT(cases[0].at_opening.categories, ElementsAre("threat", "verbal_abuse"));
}

TEST_F(ACase, BeginsAtTheBandTheCompanyChose) {
  ASSERT_TRUE(change_settings(*desk_->database, desk_->audit, administrator_, {Band::high, 72}));
  happen(report_of(45, Band::caution, {"threat"}));
  EXPECT_THAT(all_cases(), IsEmpty());
  ASSERT_TRUE(change_settings(*desk_->database, desk_->audit, administrator_, {Band::notice, 72}));
  happen(report_of(25, Band::notice, {"threat"}));
  EXPECT_EQ(all_cases().size(), 1U);
  EXPECT_EQ(change_settings(*desk_->database, desk_->audit, department_, {}).error().kind,
            Error::Kind::forbidden);
  EXPECT_EQ(change_settings(*desk_->database, desk_->audit, administrator_, {Band::high, 0}).error().kind,
            Error::Kind::usage);
}

TEST_F(ACase, IsOneHoweverOftenTheRecordingIsAnalysed) {
  const Dealing dealing{group_, {}, {}};
  const auto recording = happen(report_of(50, Band::caution, {"threat"}), dealing);
  analyse(recording, report_of(50, Band::caution, {"threat"}), dealing);
  analyse(recording, report_of(44, Band::caution, {"threat"}), dealing);
  const auto cases = all_cases();
  ASSERT_EQ(cases.size(), 1U);
  EXPECT_EQ(cases[0].at_opening.score, 50);
  EXPECT_EQ(cases[0].now.score, 44);
  EXPECT_THAT(kinds(cases[0].id), ElementsAre("opened", "rescored"));
}

TEST_F(ACase, IsNotDoubledByACopyOfTheRecording) {
  const auto first = happen(report_of(50, Band::caution, {"threat"}));
  happen(report_of(50, Band::caution, {"threat"}), {group_, {}, first});
  EXPECT_EQ(all_cases().size(), 1U);
}

TEST_F(ACase, OpensAgainWhenAClosedOneGrowsWorse) {
  const Dealing dealing{group_, {}, {}};
  const auto recording = happen(report_of(50, Band::caution, {"threat"}), dealing);
  const auto id = all_cases()[0].id;
  ASSERT_TRUE(desk_->cases.close(department_, id, "誤検知"));
  analyse(recording, report_of(48, Band::caution, {"threat"}), dealing);
  EXPECT_EQ(all_cases()[0].state, State::closed);
  analyse(recording, report_of(85, Band::emergency, {"threat"}), dealing);
  EXPECT_EQ(all_cases()[0].state, State::open);
  EXPECT_FALSE(all_cases()[0].acknowledged_ms);
}

TEST_F(ACase, IsGivenBackByWhoeverTookItByMistake) {
  happen(report_of(50, Band::caution, {"threat"}));
  const auto id = all_cases()[0].id;
  const auto owner = user(access::Role::special_department);
  EXPECT_EQ(desk_->cases.assign(department_, id, owner)->owner_name, "鈴木");
  EXPECT_EQ(all_cases()[0].owner_name, "鈴木");
  const auto released = desk_->cases.release(department_, id);
  ASSERT_TRUE(released);
  EXPECT_FALSE(released->owner);
  EXPECT_EQ(released->state, State::acknowledged);
  ASSERT_TRUE(desk_->cases.release(department_, id));
  EXPECT_THAT(kinds(id), ElementsAre("opened", "acknowledged", "assigned", "released"));
  ASSERT_TRUE(desk_->cases.close(department_, id, "済み"));
  EXPECT_EQ(desk_->cases.release(department_, id).error().kind, Error::Kind::conflict);
}

TEST_F(ACase, IsSeenByItsGroupAndTheDepartmentAndNobodyElse) {
  happen(report_of(50, Band::caution, {"threat"}));
  happen(report_of(50, Band::caution, {"threat"}), {other_group_, {}, {}});
  EXPECT_EQ(all_cases().size(), 2U);
  const auto manager = caller(access::Role::group_manager, group_);
  const auto seen = desk_->cases.list(manager, {});
  ASSERT_EQ(seen->size(), 1U);
  EXPECT_EQ((*seen)[0].group, group_);
  const auto other = caller(access::Role::group_manager, other_group_);
  const auto id = (*seen)[0].id;
  EXPECT_EQ(desk_->cases.get(other, id).error().kind, Error::Kind::not_found);
  EXPECT_EQ(desk_->cases.acknowledge(other, id).error().kind, Error::Kind::not_found);
  EXPECT_EQ(desk_->cases.close(other, id, "x").error().kind, Error::Kind::not_found);
  for (const auto role : {access::Role::administrator, access::Role::employee, access::Role::auditor}) {
    EXPECT_EQ(desk_->cases.list(caller(role), {}).error().kind, Error::Kind::forbidden);
    EXPECT_EQ(desk_->cases.get(caller(role), id).error().kind, Error::Kind::forbidden);
  }
  auto stranger = department_;
  stranger.tenant = other_tenant_;
  EXPECT_THAT(*desk_->cases.list(stranger, {}), IsEmpty());
  EXPECT_EQ(desk_->cases.get(stranger, id).error().kind, Error::Kind::not_found);
}

TEST_F(ACase, ComesFirstWhileNobodyHasLookedAndByDanger) {
  happen(report_of(95, Band::emergency, {"threat"}));
  ASSERT_TRUE(desk_->cases.acknowledge(department_, all_cases()[0].id));
  happen(report_of(99, Band::emergency, {"threat"}));
  ASSERT_TRUE(desk_->cases.close(department_, all_cases()[0].id, "済み"));
  happen(report_of(50, Band::caution, {"threat"}));
  happen(report_of(70, Band::high, {"threat"}));
  std::vector<int> scores;
  CaseFilter filter;
  filter.limit = 1;
  for (;;) {
    const auto page = desk_->cases.list(department_, filter);
    ASSERT_TRUE(page);
    if (page->empty()) break;
    scores.push_back(page->front().now.score);
    filter.after = page->back().id;
  }
  EXPECT_THAT(scores, ElementsAre(70, 50, 95, 99));
}

TEST_F(ACase, IsFoundByWhatTheFilterSays) {
  happen(report_of(50, Band::caution, {"threat"}));
  happen(report_of(70, Band::high, {"verbal_abuse"}), {other_group_, {}, {}});
  const auto found = [&](const CaseFilter& filter) { return desk_->cases.list(department_, filter)->size(); };
  CaseFilter by_category;
  by_category.category = "threat";
  EXPECT_EQ(found(by_category), 1U);
  by_category.category = "threa_";
  EXPECT_EQ(found(by_category), 0U);
  CaseFilter by_score;
  by_score.minimum_score = 60;
  EXPECT_EQ(found(by_score), 1U);
  CaseFilter by_group;
  by_group.group = group_;
  EXPECT_EQ(found(by_group), 1U);
  CaseFilter by_state;
  by_state.state = State::closed;
  EXPECT_EQ(found(by_state), 0U);
}

TEST_F(ACase, TellsHowLongItWaitedUntilSomebodyKnew) {
  happen(report_of(50, Band::caution, {"threat"}));
  const auto id = all_cases()[0].id;
  desk_->write([&](store::Transaction& t) {
    t.execute("UPDATE cases SET noticed_ms = ? WHERE id = ?", {now_ms() - 3'600'000, id});
  });
  const auto known = desk_->cases.acknowledge(department_, id);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->state, State::acknowledged);
  EXPECT_EQ(known->acknowledged_by, department_.id);
  EXPECT_EQ(known->acknowledged_name, "佐藤");
  EXPECT_NEAR(static_cast<double>(*known->waited_ms), 3'600'000.0, 5000.0);
  const auto again = desk_->cases.acknowledge(caller(access::Role::special_department), id);
  EXPECT_EQ(again->acknowledged_by, department_.id);
  EXPECT_EQ(again->version, known->version);
}

TEST_F(ACase, GoesToSomebodyWhoMayWorkOnIt) {
  happen(report_of(50, Band::caution, {"threat"}));
  const auto id = all_cases()[0].id;
  EXPECT_FALSE(desk_->cases.assign(department_, id, make_id()));
  for (const auto& cannot : {user(access::Role::auditor), user(access::Role::group_manager, other_group_)})
    EXPECT_EQ(desk_->cases.assign(department_, id, cannot).error().kind, Error::Kind::usage);
  const auto owner = user(access::Role::group_manager, group_);
  const auto assigned = desk_->cases.assign(department_, id, owner);
  ASSERT_TRUE(assigned);
  EXPECT_EQ(assigned->owner, owner);
  EXPECT_EQ(assigned->state, State::working);
  EXPECT_TRUE(assigned->acknowledged_ms);
}

TEST_F(ACase, RisesThroughTheLevelsWithAReasonAndHasADeadline) {
  happen(report_of(50, Band::caution, {"threat"}));
  const auto id = all_cases()[0].id;
  EXPECT_EQ(desk_->cases.escalate(department_, id, 6, "警察").error().kind, Error::Kind::usage);
  EXPECT_EQ(desk_->cases.escalate(department_, id, 3, " ").error().kind, Error::Kind::usage);
  const auto raised = desk_->cases.escalate(department_, id, 3, "二度目の警告");
  ASSERT_TRUE(raised);
  EXPECT_EQ(raised->escalation, 3);
  EXPECT_TRUE(raised->acknowledged_ms) << "whoever raises it knows of it";
  EXPECT_EQ(raised->history.back().note, "L3 二度目の警告");
  EXPECT_EQ(desk_->cases.set_due(department_, id, -1).error().kind, Error::Kind::usage);
  EXPECT_EQ(desk_->cases.set_due(department_, id, 1'800'000'000'000)->due_ms, 1'800'000'000'000);
  EXPECT_FALSE(desk_->cases.set_due(department_, id, std::nullopt)->due_ms);
  ASSERT_TRUE(desk_->cases.close(department_, id, "済み"));
  EXPECT_EQ(desk_->cases.escalate(department_, id, 4, "続き").error().kind, Error::Kind::conflict);
}

TEST_F(ACase, KnowsWhatWasDoneForTheEmployeeEvenOnceItIsClosed) {
  happen(report_of(50, Band::caution, {"threat"}));
  const auto id = all_cases()[0].id;
  EXPECT_EQ(desk_->cases.note_aftercare(department_, id, "praised", true).error().kind, Error::Kind::usage);
  ASSERT_TRUE(desk_->cases.note_aftercare(department_, id, "heard", true));
  ASSERT_TRUE(desk_->cases.close(department_, id, "済み"));
  const auto cared = desk_->cases.note_aftercare(department_, id, "followed_up", true);
  ASSERT_EQ(cared->aftercare.size(), 2U);
  EXPECT_EQ(cared->aftercare[0].step, "heard");
  EXPECT_EQ(cared->aftercare[0].name, "佐藤");
  EXPECT_EQ(desk_->cases.note_aftercare(department_, id, "heard", false)->aftercare.size(), 1U);
}

TEST_F(ACase, NamesOnlyThoseWhoCouldLookAfterIt) {
  happen(report_of(50, Band::caution, {"threat"}));
  const auto id = all_cases()[0].id;
  user(access::Role::auditor);
  user(access::Role::group_manager, other_group_);
  const auto able = user(access::Role::group_manager, group_);
  const auto owners = desk_->cases.possible_owners(department_, id);
  ASSERT_EQ(owners->size(), 1U);
  EXPECT_EQ(owners->at(0).id, able);
}

TEST_F(ACase, AddsUpTheDealingsOfItsCounterpart) {
  const auto dealing = [&](const std::string& counterpart, const std::string& group, std::int64_t at_ms,
                           const std::string& categories) {
    const auto recording = happen(report_of(50, Band::caution, {"threat"}), {group, counterpart, {}, at_ms});
    desk_->write([&](store::Transaction& t) {
      t.execute(
          "UPDATE recordings SET counterpart = ?, started_ms = ?, duration_s = 600, score = 50, band = "
          "'caution', categories = ? WHERE id = ?",
          {counterpart, at_ms, categories, recording});
    });
  };
  dealing("k1", group_, 1'793'460'000'000, " threat apology_demand ");  // 1 November 2026 in Japan
  const auto id = all_cases()[0].id;
  dealing("k1", group_, 1'793'456'400'000, " threat ");  // 31 October
  dealing("k1", other_group_, 1'792'596'000'000, " apology_demand ");
  dealing("k2", group_, 1'792'596'000'000, " threat ");
  const auto record_for = [&](const access::Caller& by) {
    return desk_->database->read([&](store::Transaction& t) { return counterpart_record(t, by, id); });
  };
  const auto record = record_for(department_);
  ASSERT_TRUE(record) << record.error().what.en;
  ASSERT_EQ(record->dealings.size(), 3U);
  EXPECT_GT(record->dealings[0].occurred_ms, record->dealings[1].occurred_ms);
  EXPECT_EQ(record->duration_s, 1800.0);
  EXPECT_EQ(record->months.at("2026-11").dealings, 1);
  EXPECT_EQ(record->months.at("2026-10").dealings, 2);
  EXPECT_EQ(record->repeated, (std::map<std::string, int>{{"threat", 2}, {"apology_demand", 2}}));
  EXPECT_EQ(record_for(caller(access::Role::group_manager, group_))->dealings.size(), 2U);
  EXPECT_EQ(record_for(caller(access::Role::group_manager, make_id())).error().kind, Error::Kind::not_found);
}

TEST_F(ACase, KeepsItsHistoryWhichNoStolenDiskTells) {
  happen(report_of(50, Band::caution, {"threat"}));
  const auto id = all_cases()[0].id;
  ASSERT_TRUE(desk_->cases.note(department_, id, "田中様へ折り返し"));
  ASSERT_TRUE(desk_->cases.close(department_, id, "和解した"));
  EXPECT_EQ(desk_->cases.close(department_, id, "again").error().kind, Error::Kind::conflict);
  EXPECT_EQ(desk_->cases.acknowledge(department_, id).error().kind, Error::Kind::conflict);
  ASSERT_TRUE(desk_->cases.reopen(department_, id, "再発"));
  EXPECT_EQ(desk_->cases.reopen(department_, id, "again").error().kind, Error::Kind::conflict);
  EXPECT_THAT(kinds(id), ElementsAre("opened", "noted", "acknowledged", "closed", "reopened"));
  const auto history = desk_->cases.get(department_, id)->history;
  EXPECT_EQ(history[1].note, "田中様へ折り返し");
  EXPECT_EQ(history[1].name, "佐藤");
  const auto copy = folder_.path() / "copy.db";
  ASSERT_TRUE(desk_->database->copy_to(copy.string()));
  const auto bytes = *read_file(copy, 1U << 30U);
  for (const char* word : {"田中", "和解", "再発", "佐藤"}) EXPECT_THAT(bytes, Not(HasSubstr(word)));
}

TEST_F(ACase, ForgetsWithItsRecordingWhomItWasAbout) {
  ASSERT_TRUE(desk_->routes.add(administrator_, route_to(ChannelKind::mail, "a@example.jp")));
  const auto recording = happen(report_of(50, Band::caution, {"threat"}), {group_, "k1", {}});
  const auto id = all_cases()[0].id;
  ASSERT_TRUE(desk_->cases.note(department_, id, "田中様へ折り返し"));
  desk_->write([&](store::Transaction& t) { desk_->cases.forget(t, tenant_, recording); });
  const auto left = desk_->cases.get(department_, id);
  EXPECT_EQ(left->state, State::closed);
  EXPECT_EQ(left->at_opening.score, 50);
  for (const auto& event : left->history) EXPECT_EQ(event.note, "");
  EXPECT_EQ(notices()[0].state, "dead");
  EXPECT_EQ(desk_->outbox.retry(administrator_, notices()[0].id).error().kind, Error::Kind::conflict);
}

TEST_F(ACase, TellsWhoeverWantsToKnowThatItWasOpened) {
  std::vector<std::string> kept;
  desk_->cases.when_opened([&](store::Transaction&, const std::string&, const std::string& recording) {
    kept.push_back(recording);
  });
  happen(report_of(20, Band::notice, {"threat"}));
  const auto recording = happen(report_of(50, Band::caution, {"threat"}));
  EXPECT_THAT(kept, ElementsAre(recording));
}

TEST_F(ACase, RefusesEmptyAndEndlessNotes) {
  happen(report_of(50, Band::caution, {"threat"}));
  const auto id = all_cases()[0].id;
  for (const auto& bad : {std::string(), std::string(" \n"), std::string(4001, 'x'), std::string("\xff")})
    EXPECT_EQ(desk_->cases.note(department_, id, bad).error().kind, Error::Kind::usage);
  EXPECT_EQ(desk_->cases.get(department_, "' OR 1 = 1").error().kind, Error::Kind::not_found);
}

TEST_F(ACase, KnowsEarlierOnesOfTheSameCounterpart) {
  happen(report_of(50, Band::caution, {"threat"}), {group_, "k1", {}, 1000});
  const auto first = all_cases()[0].id;
  happen(report_of(60, Band::high, {"threat"}), {other_group_, "k1", {}, 2000});
  happen(report_of(70, Band::high, {"threat"}), {group_, "k1", {}, 3000});
  happen(report_of(80, Band::emergency, {"threat"}), {group_, "k2", {}, 4000});
  const auto last = all_cases()[1].id;
  EXPECT_EQ(desk_->cases.get(department_, last)->earlier.size(), 2U);
  const auto manager = caller(access::Role::group_manager, group_);
  EXPECT_THAT(desk_->cases.get(manager, last)->earlier, ElementsAre(first));
}

TEST_F(ACase, LeavesATraceOfEveryReadAndChangeInTheAuditLog) {
  happen(report_of(50, Band::caution, {"threat"}));
  const auto id = all_cases()[0].id;
  ASSERT_TRUE(desk_->cases.get(department_, id));
  ASSERT_TRUE(desk_->cases.acknowledge(department_, id));
  ASSERT_TRUE(desk_->cases.close(department_, id, "済み"));
  std::vector<std::string> actions;
  const auto records = desk_->audit.list(tenant_, id, 0, 10);
  for (const auto& record : *records) actions.push_back(record.entry.action);
  EXPECT_THAT(actions, ElementsAre("case.close", "case.acknowledge", "case.read", "case.open"));
}

TEST_F(ACase, ThatTakesTwoAtOnceIsAcknowledgedOnce) {
  happen(report_of(50, Band::caution, {"threat"}));
  const auto id = all_cases()[0].id;
  std::vector<std::jthread> hands;
  hands.reserve(8);
  for (int i = 0; i < 8; ++i)
    hands.emplace_back(
        [&] { EXPECT_TRUE(desk_->cases.acknowledge(caller(access::Role::special_department), id)); });
  hands.clear();
  EXPECT_THAT(kinds(id), ElementsAre("opened", "acknowledged"));
}

}  // namespace
}  // namespace guardian::casework
