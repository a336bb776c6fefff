#include "archive/queue.h"

#include <gmock/gmock.h>

#include "archive/store_support.h"

namespace guardian::archive {
namespace {

using store::Transaction;
using testing::ElementsAre;

const Error kCrash{Error::Kind::model, "x", {"落ちました", "it crashed"}, {"", ""}};
const Error kBroken{Error::Kind::damaged, "x", {"壊れています", "it is broken"}, {"", ""}};

class TheQueue : public testing::Test {
 protected:
  TheQueue() { add_tenants(); }
  void add_tenants() {
    test::must(*database_, [&](Transaction& t) {
      test::add_tenant(t, a_);
      test::add_tenant(t, b_);
      return true;
    });
  }

  std::string recording(const std::string& tenant, int priority = 0, std::int64_t bytes = 1000) {
    return test::must(*database_, [&](Transaction& t) {
      auto id = test::add_recording(t, {.tenant = tenant, .bytes = bytes});
      if (!queue_.enqueue(t, tenant, id, priority)) throw std::runtime_error("not queued");
      return id;
    });
  }
  /// Runs one call of the queue in a unit of work of its own.
  template <class Call>
  auto in_unit(const Call& call) {
    return database_->write([&](Transaction& t) { return call(t); });
  }
  std::optional<Lease> lease(const std::string& worker = "w1") {
    return test::must(*database_, [&](Transaction& t) { return queue_.lease(t, worker); });
  }
  std::vector<std::string> lease_all() {
    std::vector<std::string> recordings;
    while (const auto next = lease()) recordings.push_back(next->recording);
    return recordings;
  }
  Job job_of(const std::string& tenant, const std::string& recording) {
    return *test::must(*database_, [&](Transaction& t) { return queue_.job_of(t, tenant, recording); });
  }
  Outlook outlook(const std::string& tenant, const std::string& recording) {
    return *test::must(*database_, [&](Transaction& t) { return queue_.outlook(t, tenant, recording); });
  }
  Result<void> complete(const Lease& lease, const Effort& effort = {}) {
    return in_unit([&](Transaction& t) { return queue_.complete(t, lease, effort); });
  }
  Result<bool> fail(const Lease& lease, const Error& why) {
    return in_unit([&](Transaction& t) { return queue_.fail(t, lease, why); });
  }

