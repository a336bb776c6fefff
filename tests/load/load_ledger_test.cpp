#include "load/load_ledger.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "base/file.h"
#include "ledger_support.h"

namespace guardian::load {
namespace {

using test::at;
using test::Quote;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Dealing {
  std::string recording;
  std::string employee;
  std::vector<Quote> quotes;
  std::string when = "2026-11-20T03:00:00Z";
  std::string analysed = "2026-11-20T05:00:00Z";
};

class TheLedger : public testing::Test {
 protected:
  const std::string& tenant() const { return company_.tenants[0]; }
  access::Caller caller(std::optional<std::string> employee) const {
    access::Caller by;
    by.tenant = tenant();
    by.id = "somebody";
    by.employee = std::move(employee);
    return by;
  }
  access::Caller special_department() const {
    auto by = caller({});
    by.reach = access::Reach::tenant;
    return by;
  }

  Result<void> try_record(const Dealing& dealing) {
    const auto report = test::report_of(600.0, dealing.quotes);
    return company_.ask([&](store::Transaction& t) {
      archive::Analysed analysed{tenant(), dealing.recording, dealing.employee,     {},  {},
                                 {},       at(dealing.when),  at(dealing.analysed), 0.0, false,
                                 report};
      if (dealing.employee.empty()) analysed.employee.reset();
      return ledger_.record_exposure(t, analysed);
    });
  }
  void record(const Dealing& dealing) {
    const auto done = try_record(dealing);
    ASSERT_TRUE(done) << describe(done.error(), Language::english);
  }
  std::string recording(const std::string& content = make_id()) {
    return company_.add_recording(tenant(), content);
  }

  OwnDay own(const std::string& day, const std::string& employee) {
    return company_
        .ask([&](store::Transaction& t) {
          return ledger_.own_days(t, caller(employee), *parse_day(day), *parse_day(day));
        })
        .value()
        .front();
  }
  std::vector<wellbeing::LoadShare> explain(const std::string& day) {
    return company_
        .ask([&](store::Transaction& t) { return ledger_.explain(t, caller(employee_), *parse_day(day)); })
        .value();
  }
  Result<Dispute> dispute(const std::string& of, int finding, const std::string& by) {
    return company_.ask([&](store::Transaction& t) {
      return ledger_.dispute(t, caller(by), of, finding, "田中が言った冗談です");
    });
  }
  Result<void> decide(const access::Caller& by, const std::string& id, bool upheld) {
    return company_.ask([&](store::Transaction& t) { return ledger_.decide(t, by, id, upheld); });
  }
  Result<void> answer(const std::string& day, const Answers& answers) {
    return company_.ask([&](store::Transaction& t) {
      return ledger_.answer(t, caller(employee_), *parse_day(day), answers);
    });
  }
  std::vector<Dispute> open_disputes(const access::Caller& by) {
    return company_.ask([&](store::Transaction& t) { return ledger_.open_disputes(t, by, "", 50); }).value();
  }

