#include "casework/dispatcher.h"

#include <map>

#include "casework/webhook_channel.h"
#include "casework_fixture.h"

namespace guardian::casework {
namespace {

using judgement::Band;
using testing::HasSubstr;

class TheDispatcher : public Casework {
 protected:
  TheDispatcher() { reopen(options_); }

  static OutboxOptions quick() {
    OutboxOptions options;
    options.first_delay_ms = 20;
    options.longest_delay_ms = 80;
    options.attempts = 4;
    return options;
  }
  std::string url(const std::string& path) const { return server_.address() + path; }
  Route add(const std::string& path) {
    return desk_->routes.add(administrator_, route_to(ChannelKind::webhook, url(path))).value();
  }
  void happen_often(int times) {
    const auto report = report_of(50, Band::caution, {"threat"});
    const Dealing dealing{group_, {}, {}};
    std::vector<std::string> recordings;
    desk_->write([&](store::Transaction& t) {
      for (int i = 0; i < times; ++i) {
        const auto id = make_id();
        t.execute(
            "INSERT INTO recordings (id, tenant_id, name_sealed, object_id, bytes, sha256, uploaded_ms, "
            "state) "
            "VALUES (?, ?, ?, '', 0, '', 0, 'analysed')",
            {id, tenant_, store::Blob{"x"}});
        const archive::Analysed analysed{tenant_, id, {}, group_, {}, {}, 0, 0, 0.0, false, report};
        ASSERT_TRUE(desk_->cases.open_case(t, analysed));
      }
    });
  }
  Channels channels() { return {nullptr, &webhook_}; }
  DispatcherOptions often() const { return {4, std::chrono::milliseconds(10)}; }
  std::vector<nlohmann::json> requests() const { return lines_of(requests_); }
  std::map<std::string, int> arrivals() const {
    std::map<std::string, int> times;
    for (const auto& request : requests()) ++times[request["delivery"].get<std::string>()];
    return times;
  }
  std::int64_t unsent() {
    return desk_->database
        ->read([&](store::Transaction& t) -> Result<std::int64_t> { return desk_->outbox.stats(t).waiting; })
        .value();
  }

