#include "store/database.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "support.h"

namespace guardian::store {
namespace {

class TheDatabase : public testing::Test {
 protected:
  std::string path() const { return (folder_.path() / "guardian.db").string(); }
  std::unique_ptr<Database> open() {
    auto database = open_embedded(path());
    if (!database) throw std::runtime_error(describe(database.error(), Language::english));
    return std::move(*database);
  }
  static Result<void> add_tenant(Transaction& transaction, const std::string& id) {
    transaction.execute("INSERT INTO tenants (id, name, created_ms) VALUES (?, ?, ?)",
                        {id, std::string("店"), std::int64_t{1}});
    return {};
  }
  static std::int64_t count(Database& database) {
    return database
        .read([](Transaction& t) -> Result<std::int64_t> {
          return t.first("SELECT COUNT(*) AS n FROM tenants")->integer("n");
        })
        .value();
  }
  test::TemporaryFolder folder_;
};

TEST_F(TheDatabase, KeepsWhatWasWrittenAcrossOpening) {
  {
    const auto database = open();
    ASSERT_TRUE(database->write([](Transaction& t) { return add_tenant(t, "a"); }));
  }
  EXPECT_EQ(count(*open()), 1);
}

TEST_F(TheDatabase, AUnitThatFailsHasNotHappened) {
  const auto database = open();
  const auto failed = database->write([](Transaction& t) -> Result<void> {
    if (auto added = add_tenant(t, "a"); !added) return added;
    return fail(Error::Kind::usage, "x", {"だめ", "no"}, {"", ""});
  });
  EXPECT_EQ(failed.error().kind, Error::Kind::usage);
  const auto broken = database->write([](Transaction& t) -> Result<void> {
    if (auto added = add_tenant(t, "b"); !added) return added;
    t.execute("INSERT INTO no_such_table VALUES (1)");
    return {};
  });
  EXPECT_EQ(broken.error().kind, Error::Kind::storage);
  EXPECT_EQ(count(*database), 0);
}

TEST_F(TheDatabase, ReadingCannotChangeAnything) {
  const auto database = open();
  EXPECT_FALSE(database->read([](Transaction& t) { return add_tenant(t, "a"); }));
  EXPECT_EQ(count(*database), 0);
}

TEST_F(TheDatabase, ValuesComeBackAsTheyWere) {
  const auto database = open();
  const std::string zero("a\0b", 3);
  const auto row = database->read([&](Transaction& t) -> Result<Row> {
    return *t.first("SELECT ? AS whole, ? AS share, ? AS words, ? AS bytes, ? AS absent_value",
                    {std::int64_t{1} << 60, 0.5, std::string("土下座"), Blob{zero}, nullptr});
  });
  ASSERT_TRUE(row);
  EXPECT_EQ(row->integer("whole"), std::int64_t{1} << 60);
  EXPECT_EQ(row->real("share"), 0.5);
  EXPECT_EQ(row->text("words"), "土下座");
  EXPECT_EQ(row->bytes("bytes"), zero);
  EXPECT_EQ(row->text_if("absent_value"), std::nullopt);
  EXPECT_THROW(row->integer("words"), Fault);
  EXPECT_THROW(row->text("absent"), Fault);
}

TEST_F(TheDatabase, ReadersSeeTheLastFinishedUnitWhileAnotherIsWritten) {
  const auto database = open();
  ASSERT_TRUE(database->write([&](Transaction& t) -> Result<void> {
    if (auto added = add_tenant(t, "a"); !added) return added;
    std::thread([&] { EXPECT_EQ(count(*database), 0); }).join();
    return {};
  }));
  EXPECT_EQ(count(*database), 1);
}

TEST_F(TheDatabase, WritersFromManyThreadsAllCount) {
  const auto database = open();
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int thread = 0; thread < 8; ++thread)
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 10; ++i)
        EXPECT_TRUE(database->write(
            [&](Transaction& t) { return add_tenant(t, std::to_string(thread) + "-" + std::to_string(i)); }));
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count(*database), 80);
}

TEST_F(TheDatabase, WhatWasAcknowledgedSurvivesAKilledProcess) {
  ASSERT_EQ(count(*open()), 0);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto database = open();
    for (char i = 0;; ++i) {
      if (!database->write([&](Transaction& t) { return add_tenant(t, std::to_string(i)); })) ::_exit(1);
      if (::write(ends[1], &i, 1) != 1) ::_exit(1);
    }
  }
  char last = 0;
  while (last < 20) ASSERT_EQ(::read(ends[0], &last, 1), 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_GE(count(*open()), 21);
}

TEST_F(TheDatabase, ACopyIsWholeAndOpens) {
  const auto database = open();
  ASSERT_TRUE(database->write([](Transaction& t) { return add_tenant(t, "a"); }));
  const auto copy = (folder_.path() / "copy.db").string();
  ASSERT_TRUE(database->copy_to(copy));
  EXPECT_EQ(count(**open_embedded(copy)), 1);
}

TEST_F(TheDatabase, RefusesFilesThatAreNotOurs) {
  std::ofstream(path())
      << "this is no database, only some text that is longer than a header of a hundred bytes........";
  EXPECT_EQ(open_embedded(path()).error().kind, Error::Kind::damaged);
  const auto folder = (folder_.path() / "nowhere" / "guardian.db").string();
  EXPECT_EQ(open_embedded(folder).error().kind, Error::Kind::storage);
}

}  // namespace
}  // namespace guardian::store