  std::string a_ = make_id();
  std::string b_ = make_id();
  guardian::test::TemporaryFolder folder_;
  std::unique_ptr<store::Database> database_ =
      std::move(*store::open_embedded((folder_.path() / "guardian.db").string()));
  std::int64_t now_ = 1'000'000;
  Queue queue_{{}, [this] { return now_; }};
};

TEST_F(TheQueue, TakesTheUrgentFirstThenTheOldest) {
  const auto first = recording(a_);
  const auto second = recording(a_);
  const auto urgent = recording(a_, 5);
  EXPECT_THAT(lease_all(), ElementsAre(urgent, first, second));
  EXPECT_EQ(test::state_of(*database_, first), "analysing");
}

TEST_F(TheQueue, LetsTenantsTakeTurnsHoweverMuchOneOfThemBrings) {
  const auto a1 = recording(a_, 10);
  const auto a2 = recording(a_, 10);
  const auto a3 = recording(a_, 10);
  const auto b1 = recording(b_);
  auto order = lease_all();
  EXPECT_EQ(std::find(order.begin(), order.end(), b1) - order.begin() <= 1, true);
  EXPECT_EQ(order.size(), 4U);
}

TEST_F(TheQueue, GoesThroughEverythingQuicklyThenThroughTheRiskyFirst) {
  const auto calm = recording(a_);
  const auto grave = recording(a_);
  for (const int score : {10, 90}) {
    const auto quick = lease();
    ASSERT_TRUE(quick);
    EXPECT_EQ(quick->pass, Pass::quick);
    ASSERT_TRUE(in_unit([&](Transaction& t) { return queue_.pass_on(t, *quick, score, {60, 1000, 1}); }));
  }
  const auto full = lease();
  EXPECT_EQ(full->recording, grave);
  EXPECT_EQ(full->pass, Pass::full);
  EXPECT_EQ(test::state_of(*database_, calm), "waiting");
}

TEST_F(TheQueue, LeavesTheQuickPassOutWhereNothingElseWaits) {
  recording(a_);
  EXPECT_EQ(lease()->pass, Pass::full);
}

TEST_F(TheQueue, GivesAVanishedWorkersJobToAnotherAndTakesNoResultFromTheFirst) {
  const auto id = recording(a_);
  const auto lost = lease("w1");
  now_ += queue_.options().lease_ms + 1;
  EXPECT_FALSE(lease("w2"));  // it waits a little first
  EXPECT_EQ(test::state_of(*database_, id), "waiting");
  now_ += 60'000;
  const auto second = lease("w2");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->attempt, 2);
  EXPECT_EQ(complete(*lost).error().kind, Error::Kind::conflict);
  EXPECT_TRUE(complete(*second));
  EXPECT_EQ(test::state_of(*database_, id), "analysed");
  EXPECT_EQ(complete(*second).error().kind, Error::Kind::conflict);
}

TEST_F(TheQueue, KeepsTheLeaseOfAWorkerThatRenewsIt) {
  recording(a_);
  const auto held = lease("w1");
  for (int i = 0; i < 5; ++i) {
    now_ += queue_.options().lease_ms - 1;
    ASSERT_TRUE(in_unit([&](Transaction& t) { return queue_.renew(t, *held, 0.1 * i); }));
    EXPECT_FALSE(lease("w2"));
  }
  EXPECT_DOUBLE_EQ(job_of(a_, held->recording).progress, 0.4);
}

TEST_F(TheQueue, TriesAgainWithGrowingDelaysAndThenSaysWhyItGaveUp) {
  const auto id = recording(a_);
  std::vector<std::int64_t> delays;
  for (int attempt = 1; attempt <= queue_.options().attempts; ++attempt) {
    const auto running = lease();
    ASSERT_TRUE(running) << attempt;
    const auto dead = fail(*running, kCrash);
    ASSERT_TRUE(dead);
    EXPECT_EQ(*dead, attempt == queue_.options().attempts);
    delays.push_back(job_of(a_, id).not_before_ms - now_);
    EXPECT_FALSE(lease());
    now_ += delays.back();
  }
  EXPECT_GE(delays[0], 22'500);
  EXPECT_LE(delays[0], 37'500);
  EXPECT_GT(delays[1], 2 * delays[0]);
  EXPECT_GT(delays[2], 2 * delays[1]);
  const auto job = job_of(a_, id);
  EXPECT_EQ(job.state, "dead");
  EXPECT_EQ(job.reason->en, "it crashed");
  EXPECT_EQ(test::state_of(*database_, id), "failed");
}

TEST_F(TheQueue, GivesABrokenFileUpAtOnceAndTakesItAgainByHand) {
  const auto id = recording(a_);
  EXPECT_TRUE(*fail(*lease(), kBroken));
  EXPECT_FALSE(lease());
  ASSERT_TRUE(in_unit([&](Transaction& t) { return queue_.enqueue(t, a_, id); }));
  EXPECT_EQ(lease()->recording, id);
}

TEST_F(TheQueue, HasOneJobAliveForARecording) {
  const auto id = recording(a_);
  EXPECT_EQ(in_unit([&](Transaction& t) { return queue_.enqueue(t, a_, id); }).error().kind,
            Error::Kind::conflict);
}

TEST_F(TheQueue, TakesACancelledJobFromItsWorker) {
  const auto id = recording(a_);
  const auto running = lease();
  ASSERT_TRUE(in_unit([&](Transaction& t) { return queue_.cancel(t, a_, id); }));
  EXPECT_EQ(in_unit([&](Transaction& t) { return queue_.renew(t, *running, 0.5); }).error().kind,
            Error::Kind::conflict);
  EXPECT_EQ(complete(*running).error().kind, Error::Kind::conflict);
  EXPECT_EQ(test::state_of(*database_, id), "cancelled");
}

TEST_F(TheQueue, KeepsBackWhatIsHeldUntilItIsReleased) {
  const auto id = recording(a_);
  ASSERT_TRUE(in_unit([&](Transaction& t) { return queue_.hold(t, a_, id, {"上限です", "at the cap"}); }));
  EXPECT_FALSE(lease());
  EXPECT_EQ(test::state_of(*database_, id), "held");
  EXPECT_EQ(job_of(a_, id).reason->en, "at the cap");
  EXPECT_EQ(test::must(*database_, [&](Transaction& t) { return queue_.release(t, b_); }), 0);
  EXPECT_EQ(test::must(*database_, [&](Transaction& t) { return queue_.release(t, a_); }), 1);
  EXPECT_EQ(lease()->recording, id);
}

TEST_F(TheQueue, LetsACopyWaitForItsOriginal) {
  const auto original = recording(a_);
  const auto copy = test::must(*database_, [&](Transaction& t) {
    auto id = test::add_recording(t, {.tenant = a_, .same_as = original});
    if (!queue_.enqueue(t, a_, id, 10)) throw std::runtime_error("not queued");
    return id;
  });
  const auto first = lease();
  EXPECT_EQ(first->recording, original);
  EXPECT_FALSE(lease());
  ASSERT_TRUE(complete(*first));
  EXPECT_EQ(lease()->recording, copy);
}

TEST_F(TheQueue, TakesEverythingBackAfterARestartWithoutCountingTheAttempt) {
  const auto id = recording(a_);
  for (int restart = 0; restart < 10; ++restart) {
    ASSERT_TRUE(lease("w" + std::to_string(restart)));
    EXPECT_EQ(test::must(*database_, [&](Transaction& t) { return queue_.recover(t); }), 1);
    EXPECT_EQ(test::state_of(*database_, id), "waiting");
  }
  EXPECT_EQ(lease()->attempt, 1);
}

TEST_F(TheQueue, LetsNobodyWaitForEver) {
  const auto old = recording(a_, -10);
  now_ += queue_.options().patience_ms + 1;
  recording(a_, 10);
  EXPECT_EQ(lease()->recording, old);
}

TEST_F(TheQueue, EstimatesTheFinishFromTheSpeedOfTheLastPasses) {
  const auto measured = recording(a_);
  ASSERT_TRUE(complete(*lease(), {1000.0, 16'000'000.0, 100.0}));  // ten times as fast as it was spoken
  const auto first = recording(a_, 1, 1'600'000);                  // 100 s of recording
  const auto second = recording(a_, 0, 3'200'000);                 // 200 s
  const auto before = outlook(a_, first);
  const auto after = outlook(a_, second);
  EXPECT_EQ(before.before, 0);
  EXPECT_EQ(after.before, 1);
  EXPECT_GT(before.finish_ms, now_ + 10'000);
  EXPECT_GT(after.finish_ms, before.finish_ms);
  EXPECT_LT(after.finish_ms, now_ + 60'000);
  const auto stats = test::must(*database_, [&](Transaction& t) { return queue_.stats(t); });
  EXPECT_EQ(stats.waiting, 2);
  EXPECT_DOUBLE_EQ(stats.full_speed, 10.0);
}

TEST_F(TheQueue, ShowsATenantOnlyItsOwnJobs) {
  const auto id = recording(a_);
  recording(b_);
  const auto jobs = test::must(*database_, [&](Transaction& t) {
    access::Caller caller;
    caller.tenant = a_;
    caller.reach = access::Reach::tenant;
    return queue_.list(t, caller, {});
  });
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].recording, id);
  EXPECT_EQ(in_unit([&](Transaction& t) { return queue_.cancel(t, b_, id); }).error().kind,
            Error::Kind::not_found);
  EXPECT_EQ(in_unit([&](Transaction& t) { return queue_.set_priority(t, b_, id, 1); }).error().kind,
            Error::Kind::not_found);
}

}  // namespace
}  // namespace guardian::archive
