#include "archive/workers.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <random>
#include <thread>

#include "archive/recordings.h"
#include "archive/store_support.h"
#include "base/file.h"

namespace guardian::archive {
namespace {

using std::chrono::milliseconds;
using store::Transaction;
using testing::Contains;
using testing::HasSubstr;

constexpr milliseconds kLongest{60'000};

std::string little_endian(std::uint32_t number, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>((number >> (8 * i)) & 0xFFU);
  return text;
}

std::string wav(const std::string& sound, int format, int channels, int bits) {
  const auto frame = static_cast<std::uint32_t>(channels * bits / 8);
  const auto size = static_cast<std::uint32_t>(sound.size());
  return "RIFF" + little_endian(36 + size, 4) + "WAVEfmt " + little_endian(16, 4) +
         little_endian(static_cast<std::uint32_t>(format), 2) +
         little_endian(static_cast<std::uint32_t>(channels), 2) + little_endian(8000, 4) +
         little_endian(8000 * frame, 4) + little_endian(frame, 2) +
         little_endian(static_cast<std::uint32_t>(bits), 2) + "data" + little_endian(size, 4) + sound;
}

std::string silence(int seconds) {
  return wav(std::string(static_cast<std::size_t>(seconds) * 16000, '\0'), 1, 1, 16);
}

/// 23 s to 36 s of the sample call: an insult, an apology, a demand to kneel.
std::string excerpt() {
  const auto call = *read_file(guardian::test::source_dir() / "data/sample/call.wav", 8U << 20U);
  const auto sound = call.substr(call.find("data") + 8);
  return wav(sound.substr(std::size_t{23} * 16000, std::size_t{13} * 16000), 7, 2, 8);
}

/// A server's store and queue in a folder: another process can open it, too.
struct Place {
  explicit Place(const std::filesystem::path& where)
      : folder(where),
        database(std::move(*store::open_embedded((where / "guardian.db").string()))),
        objects(std::move(*store::open_folder(where / "objects"))),
        keyring(
            std::move(*access::Keyring::open(*database, *access::load_master_key(where / "master.key")))) {}

  void add_tenant() {
    test::must(*database, [&](Transaction& t) {
      test::add_tenant(t, "a");
      keyring.add_tenant(t, "a");
      t.execute("CREATE TABLE told (recording TEXT, same_as TEXT, again INTEGER, score INTEGER)");
      return true;
    });
  }

  std::string add(const std::string& bytes, const std::string& name,
                  const std::optional<std::string>& counterpart = std::nullopt,
                  std::optional<Moment> started = std::nullopt) {
    Recording recording;
    recording.id = make_id();
    recording.tenant = "a";
    recording.name = name;
    recording.object = make_id();
    recording.bytes = static_cast<std::int64_t>(bytes.size());
    recording.content = keyring.hash("a", "content", sha256(bytes));
    recording.counterpart = counterpart;
    recording.started = started;
    recording.uploaded_ms = now_ms();
    if (!store::write_object(*objects, recording.object, object_key(keyring, "a"), bytes))
      throw std::runtime_error("no object");
    return test::must(*database, [&](Transaction& t) {
      insert_recording(t, keyring, recording);
      if (!queue.enqueue(t, "a", recording.id)) throw std::runtime_error("not queued");
      return recording.id;
    });
  }

  Recording find(const std::string& id) {
    return test::must(*database, [&](Transaction& t) { return find_recording(t, keyring, "a", id).value(); });
  }
  report::Report report_of(const std::string& id) {
    return read_report(*objects, keyring, "a", *find(id).report).value();
  }
  std::int64_t count(const std::string& sql, const store::Values& values = {}) {
    return test::must(*database, [&](Transaction& t) { return t.first(sql, values)->integer("n"); });
  }
  std::int64_t told(const std::string& id) {
    return count("SELECT COUNT(*) AS n FROM told WHERE recording = ?", {id});
  }

  std::unique_ptr<Workers> start(WorkersOptions options = {}) {
    if (options.program.empty()) options.program = guardian::test::guardian_binary();
    options.objects = folder / "objects";
    options.idle = milliseconds(10);
    WorkersParts parts{*database, keyring, *objects, queue, progress, {}, {}, {}, {}};
    parts.amendment = [this](Transaction&, const std::string&) -> Result<policy::Amendment> {
      return amendment;
    };
    parts.consequences.emplace_back([this](Transaction& t, const Analysed& analysed) -> Result<void> {
      t.execute("INSERT INTO told VALUES (?, ?, ?, ?)",
                {analysed.recording, store::or_null(analysed.same_as), std::int64_t{analysed.again},
                 std::int64_t{analysed.report.verdict.score}});
      if (refuse_consequences)
        return fail(Error::Kind::conflict, "test", {"だめです", "the consequence failed"}, {"", ""});
      return {};
    });
    parts.hold_back = [this](Transaction&, const Lease& lease) -> Result<std::optional<Text>> {
      if (lease.recording != no_minutes_for) return std::optional<Text>();
      return std::optional<Text>(Text{"今月の分がありません", "no minutes left"});
    };
    parts.trouble = [](const Error& error) { ADD_FAILURE() << describe(error, Language::english); };
    return Workers::start(std::move(parts), std::move(options)).value();
  }

  /// Looks until it holds.
  template <class Condition>
  bool wait(const Condition& condition) {
    const auto until = std::chrono::steady_clock::now() + kLongest;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(milliseconds(20));
    }
    return true;
  }
  bool wait_for(const std::string& id, State state) {
    auto now = find(id).state;
    wait([&] {
      now = find(id).state;
      return now == state || now == State::failed;
    });
    return now == state;
  }

  std::filesystem::path folder;
  std::unique_ptr<store::Database> database;
  std::unique_ptr<store::ObjectStore> objects;
  access::Keyring keyring;
  Queue queue{QueueOptions{.first_delay_ms = 1, .longest_delay_ms = 2}};
  Progress progress;
  std::atomic<bool> refuse_consequences = false;
  std::string no_minutes_for;   ///< set before `start`
  policy::Amendment amendment;  ///< set before `start`
};

class AWorker : public testing::Test {
 protected:
  AWorker() { place_.add_tenant(); }
  /// A program that answers as it likes.
  std::filesystem::path program(const std::string& script) {
    auto path = folder_.path() / "child";
    std::ofstream(path) << "#!/bin/sh\n" << script;
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
  std::string reason(const std::string& id) { return place_.find(id).reason.value_or(Text{}).en; }

  guardian::test::TemporaryFolder folder_;
  Place place_{folder_.path()};
};

TEST_F(AWorker, AnalysesWhatIsSoundAndSaysWhyTheRestIsNot) {
  const auto random = make_secret(100'000);
  const auto call = place_.add(excerpt(), "電話.wav", "C-17");
  const auto copy = place_.add(excerpt(), "copy.wav");
  const auto noise = place_.add(random, "noise.wav");
  const auto bomb = place_.add("PK\x03\x04" + std::string(200'000, '\0'), "bomb.wav");
  const auto cut_off = place_.add(silence(2).substr(0, 20), "cut.wav");
  const auto events = place_.progress.subscribe([&](const ProgressEvent& e) { return e.recording == call; });
  const auto workers = place_.start();
  ASSERT_TRUE(place_.wait_for(call, State::analysed)) << reason(call);
  ASSERT_TRUE(place_.wait_for(copy, State::analysed)) << reason(copy);
  for (const auto& broken : {noise, bomb, cut_off}) {
    ASSERT_TRUE(place_.wait_for(broken, State::failed));
    EXPECT_FALSE(reason(broken).empty());
    EXPECT_EQ(place_.told(broken), 0);
  }

  const auto found = place_.find(call);
  EXPECT_TRUE(*found.harassment);
  EXPECT_GE(*found.score, 60);
  EXPECT_THAT(found.categories, Contains("dogeza_demand"));
  EXPECT_NEAR(*found.duration_s, 13.0, 0.1);
  EXPECT_GT(*found.loudness_lufs, -60.0);
  EXPECT_EQ(*found.silence_s, 0.0);
  EXPECT_EQ(found.grade, "finding");
  EXPECT_GT(*found.delete_after_ms, now_ms() + 364LL * 86'400'000);
  const auto report = place_.report_of(call);
  EXPECT_EQ(report.recording.name, "電話.wav");
  EXPECT_EQ(report.recording.counterpart, "C-17");
  EXPECT_FALSE(report.transcript.utterances.empty());
  EXPECT_FALSE(report.verdict.findings.at(0).label.en.empty());
  EXPECT_EQ(place_.told(call), 1);

  EXPECT_EQ(place_.count("SELECT COUNT(*) AS n FROM told WHERE recording = ? AND same_as = ?", {copy, call}),
            1);
  EXPECT_EQ(place_.report_of(copy).recording.name, "copy.wav");
  EXPECT_EQ(place_.report_of(copy).verdict.score, report.verdict.score);

  std::vector<std::string> states;
  while (const auto event = events->next(milliseconds(0))) states.push_back(event->state);
  EXPECT_EQ(states.front(), "analysing");
  EXPECT_EQ(states.back(), "analysed");
}

TEST_F(AWorker, JudgesByTheCompanysOwnRulesAndACopyIsNotOfOlderOnes) {
  const auto before = place_.add(excerpt(), "before.wav");
  {
    const auto workers = place_.start();
    ASSERT_TRUE(place_.wait_for(before, State::analysed)) << reason(before);
  }
  EXPECT_THAT(place_.find(before).categories, testing::Not(Contains("stalking")));
  place_.amendment.edition = 4;
  place_.amendment.rules =
      "rules:\n  - {id: own.a, category: stalking, severity: 70, over: reading, any: [どげざ], match: "
      "[土下座]}\n";
  const auto after = place_.add(excerpt(), "after.wav");
  const auto workers = place_.start();
  ASSERT_TRUE(place_.wait_for(after, State::analysed)) << reason(after);
  EXPECT_THAT(place_.find(after).categories, Contains("stalking"));
  EXPECT_THAT(place_.report_of(after).engine.policy_version, testing::EndsWith("+4"));
}

TEST_F(AWorker, SaysWhyWhereTheCompanysRulesDoNotFitAnyMore) {
  place_.amendment = {1, {}, "rules: [{id: own.a, category: gone, severity: 60, any: [x], match: [x]}]", {}};
  const auto id = place_.add(silence(1), "call.wav");
  const auto workers = place_.start();
  ASSERT_TRUE(place_.wait_for(id, State::failed));
  EXPECT_THAT(reason(id), HasSubstr("category does not exist"));
}

TEST_F(AWorker, HoldsWhatMayNotBeginAndGoesOnWithTheRest) {
  const auto held = place_.add(excerpt(), "held.wav");
  const auto broken = place_.add("RIFF", "broken.wav");
  place_.no_minutes_for = held;
  {
    const auto workers = place_.start();
    ASSERT_TRUE(place_.wait_for(broken, State::failed));
    ASSERT_TRUE(place_.wait_for(held, State::held));
  }
  EXPECT_EQ(reason(held), "no minutes left");
  EXPECT_EQ(place_.told(held), 0);
  place_.no_minutes_for.clear();
  test::must(*place_.database, [&](Transaction& t) { return place_.queue.release(t, "a"); });
  const auto workers = place_.start();
  EXPECT_TRUE(place_.wait_for(held, State::analysed)) << reason(held);
  EXPECT_EQ(place_.told(held), 1);
}

TEST_F(AWorker, SurvivesItsChildsDeathInTheMiddle) {
  const auto id = place_.add(excerpt(), "call.wav");
  const auto workers = place_.start();
  ASSERT_TRUE(place_.wait([&] { return !workers->children().empty(); }));
  const int child = workers->children()[0];
  ::kill(child, SIGKILL);
  ASSERT_TRUE(place_.wait([&] { return !workers->children().empty() && workers->children()[0] != child; }));
  EXPECT_THAT(reason(id), testing::AnyOf(HasSubstr("crashed"), ""));
  ASSERT_TRUE(place_.wait_for(id, State::analysed)) << reason(id);
  EXPECT_EQ(place_.told(id), 1);
}

TEST_F(AWorker, GivesUpOnAHangingChildAndGoesOn) {
  const auto id = place_.add(silence(1), "call.wav");
  WorkersOptions options;
  options.program = program("echo '{\"job\":\"\"}'\nexec sleep 1000\n");
  options.patience = milliseconds(50);
  const auto workers = place_.start(options);
  ASSERT_TRUE(place_.wait_for(id, State::failed));
  EXPECT_THAT(reason(id), HasSubstr("hung"));
}

TEST_F(AWorker, BelievesNothingAChildSays) {
  for (const std::string said :
       {"hello", "{\"job\":\"\",\"share\":\"much\"}", "{\"job\":\"\",\"result\":{\"report\":{}}}"}) {
    const auto id = place_.add(silence(1) + said, "call.wav");
    WorkersOptions options;
    options.program = program("echo '{\"job\":\"\"}'\nread order\necho '" + said + "'\nexec sleep 1000\n");
    const auto workers = place_.start(options);
    ASSERT_TRUE(place_.wait_for(id, State::failed)) << said;
    EXPECT_FALSE(reason(id).empty());
    EXPECT_EQ(place_.told(id), 0);
  }
}

TEST_F(AWorker, TellsItsChildNoSecretByEnvironmentOrCommandLine) {
  const auto id = place_.add(silence(1), "call.wav");
  ::setenv("GUARDIAN_MASTER_KEY", "a secret of the server", 1);
  WorkersOptions options;
  const auto seen = folder_.path() / "seen";
  options.program = program("(env; echo \"$@\") > " + seen.string() + "\nexit 3\n");
  const auto workers = place_.start(options);
  ASSERT_TRUE(place_.wait_for(id, State::failed));
  ::unsetenv("GUARDIAN_MASTER_KEY");
  EXPECT_THAT(reason(id), HasSubstr("exit code 3"));
  const auto told = *read_file(seen, 1U << 20U);
  EXPECT_THAT(told, HasSubstr("work --objects"));
  EXPECT_THAT(told, testing::Not(HasSubstr("secret")));
}

TEST_F(AWorker, NotesNothingOfAnAnalysisWhoseConsequencesFailed) {
  place_.refuse_consequences = true;
  const auto id = place_.add(silence(1), "call.wav");
  {
    const auto workers = place_.start();
    ASSERT_TRUE(place_.wait_for(id, State::failed));
  }
  EXPECT_EQ(place_.told(id), 0);
  EXPECT_FALSE(place_.find(id).report);
  EXPECT_THAT(reason(id), HasSubstr("the consequence failed"));

  place_.refuse_consequences = false;
  test::must(*place_.database, [&](Transaction& t) { return place_.queue.enqueue(t, "a", id).value(); });
  const auto workers = place_.start();
  ASSERT_TRUE(place_.wait_for(id, State::analysed));
  EXPECT_EQ(place_.told(id), 1);
}

TEST_F(AWorker, ReplacesTheReportWhenARecordingIsAnalysedAgainAndKnowsItsCounterpartsHistory) {
  std::vector<std::string> calls;
  calls.reserve(5);
  for (int i = 0; i < 5; ++i)
    calls.push_back(place_.add(silence(4 + i), "call" + std::to_string(i) + ".wav", "C-17",
                               Moment{std::chrono::sys_seconds(std::chrono::hours(i)), {}}));
  const auto workers = place_.start();
  for (const auto& id : calls) ASSERT_TRUE(place_.wait_for(id, State::analysed)) << reason(id);
  EXPECT_EQ(*place_.find(calls[0]).score, 0);
  EXPECT_TRUE(*place_.find(calls[4]).harassment) << "five silent calls within hours";

  const auto before = *place_.find(calls[0]).report;
  test::must(*place_.database,
             [&](Transaction& t) { return place_.queue.enqueue(t, "a", calls[0]).value(); });
  workers->wake();
  ASSERT_TRUE(place_.wait([&] { return *place_.find(calls[0]).report != before; }));
  EXPECT_EQ(place_.count("SELECT COUNT(*) AS n FROM told WHERE recording = ? AND again = 1", {calls[0]}), 1);
  ASSERT_TRUE(place_.wait([&] { return !place_.objects->has(before); }));
}

TEST_F(AWorker, HearsLongRecordingsTwiceQuicklyFirst) {
  const auto first = place_.add(silence(200), "first.wav");
  const auto second = place_.add(silence(201), "second.wav");
  const auto events = place_.progress.subscribe([&](const ProgressEvent& e) { return e.recording == first; });
  const auto workers = place_.start();
  ASSERT_TRUE(place_.wait_for(first, State::analysed)) << reason(first);
  ASSERT_TRUE(place_.wait_for(second, State::analysed)) << reason(second);
  EXPECT_EQ(events->next(milliseconds(0))->pass, Pass::quick);
  EXPECT_EQ(place_.count("SELECT expected_score AS n FROM recordings WHERE id = ?", {first}), 0);
  EXPECT_EQ(place_.told(first), 1);
  EXPECT_NEAR(*place_.find(first).silence_s, 200.0, 0.2);
}

TEST_F(AWorker, StopsACancelledAnalysis) {
  const auto id = place_.add(silence(1), "call.wav");
  WorkersOptions options;
  options.program = program("echo '{\"job\":\"\"}'\nexec sleep 1000\n");
  const auto workers = place_.start(options);
  ASSERT_TRUE(place_.wait_for(id, State::analysing));
  ASSERT_TRUE(place_.wait([&] { return !workers->children().empty(); }));
  ASSERT_TRUE(place_.database->write([&](Transaction& t) { return place_.queue.cancel(t, "a", id); }));
  ASSERT_TRUE(place_.wait([&] { return workers->children().empty(); }));
  EXPECT_EQ(place_.find(id).state, State::cancelled);
}

TEST(AServer, LosesNothingAndDoesNothingTwiceHoweverOftenItIsKilled) {
  constexpr int kRounds = 5;
  const guardian::test::TemporaryFolder folder;
  std::vector<std::string> ids;
  {
    Place place(folder.path());
    place.add_tenant();
    for (int i = 0; i < 40; ++i)
      ids.push_back(place.add(silence(1) + std::to_string(i), "call" + std::to_string(i) + ".wav"));
  }
  std::mt19937 chance(7);
  for (int round = 0; round < kRounds; ++round) {
    const pid_t server = ::fork();
    if (server == 0) {
      Place place(folder.path());
      const auto workers = place.start();
      for (;;) ::pause();
    }
    {
      // Opened after the fork: a database is not carried over into another process.
      Place seen(folder.path());
      const auto done = [&] { return seen.count("SELECT COUNT(*) AS n FROM told"); };
      const auto enough = done() + std::uniform_int_distribution<int>(0, 8)(chance);
      EXPECT_TRUE(seen.wait([&] { return done() >= enough; }));
    }
    std::this_thread::sleep_for(milliseconds(std::uniform_int_distribution<int>(0, 50)(chance)));
    ::kill(server, SIGKILL);
    ::waitpid(server, nullptr, 0);
  }
  Place place(folder.path());
  const auto workers = place.start();
  for (const auto& id : ids) {
    ASSERT_TRUE(place.wait_for(id, State::analysed));
    EXPECT_EQ(place.told(id), 1);
    EXPECT_TRUE(place.objects->has(*place.find(id).report));
  }
  EXPECT_EQ(place.count("SELECT COUNT(*) AS n FROM jobs WHERE state <> 'done'"), 0);
  // No report of a broken-off attempt is left behind.
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path() / "objects"))
    files += entry.is_regular_file() ? 1 : 0;
  EXPECT_EQ(files, 2 * ids.size());
}

TEST(AServer, ClearsAwayReportsThatACrashLeftBehind) {
  const guardian::test::TemporaryFolder folder;
  Place place(folder.path());
  place.add_tenant();
  const auto id = place.add(silence(1), "call.wav");
  {
    const auto workers = place.start();
    ASSERT_TRUE(place.wait_for(id, State::analysed));
  }
  const auto replaced = *place.find(id).report;
  // Analysed again, and killed between the new report's unit of work and the removal of the old one.
  const auto newer = make_id();
  ASSERT_TRUE(store::write_object(*place.objects, newer, object_key(place.keyring, "a"), "newer"));
  test::must(*place.database, [&](Transaction& t) {
    t.execute("UPDATE recordings SET report_id = ? WHERE id = ?", {newer, id});
    return true;
  });
  const auto workers = place.start();
  EXPECT_FALSE(place.objects->has(replaced));
  EXPECT_TRUE(place.objects->has(newer));
  EXPECT_TRUE(place.objects->has(place.find(id).object));
}

}  // namespace
}  // namespace guardian::archive
