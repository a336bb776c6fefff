#include "archive/uploads.h"

#include <gmock/gmock.h>
#include <sodium.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <future>
#include <random>
#include <thread>

#include "base/file.h"
#include "base/id.h"
#include "support.h"

namespace guardian::archive {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr std::size_t kMebibyte = 1U << 20U;

std::string made_up(std::size_t size, unsigned char seed = 1) {
  std::string bytes(size, '\0');
  std::array<unsigned char, randombytes_SEEDBYTES> start{};
  start[0] = seed;
  randombytes_buf_deterministic(bytes.data(), bytes.size(), start.data());
  return bytes;
}

/// Sends `bytes`, then ends, or breaks where a connection was cut.
ByteStream sending(std::string bytes, bool cut = false) {
  auto rest = std::make_shared<std::string>(std::move(bytes));
  return [rest, cut](std::span<char> into) -> Result<std::size_t> {
    if (rest->empty() && cut)
      return fail(Error::Kind::network, "body", {"切れました", "the client went away"}, {"", ""});
    const auto taken = rest->copy(into.data(), into.size());
    rest->erase(0, taken);
    return taken;
  };
}

access::Caller caller_of(const std::string& tenant, const std::string& id) {
  access::Caller caller;
  caller.tenant = tenant;
  caller.id = id;
  caller.reach = access::Reach::tenant;
  return caller;
}

/// A server's store in a folder: can be opened again, also by another process.
struct Place {
  explicit Place(const std::filesystem::path& folder, UploadOptions options = {})
      : database(std::move(*store::open_embedded((folder / "guardian.db").string()))),
        objects(std::move(*store::open_folder(folder / "objects"))),
        keyring(
            std::move(*access::Keyring::open(*database, *access::load_master_key(folder / "master.key")))) {
    options.enqueue = [](store::Transaction& t, const std::string& tenant,
                         const std::string& recording) -> Result<void> {
      t.execute(
          "INSERT INTO jobs (id, tenant_id, recording_id, kind, state, created_ms) "
          "VALUES (?, ?, ?, 'quick', 'waiting', 0)",
          {make_id(), tenant, recording});
      return {};
    };
    uploads = std::make_unique<Uploads>(*database, *objects, keyring, std::move(options));
  }

  void add_tenant(const std::string& tenant) {
    const auto added = database->write([&](store::Transaction& t) -> Result<void> {
      t.execute("INSERT INTO tenants (id, name, created_ms) VALUES (?, 'x', 0)", {tenant});
      t.execute("INSERT INTO groups (id, tenant_id, name) VALUES (?, ?, 'front')", {tenant + "-g", tenant});
      t.execute("INSERT INTO employees (id, tenant_id, group_id, code, name) VALUES (?, ?, ?, 'E1', 'x')",
                {tenant + "-e1", tenant, tenant + "-g"});
      t.execute("INSERT INTO employees (id, tenant_id, code, name) VALUES (?, ?, 'E2', 'x')",
                {tenant + "-e2", tenant});
      keyring.add_tenant(t, tenant);
      return {};
    });
    if (!added) throw std::runtime_error("no tenant");
  }

  std::vector<Recording> recordings(const access::Caller& caller, const RecordingFilter& filter = {}) {
    return database->read([&](store::Transaction& t) { return list_recordings(t, keyring, caller, filter); })
        .value();
  }
  std::string bytes_of(const Recording& recording) {
    return store::read_object(*objects, recording.object, object_keys(keyring, recording.tenant), 1ULL << 30U)
        .value();
  }
  std::int64_t count(const std::string& sql) {
    return database
        ->read([&](store::Transaction& t) -> Result<std::int64_t> { return t.first(sql)->integer("n"); })
        .value();
  }

  std::unique_ptr<store::Database> database;
  std::unique_ptr<store::ObjectStore> objects;
  access::Keyring keyring;
  std::unique_ptr<Uploads> uploads;
};

class AnUpload : public testing::Test {
 protected:
  AnUpload() { reopen(), place_->add_tenant("a"), place_->add_tenant("b"); }
  void reopen(UploadOptions options = {}) {
    place_.reset();
    place_.emplace(folder_.path(), std::move(options));
    if (!place_->uploads->recover()) throw std::runtime_error("no recovery");
  }
  Uploads& uploads() { return *place_->uploads; }
  std::size_t files() const {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path() / "objects"))
      files += entry.is_regular_file() ? 1 : 0;
    return files;
  }
  Upload upload(const access::Caller& caller, const std::string& bytes, const UploadDetails& details = {}) {
    const auto created = uploads().create(caller, bytes.size(), details);
    if (!created) throw std::runtime_error(created.error().what.en);
    return uploads().append(caller, created->id, 0, sending(bytes)).value();
  }

  test::TemporaryFolder folder_;
  std::optional<Place> place_;
  access::Caller anna_ = caller_of("a", "anna");
};