  /// In a process of its own, which is killed `after` the given time if it has not killed itself.
  template <class Work>
  static void killed(const Work& work, std::chrono::microseconds after) {
    const pid_t child = ::fork();
    if (child == 0) {
      work();
      ::_exit(0);
    }
    int status = 0;
    const auto end = std::chrono::steady_clock::now() + after;
    while (::waitpid(child, &status, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > end) ::kill(child, SIGKILL);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_TRUE(WIFSIGNALED(status));
  }

  OutboxOptions options_ = quick();
  std::filesystem::path requests_ = folder_.path() / "requests";
  test::LocalServer server_{"casework/webhook_server.py", {requests_.string(), kSecret}};
  WebhookChannel webhook_ = std::move(*WebhookChannel::make({{"127.0.0.0/8"}, 2000, 500}));
};

TEST_F(TheDispatcher, SendsWhatIsWrittenAndNotesWhenItArrived) {
  add("/ok");
  const Dispatcher dispatcher(desk_->outbox, channels(), often());
  happen(report_of(50, Band::caution, {"threat"}));
  ASSERT_TRUE(comes_true([&] { return count("sent") == 1; }));
  EXPECT_EQ(requests().size(), 1U);
  EXPECT_EQ(requests()[0]["signed"], true);
  EXPECT_TRUE(all_cases()[0].noticed_ms);
  EXPECT_EQ(notices()[0].attempts, 1);
}

TEST_F(TheDispatcher, ForgetsOldNoticesThatLeftAndKeepsThoseThatWait) {
  add("/ok");
  {
    const Dispatcher dispatcher(desk_->outbox, channels(), often());
    happen(report_of(50, Band::caution, {"threat"}));
    ASSERT_TRUE(comes_true([&] { return count("sent") == 1; }));
  }
  happen(report_of(50, Band::caution, {"threat"}));
  const auto sent_ms = notices()[1].created_ms;
  EXPECT_EQ(desk_->outbox.forget(sent_ms), 0);
  EXPECT_EQ(desk_->outbox.forget(now_ms() + 1), 1);
  EXPECT_EQ(count("sent"), 0U);
  EXPECT_EQ(count("waiting"), 1U);
}

TEST_F(TheDispatcher, TellsOfTheMonthsMinutesThoseWhoHearOfEverything) {
  add("/ok");
  auto narrow = route_to(ChannelKind::webhook, url("/ok?narrow"));
  narrow.group = group_;
  desk_->routes.add(administrator_, narrow).value();
  desk_->write([&](store::Transaction& t) {
    EXPECT_EQ(desk_->outbox.write_usage(t, tenant_, {80, 3000}), 1);
  });
  const Dispatcher dispatcher(desk_->outbox, channels(), often());
  ASSERT_TRUE(comes_true([&] { return count("sent") == 1; }));
  EXPECT_EQ(requests().size(), 1U);
  EXPECT_EQ(requests()[0]["signed"], true);
  EXPECT_EQ(requests()[0]["body"]["type"], "usage.notice");
  EXPECT_EQ(notices()[0].case_id, "");
  EXPECT_TRUE(all_cases().empty());
}

TEST(ANoticeOfMinutes, SaysHowMuchIsUsedAndWhatHappensThen) {
  Delivery delivery;
  delivery.id = make_id();
  delivery.notice.usage = {80, 3000};
  EXPECT_THAT(subject_of(delivery), HasSubstr("80 %"));
  EXPECT_THAT(body_of(delivery), testing::AllOf(HasSubstr("3000 分"), HasSubstr("失われずに")));
  delivery.language = Language::english;
  delivery.notice.usage.percent = 100;
  EXPECT_THAT(body_of(delivery), HasSubstr("until an administrator allows more"));
  EXPECT_EQ(json_of(delivery)["type"], "usage.notice");
  EXPECT_EQ(json_of(delivery)["percent"], 100);
  const auto kept = notice_of(to_bytes(delivery.notice));
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->usage.plan_minutes, 3000);
}

TEST_F(TheDispatcher, TriesAgainUntilItIsTaken) {
  add("/twice");
  happen(report_of(50, Band::caution, {"threat"}));
  const Dispatcher dispatcher(desk_->outbox, channels(), often());
  ASSERT_TRUE(comes_true([&] { return count("sent") == 1; }));
  EXPECT_EQ(requests().size(), 3U);
  EXPECT_EQ(arrivals().size(), 1U);
}

TEST_F(TheDispatcher, ParksADeadNoticeWithItsReasonUntilSomebodyTriesAgain) {
  auto route = add("/500");
  happen(report_of(50, Band::caution, {"threat"}));
  const Dispatcher dispatcher(desk_->outbox, channels(), often());
  ASSERT_TRUE(comes_true([&] { return count("dead") == 1; }));
  const auto dead = notices()[0];
  EXPECT_EQ(dead.attempts, 4);
  EXPECT_THAT(dead.reason->en, HasSubstr("HTTP 500"));
  EXPECT_FALSE(all_cases()[0].noticed_ms);
  route.version = 0;
  route.recipients[0].address = url("/ok");
  route.recipients[0].secret.clear();
  ASSERT_TRUE(desk_->routes.change(administrator_, route.id, route));
  EXPECT_EQ(desk_->outbox.retry(department_, dead.id).error().kind, Error::Kind::forbidden);
  ASSERT_TRUE(desk_->outbox.retry(administrator_, dead.id));
  ASSERT_TRUE(comes_true([&] { return count("sent") == 1; }));
  EXPECT_EQ(desk_->outbox.retry(administrator_, dead.id).error().kind, Error::Kind::conflict);
  EXPECT_EQ(desk_->outbox.retry(administrator_, make_id()).error().kind, Error::Kind::not_found);
}

TEST_F(TheDispatcher, GivesUpAtOnceWhatCanNeverArrive) {
  desk_->routes.add(administrator_, route_to(ChannelKind::webhook, "https://127.0.0.2/")).value();
  const auto removed = add("/ok");
  happen(report_of(50, Band::caution, {"threat"}));
  ASSERT_TRUE(desk_->routes.remove(administrator_, removed.id));
  WebhookChannel closed = std::move(*WebhookChannel::make({{"10.99.0.0/16"}, 2000, 500}));
  const Dispatcher dispatcher(desk_->outbox, {nullptr, &closed}, often());
  ASSERT_TRUE(comes_true([&] { return count("dead") == 2; }));
  EXPECT_EQ(requests().size(), 0U);
  for (const auto& notice : notices()) EXPECT_EQ(notice.attempts, 1);
}

TEST_F(TheDispatcher, KnocksOnceForAllAtAClosedDoor) {
  add("/500");
  happen_often(200);
  const Dispatcher dispatcher(desk_->outbox, channels(), often());
  ASSERT_TRUE(comes_true([&] { return requests().size() >= 5; }));
  EXPECT_LT(requests().size(), 20U);
}

TEST_F(TheDispatcher, LetsNobodyWaitForOneWhoHangs) {
  add("/hang");
  add("/ok");
  happen_often(20);
  const auto begin = std::chrono::steady_clock::now();
  const Dispatcher dispatcher(desk_->outbox, channels(), often());
  ASSERT_TRUE(comes_true([&] { return count("sent") == 20; }));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
}

TEST_F(TheDispatcher, SendsAThousandOnceEach) {
  for (int i = 0; i < 5; ++i) add("/ok?" + std::to_string(i));
  happen_often(200);
  const Dispatcher dispatcher(desk_->outbox, channels(), often());
  ASSERT_TRUE(comes_true([&] { return unsent() == 0; }));
  const auto times = arrivals();
  EXPECT_EQ(times.size(), 1000U);
  for (const auto& [id, count] : times) EXPECT_EQ(count, 1) << id;
}

/// The real channel, after which the power fails.
class LastBreath final : public Channel {
 public:
  explicit LastBreath(Channel& real) : real_(real) {}
  Result<void> send(const Delivery& delivery, const std::stop_token& stop) override {
    auto sent = real_.send(delivery, stop);
    ::kill(::getpid(), SIGKILL);
    return sent;
  }

