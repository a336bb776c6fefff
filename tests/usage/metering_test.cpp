#include "usage/metering.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "access/tenant_calendar.h"
#include "ledger_support.h"

namespace guardian::usage {
namespace {

using test::at;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

struct Dealing {
  std::string recording;
  double duration_s = 60.0;
  double silence_s = 0.0;
  std::string when = "2026-11-10T03:00:00Z";
};

class TheAccount : public testing::Test {
 protected:
  const std::string& tenant() const { return company_.tenants[0]; }
  access::Caller administrator() const {
    access::Caller caller;
    caller.tenant = tenant();
    caller.id = "the administrator";
    return caller;
  }

  Result<void> try_charge(const Dealing& dealing, const std::string& of) {
    const auto report = test::report_of(dealing.duration_s);
    return company_.ask([&](store::Transaction& t) {
      archive::Analysed analysed{of, dealing.recording, {},  {},    {},    {},
                                 0,  at(dealing.when),  0.0, false, report};
      analysed.silence_s = dealing.silence_s;
      return metering_.charge(t, analysed);
    });
  }
  void charge(const Dealing& dealing) { ASSERT_TRUE(try_charge(dealing, tenant())); }
  std::string charge_minutes(int minutes, const std::string& when = "2026-11-10T03:00:00Z") {
    auto recording = company_.add_recording(tenant(), make_id());
    charge({recording, minutes * 60.0, 0.0, when});
    return recording;
  }
  Balance balance(const std::string& month = "2026-11") {
    return company_
        .ask([&](store::Transaction& t) { return metering_.balance(t, tenant(), parse_month(month)); })
        .value();
  }
  Permit may_start(const std::string& recording, std::int64_t seconds) {
    return company_
        .ask([&](store::Transaction& t) { return metering_.may_start(t, tenant(), recording, seconds); })
        .value();
  }
  std::int64_t releasable() {
    return company_.ask([&](store::Transaction& t) { return metering_.releasable(t, tenant()); }).value();
  }
  Result<void> set_plan(std::int64_t minutes) {
    return company_.ask(
        [&](store::Transaction& t) { return metering_.set_plan(t, administrator(), minutes); });
  }
  Result<Allowance> allow(std::int64_t minutes, std::optional<std::int64_t> until_ms = {}) {
    return company_.ask(
        [&](store::Transaction& t) { return metering_.allow(t, administrator(), minutes, until_ms); });
  }
  std::string csv(const CsvOptions& options = {}) {
    return company_
        .ask([&](store::Transaction& t) { return metering_.export_csv(t, tenant(), now_month_, options); })
        .value();
  }