UploadDetails details_from(const DetailFields& fields) { return parse_details(fields).value(); }

TEST_F(AnUpload, BecomesARecordingWithAJobAndWhatWasTold) {
  const auto bytes = made_up(3 * kMebibyte + 17);
  const auto done = upload(anna_, bytes,
                           details_from({{"filename", "田中様 ../../etc/passwd\n.wav"},
                                         {"filetype", "Audio/WAV; codecs=1"},
                                         {"employee", "E1"},
                                         {"counterpart", "customer 7"},
                                         {"direction", "inbound"},
                                         {"started_at", "2026-11-24T12:04:05+09:00"},
                                         {"customer_channel", "right"}}));
  EXPECT_TRUE(done.finished);
  ASSERT_THAT(place_->recordings(anna_), SizeIs(1));
  const auto recording = place_->recordings(anna_)[0];
  EXPECT_EQ(recording.id, done.id);
  EXPECT_EQ(recording.name, "田中様 ../../etc/passwd\n.wav");
  EXPECT_EQ(recording.bytes, static_cast<std::int64_t>(bytes.size()));
  EXPECT_EQ(recording.employee, "a-e1");
  EXPECT_EQ(recording.group, "a-g");
  EXPECT_EQ(recording.counterpart, "customer 7");
  EXPECT_EQ(recording.direction, "inbound");
  EXPECT_EQ(format_rfc3339(*recording.started), "2026-11-24T12:04:05+09:00");
  EXPECT_EQ(recording.customer_channel, 1);
  EXPECT_EQ(recording.uploaded_by, "anna");
  EXPECT_EQ(recording.state, State::waiting);
  EXPECT_EQ(place_->bytes_of(recording), bytes);
  EXPECT_EQ(place_->count("SELECT COUNT(*) AS n FROM jobs WHERE state = 'waiting'"), 1);
  RecordingFilter filter;
  filter.counterpart = "customer 7";
  EXPECT_THAT(place_->recordings(anna_, filter), SizeIs(1));
  filter.counterpart = "customer 8";
  EXPECT_THAT(place_->recordings(anna_, filter), SizeIs(0));
}

TEST_F(AnUpload, GoesOnAfterACutAndARestartWithPiecesOfAnySize) {
  const auto bytes = made_up(2 * kMebibyte + 300);
  const auto id = uploads().create(anna_, bytes.size(), {})->id;
  for (const std::size_t next : {std::size_t{1}, kMebibyte - 1, kMebibyte + 5, bytes.size()}) {
    const auto done = uploads().find(anna_, id)->done;
    const bool last = next == bytes.size();
    const auto taken = uploads().append(anna_, id, done, sending(bytes.substr(done, next - done), !last));
    EXPECT_EQ(taken.has_value(), last);
    EXPECT_EQ(uploads().find(anna_, id)->done, next);
    reopen();
  }
  EXPECT_EQ(place_->bytes_of(place_->recordings(anna_).at(0)), bytes);
  EXPECT_TRUE(uploads().find(anna_, id)->finished);
}

TEST_F(AnUpload, OfKnownBytesSharesTheEarlierOnesObject) {
  const auto bytes = made_up(100);
  const auto first = upload(anna_, bytes);
  const auto second = upload(anna_, bytes);
  const auto other = upload(caller_of("b", "ben"), bytes);
  const auto recordings = place_->recordings(anna_);
  ASSERT_THAT(recordings, SizeIs(2));
  EXPECT_EQ(recordings[0].id, second.id);
  EXPECT_EQ(recordings[0].same_as, first.id);
  EXPECT_EQ(recordings[0].object, first.id);
  EXPECT_EQ(place_->bytes_of(recordings[0]), bytes);
  EXPECT_FALSE(place_->recordings(caller_of("b", "ben"))[0].same_as);
  EXPECT_EQ(files(), 2U);
}