  test::Company company_{2};
  std::string group_ = company_.add_group(tenant(), "A");
  std::string employee_ = company_.add_employee(tenant(), group_);
  std::int64_t now_ms_ = at("2026-11-21T03:00:00Z");
  std::map<std::string, Attention> attention_;
  LoadLedger ledger_{company_.keyring,
                     company_.audit,
                     [this](store::Transaction&, const std::string&, const std::string& id) {
                       const auto found = attention_.find(id);
                       return found == attention_.end() ? std::nullopt : std::optional(found->second);
                     },
                     {},
                     [this] { return now_ms_; }};
};

TEST_F(TheLedger, ShowsWhatADayAddedAndFromWhichWords) {
  const auto call = recording();
  record({call, employee_, {{"threat", 80, 60.0, 120.0}, {"verbal_abuse", 50, 200.0, 260.0}}});
  const auto day = own("2026-11-20", employee_);
  EXPECT_NEAR(day.load.load, 1.3, 1e-9);
  EXPECT_EQ(day.load.calls, 1);
  const auto shares = explain("2026-11-27");
  ASSERT_EQ(shares.size(), 2U);
  EXPECT_EQ(shares[0].part.recording, call);
  EXPECT_EQ(shares[0].part.category, "threat");
  EXPECT_EQ(shares[0].age_days, 7);
  EXPECT_NEAR(shares[0].left, 0.4, 1e-9);
}

TEST_F(TheLedger, CountsADealingOnItsOwnDayInTheCompanysZone) {
  record({recording(), employee_, {{"threat", 80, 0.0, 60.0}}, "2026-11-20T14:59:59Z"});
  record({recording(), employee_, {{"threat", 40, 0.0, 60.0}}, "2026-11-20T15:00:00Z"});
  EXPECT_NEAR(own("2026-11-20", employee_).load.added, 0.8, 1e-9);
  EXPECT_NEAR(own("2026-11-21", employee_).load.added, 0.4, 1e-9);
}

TEST_F(TheLedger, ToldTwiceHappensOnceAndAnotherAnalysisReplaces) {
  Dealing call{recording(), employee_, {{"threat", 80, 0.0, 60.0}}};
  record(call);
  record(call);
  EXPECT_NEAR(own("2026-11-20", employee_).load.load, 0.8, 1e-9);
  call.quotes = {{"threat", 40, 0.0, 60.0}};
  record(call);
  EXPECT_NEAR(own("2026-11-20", employee_).load.load, 0.4, 1e-9);
  call.quotes.clear();
  record(call);
  EXPECT_EQ(own("2026-11-20", employee_).load.load, 0.0);
  EXPECT_EQ(own("2026-11-20", employee_).load.calls, 1);
  call.employee.clear();
  record(call);
  EXPECT_EQ(own("2026-11-20", employee_).load.calls, 0);
}

TEST_F(TheLedger, ADealingUploadedTwiceCountsOnceInWhateverOrder) {
  const auto [first, second] = std::minmax({recording("same"), recording("same")});
  for (const auto& order : {std::vector{first, second}, std::vector{second, first}}) {
    for (const auto& id : order)
      record({id,
              employee_,
              {{"threat", 80, 0.0, 60.0}},
              id == first ? "2026-11-20T03:00:00Z" : "2026-11-21T03:00:00Z"});
    EXPECT_NEAR(own("2026-11-20", employee_).load.added, 0.8, 1e-9);
    EXPECT_EQ(own("2026-11-21", employee_).load.added, 0.0);
  }
}

TEST_F(TheLedger, DoesNotDependOnTheOrderOfAnalyses) {
  std::mt19937 random(3);  // NOLINT(bugprone-random-generator-seed): the same every time
  std::vector<Dealing> calls;
  for (int i = 0; i < 15; ++i)
    calls.push_back({recording(),
                     employee_,
                     {{"threat", 10 + i * 5, 0.0, 30.0}},
                     "2026-11-2" + std::to_string(i % 5) + "T03:00:00Z"});
  for (const auto& call : calls) record(call);
  const auto load = own("2026-11-24", employee_).load.load;
  for (int round = 0; round < 3; ++round) {
    std::shuffle(calls.begin(), calls.end(), random);
    for (const auto& call : calls) record(call);
    EXPECT_NEAR(own("2026-11-24", employee_).load.load, load, 1e-9);
  }
}

TEST_F(TheLedger, WeighsMoreWhatTheCompanyLeftAloneForADay) {
  const auto call = recording();
  record({call, employee_, {{"threat", 80, 0.0, 60.0}}});
  attention_[call] = {now_ms_ - 24LL * 3600 * 1000, std::nullopt};
  EXPECT_NEAR(own("2026-11-20", employee_).load.load, 0.8, 1e-9) << "24 hours are not over 24 hours";
  now_ms_ += 1;
  EXPECT_NEAR(own("2026-11-20", employee_).load.load, 0.96, 1e-9);
  EXPECT_NEAR(explain("2026-11-20").front().part.weight, 1.2, 1e-9);
  attention_[call].acknowledged_ms = attention_[call].told_ms + 3600 * 1000;
  EXPECT_NEAR(own("2026-11-20", employee_).load.load, 0.8, 1e-9);
  attention_[call].acknowledged_ms = attention_[call].told_ms + 25LL * 3600 * 1000;
  now_ms_ += 48LL * 3600 * 1000;
  EXPECT_NEAR(own("2026-11-20", employee_).load.load, 0.96, 1e-9) << "late is late";
}

TEST_F(TheLedger, LeavesOutWhatTheEmployeeObjectsToUntilSomebodyDecides) {
  const auto call = recording();
  record({call, employee_, {{"threat", 80, 0.0, 60.0}, {"verbal_abuse", 50, 100.0, 160.0}}});
  const auto objection = dispute(call, 0, employee_);
  ASSERT_TRUE(objection);
  EXPECT_EQ(objection->reason, "田中が言った冗談です");
  EXPECT_NEAR(own("2026-11-20", employee_).load.load, 0.5, 1e-9);
  EXPECT_EQ(dispute(call, 0, employee_).error().kind, Error::Kind::conflict);
  ASSERT_TRUE(decide(special_department(), objection->id, false));
  EXPECT_NEAR(own("2026-11-20", employee_).load.load, 1.3, 1e-9);
  EXPECT_EQ(decide(special_department(), objection->id, true).error().kind, Error::Kind::conflict);
  const auto second = dispute(call, 1, employee_);
  ASSERT_TRUE(decide(special_department(), second->id, true));
  EXPECT_NEAR(own("2026-11-20", employee_).load.load, 0.8, 1e-9);
}

TEST_F(TheLedger, KeepsAnObjectionWhenTheRecordingIsAnalysedAgain) {
  const auto call = recording();
  record({call, employee_, {{"threat", 80, 0.0, 60.0}, {"threat", 50, 100.0, 160.0}}});
  ASSERT_TRUE(dispute(call, 1, employee_));
  record({call,
          employee_,
          {{"insult", 20, 0.0, 60.0}, {"threat", 80, 2.0, 58.0}, {"threat", 50, 101.0, 161.0}}});
  EXPECT_NEAR(own("2026-11-20", employee_).load.load, 0.2 + 0.8 * 56 / 60, 1e-9);
}

TEST_F(TheLedger, AnObjectionCanBeTakenBackWhileItIsOpen) {
  const auto call = recording();
  record({call, employee_, {{"threat", 80, 0.0, 60.0}}});
  const auto objection = dispute(call, 0, employee_);
  const auto take_back = [&](const std::string& by) {
    return company_.ask(
        [&](store::Transaction& t) { return ledger_.take_back(t, caller(by), objection->id); });
  };
  EXPECT_FALSE(take_back(company_.add_employee(tenant())));
  EXPECT_TRUE(take_back(employee_));
  EXPECT_FALSE(take_back(employee_));
  EXPECT_NEAR(own("2026-11-20", employee_).load.load, 0.8, 1e-9);
  EXPECT_TRUE(dispute(call, 0, employee_));
}

TEST_F(TheLedger, ObjectionsAreDecidedByOthersWithinTheirReach) {
  const auto call = recording();
  record({call, employee_, {{"threat", 80, 0.0, 60.0}}});
  const auto objection = dispute(call, 0, employee_);
  auto manager = caller({});
  manager.reach = access::Reach::group;
  manager.group = company_.add_group(tenant(), "B");
  EXPECT_THAT(open_disputes(manager), IsEmpty());
  EXPECT_EQ(decide(manager, objection->id, true).error().kind, Error::Kind::not_found);
  auto foreign = special_department();
  foreign.tenant = company_.tenants[1];
  EXPECT_EQ(decide(foreign, objection->id, true).error().kind, Error::Kind::not_found);
  auto self = special_department();
  self.employee = employee_;
  EXPECT_EQ(decide(self, objection->id, true).error().kind, Error::Kind::forbidden);
  manager.group = group_;
  EXPECT_EQ(open_disputes(manager).size(), 1U);
  EXPECT_TRUE(decide(manager, objection->id, true));
  EXPECT_THAT(open_disputes(manager), IsEmpty());
}

TEST_F(TheLedger, IsForTheEmployeeAlone) {
  const auto call = recording();
  record({call, employee_, {{"threat", 80, 0.0, 60.0}}});
  const auto day = *parse_day("2026-11-20");
  const auto asked = company_.ask(
      [&](store::Transaction& t) { return ledger_.own_days(t, special_department(), day, day); });
  EXPECT_EQ(asked.error().kind, Error::Kind::forbidden);
  const auto colleague = company_.add_employee(tenant(), group_);
  EXPECT_EQ(own("2026-11-20", colleague).load.calls, 0);
  EXPECT_EQ(dispute(call, 0, colleague).error().kind, Error::Kind::not_found);
  for (const auto& id : {std::string("' OR 1=1 --"), make_id()})
    EXPECT_EQ(dispute(id, 0, employee_).error().kind, Error::Kind::not_found);
  auto foreign = caller(employee_);
  foreign.tenant = company_.tenants[1];
  EXPECT_EQ(company_.ask([&](store::Transaction& t) { return ledger_.own_days(t, foreign, day, day); })
                ->front()
                .load.calls,
            0);
}

TEST_F(TheLedger, AForeignEmployeeStopsTheAnalysisFromEnding) {
  const auto theirs = company_.add_employee(company_.tenants[1]);
  EXPECT_EQ(try_record({recording(), theirs, {}}).error().kind, Error::Kind::damaged);
}

TEST_F(TheLedger, KeepsThreeAnswersADaySealed) {
  ASSERT_TRUE(answer("2026-11-21", {4, std::nullopt, 1}));
  EXPECT_EQ(own("2026-11-21", employee_).answers.exhausted, 4);
  EXPECT_FALSE(own("2026-11-21", employee_).answers.afraid);
  ASSERT_TRUE(answer("2026-11-21", {std::nullopt, 2, std::nullopt}));
  EXPECT_FALSE(own("2026-11-21", employee_).answers.exhausted);
  EXPECT_EQ(own("2026-11-21", employee_).answers.afraid, 2);
  const auto copy = company_.folder.path() / "copy.db";
  ASSERT_TRUE(company_.database->copy_to(copy.string()));
  EXPECT_THAT(*read_file(copy, 1U << 30U), Not(HasSubstr("\"afraid\"")));
  ASSERT_TRUE(answer("2026-11-21", {}));
  EXPECT_FALSE(own("2026-11-21", employee_).answers.afraid);
  EXPECT_EQ(own("2026-11-21", employee_).load.load, 0.0) << "answers do not enter the index";
}

TEST_F(TheLedger, RefusesAnswersThatCannotBe) {
  EXPECT_FALSE(answer("2026-11-21", {5, {}, {}}));
  EXPECT_FALSE(answer("2026-11-21", {{}, 0, {}}));
  EXPECT_FALSE(answer("2026-11-22", {1, {}, {}})) << "tomorrow";
  EXPECT_FALSE(answer("2026-10-01", {1, {}, {}}));
  EXPECT_TRUE(answer("2026-10-21", {1, {}, {}}));
}

TEST_F(TheLedger, LimitsTheDaysAskedFor) {
  const auto ask = [&](const char* first, const char* last) {
    return company_.ask([&](store::Transaction& t) {
      return ledger_.own_days(t, caller(employee_), *parse_day(first), *parse_day(last));
    });
  };
  EXPECT_FALSE(ask("2026-11-21", "2026-11-20"));
  EXPECT_FALSE(ask("1970-01-01", "9999-12-31"));
  EXPECT_EQ(ask("2026-01-01", "2026-12-31")->size(), 365U);
}

TEST_F(TheLedger, ForgetsADeletedRecording) {
  const auto call = recording();
  record({call, employee_, {{"threat", 80, 0.0, 60.0}, {"threat", 80, 90.0, 99.0}}});
  ASSERT_TRUE(dispute(call, 0, employee_));
  company_.write([&](store::Transaction& t) { ledger_.remove(t, tenant(), call); });
  EXPECT_EQ(own("2026-11-20", employee_).load.calls, 0);
  const auto left =
      company_.ask([&](store::Transaction& t) { return ledger_.own_disputes(t, caller(employee_)); });
  ASSERT_EQ(left->size(), 1U);
  EXPECT_EQ(left->front().reason, "");
}

}  // namespace
}  // namespace guardian::load