  test::Company company_{2};
  std::int64_t now_ms_ = at("2026-11-16T00:00:00Z");
  Month now_month_ = *parse_month("2026-11");
  std::vector<int> told_;
  Metering metering_{company_.audit,
                     [this](store::Transaction&, const std::string& tenant, const Share& share) {
                       EXPECT_EQ(tenant, company_.tenants[0]);
                       told_.push_back(share.percent);
                     },
                     kDefaultPlanMinutes, [this] { return now_ms_; }};
};

TEST_F(TheAccount, RoundsSecondsUpOncePerRecordingAndLeavesLongSilenceFree) {
  charge({company_.add_recording(tenant(), "1"), 59.2});
  charge({company_.add_recording(tenant(), "2"), 60.0});
  charge({company_.add_recording(tenant(), "3"), 200.5, 90.0});
  const auto now = balance();
  EXPECT_EQ(now.used_s, 60 + 60 + 111);
  EXPECT_EQ(now.free_silence_s, 201 - 111);
  EXPECT_EQ(now.recordings, 3);
  EXPECT_EQ(now.plan_s, 3000 * 60);
  EXPECT_EQ(now.remaining_s, 3000 * 60 - 231);
}

TEST_F(TheAccount, MoreSilenceThanSoundIsNeverNegative) {
  charge({company_.add_recording(tenant(), "1"), 30.0, 90.0});
  EXPECT_EQ(balance().used_s, 0);
  EXPECT_EQ(balance().free_silence_s, 30);
}

TEST_F(TheAccount, ToldTwiceHappensOnceAndAnalysedAgainIsFree) {
  const Dealing call{company_.add_recording(tenant(), "1"), 600.0};
  charge(call);
  charge(call);
  EXPECT_EQ(balance().used_s, 600);
  EXPECT_EQ(balance().free_again_s, 0);
  charge({call.recording, 600.0, 0.0, "2026-11-12T00:00:00Z"});
  charge({call.recording, 600.0, 0.0, "2026-12-12T00:00:00Z"});
  EXPECT_EQ(balance().used_s, 600);
  EXPECT_EQ(balance().free_again_s, 600);
  EXPECT_EQ(balance("2026-12").used_s, 0);
}

TEST_F(TheAccount, SameBytesAreChargedOnceButForEachCompany) {
  charge({company_.add_recording(tenant(), "same"), 600.0});
  charge({company_.add_recording(tenant(), "same"), 600.0, 0.0, "2026-11-20T00:00:00Z"});
  const auto& other = company_.tenants[1];
  ASSERT_TRUE(try_charge({company_.add_recording(other, "same"), 600.0}, other));
  EXPECT_EQ(balance().used_s, 600);
  EXPECT_EQ(balance().free_duplicate_s, 600);
  const auto theirs =
      company_.ask([&](store::Transaction& t) { return metering_.balance(t, other); }).value();
  EXPECT_EQ(theirs.used_s, 600);
}

/// Whatever the order and however often each is told, the sums are the same.
TEST_F(TheAccount, SumsDoNotDependOnTheOrder) {
  std::mt19937 random(5);  // NOLINT(bugprone-random-generator-seed): the same every time
  std::vector<Dealing> calls;
  std::int64_t expected_s = 0;
  for (int i = 0; i < 12; ++i) {
    const double duration_s = 10.0 + i * 7.3;
    for (int copy = 0; copy <= i % 3; ++copy)
      calls.push_back(
          {company_.add_recording(tenant(), std::to_string(i)), duration_s, i % 2 == 0 ? 0.0 : 5.0});
    expected_s += static_cast<std::int64_t>(std::ceil(duration_s - (i % 2 == 0 ? 0.0 : 5.0) - 1e-9));
  }
  auto told = calls;
  told.insert(told.end(), calls.begin(), calls.end());
  std::shuffle(told.begin(), told.end(), random);
  for (const auto& call : told) charge(call);
  EXPECT_EQ(balance().used_s, expected_s);
  EXPECT_EQ(balance().recordings, 12);
}

TEST_F(TheAccount, AMonthIsTheCompanysOwn) {
  charge_minutes(1, "2026-11-30T14:59:59Z");
  charge_minutes(2, "2026-11-30T15:00:00Z");
  EXPECT_EQ(balance("2026-11").used_s, 60);
  EXPECT_EQ(balance("2026-12").used_s, 120);
  ASSERT_TRUE(company_.ask([&](store::Transaction& t) {
    return access::set_time_zone(t, company_.audit, administrator(), "America/New_York");
  }));
  charge_minutes(4, "2026-12-01T04:59:59Z");
  EXPECT_EQ(balance("2026-11").used_s, 60 + 240);
  EXPECT_EQ(balance("2026-12").used_s, 120);
  charge_minutes(8, "2028-02-29T12:00:00Z");
  EXPECT_EQ(balance("2028-02").used_s, 480);
  EXPECT_FALSE(company_.ask([&](store::Transaction& t) {
    return access::set_time_zone(t, company_.audit, administrator(), "Nowhere/Land");
  }));
}

TEST_F(TheAccount, IsOnlyEverAddedTo) {
  charge_minutes(1);
  for (const char* sql : {"UPDATE usage_entries SET charged_s = 0", "DELETE FROM usage_entries"})
    EXPECT_FALSE(company_.ask([&](store::Transaction& t) -> Result<void> {
      t.execute(sql);
      return {};
    })) << sql;
  EXPECT_EQ(balance().used_s, 60);
}

TEST_F(TheAccount, RefusesLengthsThatAreNone) {
  for (const double duration_s :
       {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), 1e300})
    EXPECT_EQ(try_charge({company_.add_recording(tenant(), make_id()), duration_s}, tenant()).error().kind,
              Error::Kind::damaged);
  EXPECT_EQ(balance().recordings, 0);
}

TEST_F(TheAccount, TellsEachShareOnceAMonthAndTheHighestOfAJump) {
  ASSERT_TRUE(set_plan(100));
  charge_minutes(49);
  EXPECT_THAT(told_, IsEmpty());
  charge_minutes(1);
  charge_minutes(20);
  EXPECT_THAT(told_, ElementsAre(50));
  charge_minutes(40);
  charge_minutes(40);
  EXPECT_THAT(told_, ElementsAre(50, 100));
  charge_minutes(85, "2026-12-10T00:00:00Z");
  EXPECT_THAT(told_, ElementsAre(50, 100, 80));
}

TEST_F(TheAccount, NothingIsToldOfWhatDidNotHappen) {
  ASSERT_TRUE(set_plan(1));
  const auto report = test::report_of(600.0);
  const auto recording = company_.add_recording(tenant(), "1");
  EXPECT_FALSE(company_.ask([&](store::Transaction& t) -> Result<void> {
    const archive::Analysed analysed{tenant(), recording, {}, {}, {}, {}, 0, now_ms_, 0.0, false, report};
    if (auto done = metering_.charge(t, analysed); !done) return done;
    return fail(Error::Kind::storage, "disk", {"満杯", "full"}, {"", ""});
  }));
  EXPECT_EQ(balance().used_s, 0);
  told_.clear();
  charge({recording, 600.0});
  EXPECT_THAT(told_, ElementsAre(100));
}

TEST_F(TheAccount, HoldsWhatWouldGoOverThePlanUntilNextMonth) {
  ASSERT_TRUE(set_plan(100));
  charge_minutes(90);
  const auto waiting = company_.add_recording(tenant(), "w", {}, "waiting");
  const auto permit = may_start(waiting, 11 * 60);
  EXPECT_FALSE(permit.start);
  EXPECT_EQ(permit.until_ms, at("2026-11-30T15:00:00Z"));
  EXPECT_THAT(permit.reason.ja, HasSubstr("保留"));
  EXPECT_EQ(releasable(), 10 * 60);
  EXPECT_TRUE(may_start(waiting, 10 * 60).start);
  now_ms_ = permit.until_ms;
  EXPECT_EQ(releasable(), 100 * 60);
  EXPECT_TRUE(may_start(waiting, 11 * 60).start);
}

TEST_F(TheAccount, WhatIsBeingAnalysedCountsSoThatSeveralWorkersDoNotOverrun) {
  ASSERT_TRUE(set_plan(100));
  const auto begin = [&](const std::string& content) {
    const auto recording = company_.add_recording(tenant(), content, {}, "analysing");
    return std::pair{recording, may_start(recording, 60 * 60).start};
  };
  const auto [first, first_starts] = begin("1");
  EXPECT_TRUE(first_starts);
  EXPECT_FALSE(begin("2").second);
  EXPECT_EQ(balance().begun_s, 3600);
  EXPECT_TRUE(may_start(first, 60 * 60).start) << "a second attempt is not counted twice";
  charge({first, 30 * 60.0});
  EXPECT_EQ(balance().begun_s, 0);
  const auto [third, third_starts] = begin("3");
  EXPECT_TRUE(third_starts);
  company_.write([&, id = third](store::Transaction& t) {
    t.execute("UPDATE recordings SET state = 'failed' WHERE id = ?", {id});
  });
  EXPECT_EQ(releasable(), 70 * 60) << "what failed gives its minutes back";
}

TEST_F(TheAccount, WhatWasChargedBeforeMayAlwaysStart) {
  ASSERT_TRUE(set_plan(10));
  const auto recording = charge_minutes(10);
  EXPECT_TRUE(may_start(recording, 600).start);
  const auto once = company_.add_recording(tenant(), "same");
  EXPECT_FALSE(may_start(once, 1).start);
  charge({once, 60.0});
  EXPECT_TRUE(may_start(company_.add_recording(tenant(), "same"), 60).start);
}

TEST_F(TheAccount, AnAdministratorAllowsMoreForAWhile) {
  ASSERT_TRUE(set_plan(10));
  charge_minutes(10);
  const auto waiting = company_.add_recording(tenant(), "w", {}, "waiting");
  EXPECT_FALSE(may_start(waiting, 300).start);
  ASSERT_TRUE(allow(5, at("2026-11-18T00:00:00Z")));
  EXPECT_EQ(releasable(), 300);
  EXPECT_TRUE(may_start(waiting, 300).start);
  now_ms_ = at("2026-11-18T00:00:00Z");
  EXPECT_EQ(releasable(), 0) << "the allowance is over";
  ASSERT_TRUE(allow(7));
  EXPECT_EQ(releasable(), 420);
  now_ms_ = at("2026-12-01T00:00:00Z");
  EXPECT_EQ(releasable(), 600) << "next month knows only the plan";
  EXPECT_EQ(balance("2026-11").allowed_s, 12 * 60);
}

TEST_F(TheAccount, PlansAndAllowancesOfNonsenseAreRefusedAndGoodOnesAudited) {
  for (const std::int64_t minutes : {std::int64_t{-1}, kLargestPlanMinutes + 1})
    EXPECT_FALSE(set_plan(minutes));
  EXPECT_FALSE(allow(0));
  EXPECT_FALSE(allow(5, now_ms_));
  EXPECT_FALSE(allow(5, at("2026-12-02T00:00:00Z")));
  ASSERT_TRUE(set_plan(50));
  ASSERT_TRUE(set_plan(70));
  ASSERT_TRUE(allow(5));
  EXPECT_EQ(balance().plan_s, 70 * 60);
  const auto log = company_.audit.list(tenant(), tenant(), 0, 10);
  ASSERT_TRUE(log);
  ASSERT_EQ(log->size(), 3U);
  EXPECT_EQ((*log)[0].entry.action, "usage.allow");
  EXPECT_EQ((*log)[1].entry.details, "50 -> 70 min");
  EXPECT_EQ((*log)[1].entry.actor, "the administrator");
}

TEST_F(TheAccount, ForecastsInProportion) {
  charge_minutes(150);
  EXPECT_EQ(balance().forecast_s, static_cast<std::int64_t>(std::ceil(150.0 * 60 * 30 / 15.375)));
  now_ms_ = at("2026-10-31T15:00:01Z");
  EXPECT_EQ(balance().forecast_s, 150 * 60 * 30) << "the first hour counts as a day";
  now_ms_ = at("2027-02-01T00:00:00Z");
  EXPECT_EQ(balance().forecast_s, 150 * 60) << "a month that is over is what it is";
}

TEST_F(TheAccount, IsExportedForSpreadsheets) {
  const auto group = company_.add_group(tenant(), "=cmd|'/C calc'!A0, \"x\"");
  charge({company_.add_recording(tenant(), "1", group), 90.0, 0.0, "2026-11-10T03:00:00Z"});
  charge({company_.add_recording(tenant(), "1"), 90.0, 0.0, "2026-11-11T03:00:00Z"});
  const auto text = csv({true, Language::english});
  EXPECT_THAT(text, StartsWith("\xEF\xBB\xBFmonth,"));
  EXPECT_THAT(text, HasSubstr("2026-11,2026-11-10T12:00:00+09:00,"));
  EXPECT_THAT(text, HasSubstr(",\"'=cmd|'/C calc'!A0, \"\"x\"\"\",analysed,90,0,90,1.50\r\n"));
  EXPECT_THAT(text, HasSubstr(",duplicate (free),90,0,0,0.00\r\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_THAT(csv(), StartsWith("月,"));
}

TEST_F(TheAccount, ForeignRecordingsCannotBeAskedFor) {
  const auto theirs = company_.add_recording(company_.tenants[1], "1");
  for (const std::string& id : {theirs, std::string("' OR 1=1 --"), make_id()}) {
    const auto permit =
        company_.ask([&](store::Transaction& t) { return metering_.may_start(t, tenant(), id, 1); });
    ASSERT_FALSE(permit);
    EXPECT_EQ(permit.error().kind, Error::Kind::not_found);
  }
}

TEST(AnEstimate, TakesTheLengthThatIsToldOrGuessesOnTheLongSide) {
  EXPECT_EQ(estimate({61.2, 0, ""})->seconds, 62);
  EXPECT_FALSE(estimate({61.2, 0, ""})->guessed);
  EXPECT_EQ(estimate({{}, 480'000, "wav"})->seconds, 60);
  EXPECT_TRUE(estimate({{}, 480'000, ".WAV"})->guessed);
  EXPECT_EQ(estimate({{}, 480'000, ".WAV"})->seconds, 60);
  EXPECT_EQ(estimate({{}, 240'000, "audio/mpeg"})->seconds, 60);
  EXPECT_GT(estimate({{}, 240'000, "unheard of"})->seconds, 60);
  EXPECT_LE(estimate({{}, ~0ULL, "wav"})->seconds, 7 * 24 * 3600);
}

TEST(AnEstimate, OfNothingOrNonsenseIsRefused) {
  for (const double told : {-1.0, std::numeric_limits<double>::quiet_NaN(), 1e9})
    EXPECT_EQ(estimate({told, 1000, "wav"}).error().kind, Error::Kind::usage);
  EXPECT_FALSE(estimate({{}, 0, "wav"}));
}

}  // namespace
}  // namespace guardian::usage