TEST_F(AnUpload, ToldOnlyAtItsEndIsFinishedByItsSender) {
  const auto bytes = made_up(9 * kMebibyte);
  const auto id = uploads().create(anna_, std::nullopt, {})->id;
  const auto taken = uploads().append(anna_, id, 0, sending(bytes));
  EXPECT_EQ(taken->done, bytes.size());
  EXPECT_FALSE(taken->finished);
  EXPECT_EQ(uploads().finish(anna_, id, details_from({{"employee", "nobody"}})).error().subject, "employee");
  ASSERT_TRUE(uploads().finish(anna_, id, details_from({{"filename", "x"}, {"employee", "E2"}})));
  EXPECT_EQ(place_->recordings(anna_).at(0).employee, "a-e2");
  EXPECT_EQ(place_->bytes_of(place_->recordings(anna_).at(0)), bytes);
}

TEST_F(AnUpload, RefusesWhatDoesNotFit) {
  UploadOptions options;
  options.most_bytes = 1000;
  reopen(std::move(options));
  EXPECT_EQ(uploads().create(anna_, 1001, {}).error().kind, Error::Kind::too_large);
  EXPECT_EQ(uploads().create(anna_, 0, {}).error().kind, Error::Kind::usage);
  const auto id = uploads().create(anna_, 10, {})->id;
  EXPECT_EQ(uploads().append(anna_, id, 0, sending(made_up(11))).error().kind, Error::Kind::too_large);
  EXPECT_EQ(uploads().append(anna_, id, 5, sending(made_up(5))).error().kind, Error::Kind::conflict);
  EXPECT_EQ(uploads().append(anna_, make_id(), 0, sending("x")).error().kind, Error::Kind::not_found);
  const auto endless = uploads().create(anna_, std::nullopt, {})->id;
  EXPECT_EQ(uploads().append(anna_, endless, 0, sending(made_up(1001))).error().kind, Error::Kind::too_large);
  EXPECT_THAT(place_->recordings(anna_), SizeIs(0));
}

TEST_F(AnUpload, WithAWrongChecksumDoesNotCount) {
  const auto id = uploads().create(anna_, 10, {})->id;
  std::string seen;
  Checksum checksum{[&](std::string_view piece) { seen += piece; }, [&] { return seen == "0123456789"; }};
  EXPECT_EQ(uploads().append(anna_, id, 0, sending("012345678x"), &checksum).error().kind,
            Error::Kind::damaged);
  EXPECT_EQ(uploads().find(anna_, id)->done, 0U);
  seen.clear();
  EXPECT_TRUE(uploads().append(anna_, id, 0, sending("0123456789"), &checksum)->finished);
}

TEST_F(AnUpload, IsItsCallersAlone) {
  const auto id = uploads().create(anna_, 10, {})->id;
  for (const auto& other : {caller_of("a", "ben"), caller_of("b", "anna")}) {
    EXPECT_EQ(uploads().find(other, id).error().kind, Error::Kind::not_found);
    EXPECT_EQ(uploads().append(other, id, 0, sending("x")).error().kind, Error::Kind::not_found);
    EXPECT_EQ(uploads().finish(other, id, {}).error().kind, Error::Kind::not_found);
    EXPECT_EQ(uploads().abandon(other, id).error().kind, Error::Kind::not_found);
  }
}

TEST_F(AnUpload, OfTwoRequestsAtOnceTheSecondIsRefused) {
  const auto id = uploads().create(anna_, 10, {})->id;
  std::promise<void> reading;
  std::promise<void> go_on;
  auto first = std::async(std::launch::async, [&] {
    bool told = false;
    return uploads().append(anna_, id, 0, [&](std::span<char>) -> Result<std::size_t> {
      if (!std::exchange(told, true)) reading.set_value(), go_on.get_future().wait();
      return 0;
    });
  });
  reading.get_future().wait();
  EXPECT_EQ(uploads().append(anna_, id, 0, sending("x")).error().kind, Error::Kind::conflict);
  EXPECT_EQ(uploads().abandon(anna_, id).error().kind, Error::Kind::conflict);
  go_on.set_value();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(uploads().append(anna_, id, 0, sending("0123456789"))->finished);
}

TEST_F(AnUpload, ThatNobodyTouchesIsRemovedAndARecordingStays) {
  upload(anna_, made_up(100));
  const auto id = uploads().create(anna_, 10, {})->id;
  ASSERT_TRUE(uploads().append(anna_, id, 0, sending("01234")));
  EXPECT_EQ(*uploads().expire(now_ms()), 0);
  EXPECT_EQ(*uploads().expire(now_ms() + 25 * 3'600'000LL), 2);
  EXPECT_EQ(uploads().find(anna_, id).error().kind, Error::Kind::not_found);
  ASSERT_THAT(place_->recordings(anna_), SizeIs(1));
  EXPECT_EQ(place_->bytes_of(place_->recordings(anna_)[0]), made_up(100));
  EXPECT_EQ(files(), 1U);
}

