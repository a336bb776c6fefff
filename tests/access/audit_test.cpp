#include "access/audit.h"

#include <gmock/gmock.h>

#include <thread>

#include "support.h"

namespace guardian::access {
namespace {

class TheAuditLog : public testing::Test {
 protected:
  TheAuditLog() {
    run([&](store::Transaction& t) {
      t.execute("INSERT INTO tenants (id, name, created_ms) VALUES ('a', 'x', 0)");
      keyring_.add_tenant(t, "a");
    });
  }
  template <class Work>
  void run(const Work& work) {
    const auto done = database_->write([&](store::Transaction& t) -> Result<void> {
      work(t);
      return {};
    });
    if (!done) throw std::runtime_error(describe(done.error(), Language::english));
  }
  static AuditEntry listening(const std::string& recording) {
    return {"a", "u1", "recording.listen", recording, "田中様の通話", "127.0.0.1"};
  }
  void note_three() {
    for (const char* recording : {"r1", "r2", "r3"}) ASSERT_TRUE(log_.note(listening(recording)));
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<store::Database> database_ =
      std::move(*store::open_embedded((folder_.path() / "guardian.db").string()));
  Key master_ = Key::random();
  Keyring keyring_ = std::move(*Keyring::open(*database_, master_));
  AuditLog log_{*database_, keyring_};
};

TEST_F(TheAuditLog, TellsNewestFirstWhoDidWhat) {
  note_three();
  const auto records = log_.list("a", "", 0, 2);
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 2U);
  EXPECT_EQ(records->front().number, 3);
  EXPECT_EQ(records->front().entry.subject, "r3");
  EXPECT_EQ(records->front().entry.details, "田中様の通話");
  EXPECT_EQ(log_.list("a", "", records->back().number, 10)->front().entry.subject, "r1");
  EXPECT_EQ(log_.list("a", "r2", 0, 10)->size(), 1U);
  EXPECT_TRUE(log_.list("b", "", 0, 10)->empty());
}

TEST_F(TheAuditLog, AnUntouchedChainIsWhole) {
  EXPECT_EQ(verify_audit(*database_, master_)->number, 0);
  note_three();
  const auto head = verify_audit(*database_, master_);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->number, 3);
  ASSERT_TRUE(log_.note(listening("r4")));
  EXPECT_TRUE(verify_audit(*database_, master_, *head));
}

TEST_F(TheAuditLog, EveryForgeryShows) {
  const std::vector<std::string> forgeries = {
      "UPDATE audit SET actor = 'u2' WHERE number = 2",
      "UPDATE audit SET at_ms = at_ms + 1 WHERE number = 1",
      "UPDATE audit SET action = 'recording.lis', subject = 'tenr3' WHERE number = 3",
      R"(UPDATE audit SET details_sealed = (SELECT details_sealed FROM audit WHERE number = 1) WHERE number = 2)",
      "DELETE FROM audit WHERE number = 2",
      "UPDATE audit SET hash = (SELECT hash FROM audit WHERE number = 1) WHERE number = 3"};
  for (const auto& forgery : forgeries) {
    run([](store::Transaction& t) { t.execute("DELETE FROM audit"); });
    note_three();
    run([&](store::Transaction& t) { t.execute(forgery); });
    EXPECT_EQ(verify_audit(*database_, master_).error().kind, Error::Kind::damaged) << forgery;
  }
}

TEST_F(TheAuditLog, ACutOffEndShowsAgainstAHeadNotedElsewhere) {
  note_three();
  const auto head = *verify_audit(*database_, master_);
  run([](store::Transaction& t) { t.execute("DELETE FROM audit WHERE number = 3"); });
  EXPECT_TRUE(verify_audit(*database_, master_));
  EXPECT_FALSE(verify_audit(*database_, master_, head));
}

TEST_F(TheAuditLog, AChangeAndItsEntryHappenTogetherOrNotAtAll) {
  EXPECT_FALSE(database_->write([&](store::Transaction& t) -> Result<void> {
    log_.add(t, listening("r1"));
    return fail(Error::Kind::usage, "x", {"", ""}, {"", ""});
  }));
  EXPECT_TRUE(log_.list("a", "", 0, 10)->empty());
}

TEST_F(TheAuditLog, ReadersAtOnceAreAllNoted) {
  std::vector<std::thread> readers;
  readers.reserve(50);
  for (int i = 0; i < 50; ++i)
    readers.emplace_back([&, i] { EXPECT_TRUE(log_.note(listening("r" + std::to_string(i)))); });
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(verify_audit(*database_, master_)->number, 50);
}

TEST_F(TheAuditLog, StaysOneChainWhenTheMasterKeyIsChanged) {
  note_three();
  const auto head = *verify_audit(*database_, master_);
  for (int changes = 0; changes < 2; ++changes) {
    const auto next = Key::random();
    ASSERT_TRUE(keyring_.change_master(next));
    EXPECT_EQ(verify_audit(*database_, master_).error().kind, Error::Kind::damaged);
    master_ = next;
    auto reopened = std::move(*Keyring::open(*database_, master_));
    ASSERT_TRUE(AuditLog(*database_, reopened).note(listening("r4")));
    EXPECT_TRUE(verify_audit(*database_, master_, head));
  }
}

}  // namespace
}  // namespace guardian::access