 private:
  Channel& real_;
};

TEST_F(TheDispatcher, KilledBetweenSendingAndNotingSendsAgainUnderTheSameId) {
  add("/ok");
  happen_often(1);
  const auto id = notices()[0].id;
  desk_.reset();
  killed(
      [&] {
        const Desk desk(file_, master_, options_);
        LastBreath channel(webhook_);
        const Dispatcher dispatcher(desk.outbox, {nullptr, &channel}, often());
        std::this_thread::sleep_for(std::chrono::seconds(10));
      },
      std::chrono::seconds(10));
  reopen(options_);
  EXPECT_EQ(arrivals()[id], 1);
  EXPECT_EQ(count("sending"), 1U);
  const Dispatcher dispatcher(desk_->outbox, channels(), often());
  ASSERT_TRUE(comes_true([&] { return count("sent") == 1; }));
  EXPECT_EQ(arrivals()[id], 2);
}

TEST_F(TheDispatcher, LosesNothingHoweverOftenItIsKilled) {
  for (int i = 0; i < 4; ++i) add("/ok?" + std::to_string(i));
  happen_often(100);
  desk_.reset();
  for (int i = 0; i < 12; ++i)
    killed(
        [&] {
          const Desk desk(file_, master_, options_);
          const Dispatcher dispatcher(desk.outbox, channels(), often());
          std::this_thread::sleep_for(std::chrono::seconds(10));
        },
        std::chrono::microseconds(20'000 + (7'919 * i) % 60'000));
  reopen(options_);
  const Dispatcher dispatcher(desk_->outbox, channels(), often());
  ASSERT_TRUE(comes_true([&] { return unsent() == 0; }));
  EXPECT_EQ(arrivals().size(), 400U);
  // At most what was on its way when it was killed came twice: one per sender.
  EXPECT_LE(requests().size(), 400U + 12U * 4U);
}

TEST_F(TheDispatcher, ATrialTellsWhatBecameOfEachRecipient) {
  auto choice = route_to(ChannelKind::webhook, url("/ok"));
  choice.recipients.push_back({"", ChannelKind::webhook, url("/500"), kSecret, ""});
  choice.recipients.push_back({"", ChannelKind::mail, "a@example.jp", "", ""});
  const auto route = desk_->routes.add(administrator_, choice).value();
  EXPECT_EQ(desk_->routes.try_out(department_, route.id, channels(), {}).error().kind,
            Error::Kind::forbidden);
  const auto trials = desk_->routes.try_out(administrator_, route.id, channels(), {});
  ASSERT_TRUE(trials);
  int good = 0;
  for (const auto& trial : *trials) good += trial.outcome ? 1 : 0;
  EXPECT_EQ(trials->size(), 3U);
  EXPECT_EQ(good, 1);
  for (const auto& request : requests()) EXPECT_EQ(request["body"]["type"], "trial");
}

}  // namespace
}  // namespace guardian::casework