TEST_F(AnUpload, GivenUpLeavesNothing) {
  const auto id = uploads().create(anna_, 3 * kMebibyte, {})->id;
  ASSERT_TRUE(uploads().append(anna_, id, 0, sending(made_up(2 * kMebibyte))));
  EXPECT_EQ(files(), 1U);
  EXPECT_TRUE(uploads().abandon(anna_, id));
  EXPECT_EQ(files(), 0U);
  EXPECT_EQ(place_->count("SELECT COUNT(*) AS n FROM uploads"), 0);
}

TEST_F(AnUpload, OfAnEmployeeIsAlwaysOfOwnCalls) {
  auto employee = anna_;
  employee.reach = access::Reach::own;
  employee.employee = "a-e1";
  upload(employee, made_up(10));
  EXPECT_EQ(place_->recordings(employee).at(0).employee, "a-e1");
  EXPECT_EQ(uploads().create(employee, 10, details_from({{"employee", "E2"}})).error().kind,
            Error::Kind::forbidden);
  auto manager = anna_;
  manager.reach = access::Reach::group;
  manager.group = "a-g";
  EXPECT_TRUE(uploads().create(manager, 10, details_from({{"employee", "E1"}})));
  EXPECT_EQ(uploads().create(manager, 10, details_from({{"employee", "E2"}})).error().kind,
            Error::Kind::usage);
}

TEST_F(AnUpload, RecordingsAreSeenWithinReachOnly) {
  upload(anna_, made_up(10, 1), details_from({{"employee", "E1"}}));
  upload(anna_, made_up(10, 2), details_from({{"employee", "E2"}}));
  const auto reaching = [&](access::Reach reach, const char* employee, const char* group) {
    auto caller = anna_;
    caller.reach = reach;
    if (*employee != '\0') caller.employee = employee;
    if (*group != '\0') caller.group = group;
    return place_->recordings(caller).size();
  };
  EXPECT_EQ(reaching(access::Reach::tenant, "", ""), 2U);
  EXPECT_EQ(reaching(access::Reach::group, "", "a-g"), 1U);
  EXPECT_EQ(reaching(access::Reach::own, "a-e2", ""), 1U);
  EXPECT_EQ(reaching(access::Reach::own, "", ""), 0U);
  EXPECT_EQ(reaching(access::Reach::group, "", ""), 0U);
  EXPECT_EQ(reaching(access::Reach::none, "a-e1", "a-g"), 0U);
  EXPECT_EQ(place_->recordings(caller_of("b", "anna")).size(), 0U);
}

TEST_F(AnUpload, IsRefusedWhereTheServersEstimateSaysSo) {
  UploadOptions options;
  options.estimate = [](store::Transaction&, const std::string&, std::optional<std::uint64_t> bytes,
                        const std::string&) -> Result<void> {
    if (bytes < 100U) return {};
    return fail(Error::Kind::too_large, "minutes", {"分数が足りません", "no minutes left"}, {"", ""});
  };
  reopen(std::move(options));
  EXPECT_TRUE(uploads().create(anna_, 99, {}));
  EXPECT_EQ(uploads().create(anna_, 100, {}).error().subject, "minutes");
}

TEST_F(AnUpload, ADiskTellsNeitherNameNorBytes) {
  upload(anna_, "土下座しろ" + made_up(100),
         details_from({{"filename", "himitsu.wav"}, {"counterpart", "customer-7"}}));
  const auto id = uploads().create(anna_, 100, details_from({{"filename", "himitsu.wav"}}))->id;
  ASSERT_TRUE(uploads().append(anna_, id, 0, sending("土下座しろ")));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
    if (!entry.is_regular_file()) continue;
    const auto bytes = *read_file(entry.path(), 1U << 28U);
    EXPECT_THAT(bytes, Not(HasSubstr("土下座"))) << entry.path();
    EXPECT_THAT(bytes, Not(HasSubstr("himitsu"))) << entry.path();
    EXPECT_THAT(bytes, Not(HasSubstr("customer-7"))) << entry.path();
  }
}

TEST(UploadDetails, SayWhichFieldIsWrong) {
  const auto subject = [](const std::string& name, const std::string& value) {
    return parse_details({{name, value}}).error().subject;
  };
  EXPECT_EQ(subject("direction", "sideways"), "direction");
  EXPECT_EQ(subject("started_at", "yesterday"), "started_at");
  EXPECT_EQ(subject("customer_channel", "2"), "customer_channel");
  EXPECT_EQ(subject("filetype", "application/pdf"), "filetype");
  EXPECT_EQ(subject("filename", "\xff"), "filename");
  EXPECT_EQ(subject("filename", std::string(2000, 'x')), "filename");
  EXPECT_EQ(subject("employee", "E1\r\nX: y"), "employee");
  EXPECT_EQ(subject("color", "red"), "color");
  EXPECT_TRUE(parse_details({{"employee", ""}, {"direction", ""}, {"filetype", ""}}));
}

/// The child uploads until it is killed, and tells after each acknowledged step how far it is.
[[noreturn]] void upload_until_killed(const std::filesystem::path& folder, const std::string& bytes,
                                      int tell) {
  UploadOptions options;
  options.part_bytes = 300'000;
  Place place(folder, std::move(options));
  const auto anna = caller_of("a", "anna");
  if (!place.uploads->recover()) ::_exit(1);
  std::string id;
  const auto say = [&](std::uint64_t done) {
    std::array<char, 64> line{};
    id.copy(line.data(), 36);
    std::snprintf(line.data() + 36, 28, " %llu", static_cast<unsigned long long>(done));
    return ::write(tell, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  };
  for (unsigned char seed = 0;; ++seed) {
    auto mine = bytes;
    mine[0] = static_cast<char>(seed % 2);  // every third file comes twice
    const auto created = place.uploads->create(anna, mine.size(), {});
    if (!created) ::_exit(2);
    id = created->id;
    say(0);
    for (std::uint64_t done = 0; done < mine.size();) {
      const auto taken = place.uploads->append(anna, id, done, sending(mine.substr(done, 700'000)));
      if (!taken) ::_exit(3);
      done = taken->done;
      say(done);
    }
  }
}

TEST_F(AnUpload, AcknowledgedIsNeverLostWhateverMomentTheServerIsKilled) {
  auto bytes = made_up(1'500'000);
  bytes[0] = 0;
  place_.reset();
  std::mt19937 random(7);
  std::map<std::string, std::uint64_t> told;
  for (int round = 0; round < 12; ++round) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const auto child = ::fork();
    if (child == 0) upload_until_killed(folder_.path(), bytes, pipe[1]);
    ::close(pipe[1]);
    std::array<char, 64> line{};
    for (unsigned lines = 1 + random() % 6; lines > 0; --lines) {  // then some moment after that
      ASSERT_EQ(::read(pipe[0], line.data(), line.size()), static_cast<ssize_t>(line.size()));
      told[std::string(line.data(), 36)] = std::strtoull(line.data() + 36, nullptr, 10);
    }
    ::usleep(static_cast<useconds_t>(random() % 20'000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (::read(pipe[0], line.data(), line.size()) == static_cast<ssize_t>(line.size()))
      told[std::string(line.data(), 36)] = std::strtoull(line.data() + 36, nullptr, 10);
    ::close(pipe[0]);
  }
  reopen();
  for (const auto& [id, done] : told) {
    const auto upload = uploads().find(anna_, id);
    ASSERT_TRUE(upload) << id;
    EXPECT_GE(upload->done, done) << id;
    if (upload->finished) continue;
    auto rest = bytes.substr(upload->done);
    ASSERT_TRUE(uploads().append(anna_, id, upload->done, sending(rest)).value().finished) << id;
  }
  RecordingFilter all;
  all.limit = 1000;
  for (const auto& recording : place_->recordings(anna_, all)) {
    ASSERT_EQ(place_->bytes_of(recording).substr(1), bytes.substr(1)) << recording.id;
    EXPECT_EQ(told.count(recording.id), 1U);
  }
  EXPECT_EQ(place_->count("SELECT COUNT(*) AS n FROM jobs"),
            place_->count("SELECT COUNT(*) AS n FROM recordings"));
  EXPECT_EQ(place_->count("SELECT COUNT(*) AS n FROM recordings"), static_cast<std::int64_t>(told.size()));
  ASSERT_TRUE(uploads().expire(now_ms() + 25 * 3'600'000LL));
  EXPECT_EQ(files(), 2U);  // of two different contents
}

}  // namespace
}  // namespace guardian::archive
