// How recordings go: in their time, at a wish, never under hold, and with a proof.
#include "archive/retention.h"

#include <gmock/gmock.h>

#include "archive/certificate.h"
#include "archive/recordings.h"
#include "store_support.h"

namespace guardian::archive {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kDay_ms = 86'400'000;
constexpr std::int64_t kNow_ms = 1000 * kDay_ms;

class Keeping : public testing::Test {
 protected:
  Keeping() {
    test::must(*database_, [&](store::Transaction& t) {
      test::add_tenant(t, "a");
      keyring_.add_tenant(t, "a");
      return true;
    });
    caller_.tenant = "a";
    caller_.id = "u1";
    caller_.reach = access::Reach::tenant;
  }

  bool write_bytes(const std::string& object) {
    return store::write_object(*objects_, object, object_key(keyring_, "a"), "sound").has_value();
  }

  /// Analysed, with its files.
  Recording add(std::int64_t delete_after_ms, const std::string& content = make_id()) {
    Recording recording;
    recording.id = make_id();
    recording.tenant = "a";
    recording.name = "田中.wav";
    recording.object = make_id();
    recording.bytes = 5;
    recording.content = content;
    recording.counterpart = "C-17";
    recording.uploaded_ms = kNow_ms - 100 * kDay_ms;
    recording.report = make_id();
    test::must(*database_, [&](store::Transaction& t) {
      insert_recording(t, keyring_, recording);
      return t.execute(
          "UPDATE recordings SET state = 'analysed', score = 80, categories = ' threat ', report_id = ?, "
          "delete_after_ms = ? WHERE id = ?",
          {*recording.report, delete_after_ms, recording.id});
    });
    if (!recording.same_as) {
      EXPECT_TRUE(write_bytes(recording.object));
    }
    EXPECT_TRUE(write_bytes(*recording.report));
    return recording;
  }
  bool is_gone(const Recording& recording) {
    return !objects_->has(*recording.report) && test::state_of(*database_, recording.id) == "deleted";
  }
  std::int64_t number(const std::string& sql, const std::string& id) {
    return test::must(*database_, [&](store::Transaction& t) { return t.first(sql, {id})->integer("n"); });
  }

  guardian::test::TemporaryFolder folder_;
  std::unique_ptr<store::Database> database_ =
      std::move(*store::open_embedded((folder_.path() / "guardian.db").string()));
  std::unique_ptr<store::ObjectStore> objects_ = std::move(*store::open_folder(folder_.path() / "objects"));
  Key master_ = Key::random();
  access::Keyring keyring_ = std::move(*access::Keyring::open(*database_, master_));
  access::AuditLog audit_{*database_, keyring_};
  Queue queue_;
  std::vector<std::string> forgotten_;
  Retention retention_{{*database_,
                        *objects_,
                        keyring_,
                        audit_,
                        queue_,
                        {[this](store::Transaction&, const std::string&, const std::string& recording) {
                          forgotten_.push_back(recording);
                        }}},
                       {}};
  access::Caller caller_;
};

TEST_F(Keeping, WhatIsDueGoesAndNothingElse) {
  const auto due = add(kNow_ms);
  const auto later = add(kNow_ms + 1);
  EXPECT_EQ(*retention_.sweep(kNow_ms), 1);
  EXPECT_TRUE(is_gone(due));
  EXPECT_FALSE(objects_->has(due.object));
  EXPECT_EQ(test::state_of(*database_, later.id), "analysed");
  EXPECT_TRUE(objects_->has(later.object));
  EXPECT_THAT(forgotten_, testing::ElementsAre(due.id));
  EXPECT_EQ(*retention_.sweep(kNow_ms), 0);
}

TEST_F(Keeping, WhatWasNeverAnalysedGoesWithOrdinaryOnesButNotWhileItWaits) {
  const auto recording = add(kNow_ms);
  const auto set_state_to = [&](const std::string& state) {
    test::must(*database_, [&](store::Transaction& t) {
      return t.execute("UPDATE recordings SET state = ?, delete_after_ms = NULL WHERE id = ?",
                       {state, recording.id});
    });
  };
  for (const char* state : {"waiting", "held", "analysing"}) {
    set_state_to(state);
    EXPECT_EQ(*retention_.sweep(kNow_ms), 0) << state;
  }
  set_state_to("failed");
  EXPECT_EQ(*retention_.sweep(kNow_ms - 11 * kDay_ms), 0);
  EXPECT_EQ(*retention_.sweep(kNow_ms - 10 * kDay_ms), 1);
}

TEST_F(Keeping, NothingToldOrFoundStaysInTheRow) {
  const auto recording = add(kNow_ms);
  ASSERT_TRUE(retention_.sweep(kNow_ms));
  const auto row = test::must(*database_, [&](store::Transaction& t) {
    return *t.first("SELECT * FROM recordings WHERE id = ?", {recording.id});
  });
  EXPECT_EQ(row.bytes("name_sealed"), "");
  for (const char* column : {"counterpart", "counterpart_sealed", "score", "categories", "report_id"})
    EXPECT_TRUE(row.is_null(column)) << column;
  EXPECT_EQ(row.text("sha256"), recording.content);
}

TEST_F(Keeping, AHigherGradeKeepsLongerAndIsNotLost) {
  const auto recording = add(kNow_ms);
  const auto raise = [&](Grade grade, std::int64_t at_ms) {
    test::must(*database_, [&](store::Transaction& t) {
      raise_grade(t, "a", recording.id, grade, KeepingDays{}, at_ms);
      return true;
    });
  };
  raise(Grade::case_file, kNow_ms);
  raise(Grade::finding, kNow_ms + kDay_ms);
  EXPECT_EQ(*retention_.sweep(kNow_ms + 1824 * kDay_ms), 0);
  EXPECT_EQ(*retention_.sweep(kNow_ms + 1825 * kDay_ms), 1);
}

TEST_F(Keeping, UnderLegalHoldNeitherTimeNorWishDeletes) {
  const auto recording = add(kNow_ms);
  EXPECT_EQ(retention_.set_hold(caller_, recording.id, {true, ""}, "").error().kind, Error::Kind::usage);
  ASSERT_TRUE(retention_.set_hold(caller_, recording.id, {true, "訴訟 12 号"}, ""));
  EXPECT_EQ(retention_.hold_of(caller_, recording.id)->reason, "訴訟 12 号");
  EXPECT_EQ(*retention_.sweep(kNow_ms), 0);
  EXPECT_EQ(retention_.remove(caller_, recording.id, "", "").error().kind, Error::Kind::conflict);
  EXPECT_TRUE(objects_->has(recording.object));
  ASSERT_TRUE(retention_.set_hold(caller_, recording.id, {false, "終結"}, ""));
  EXPECT_EQ(*retention_.sweep(kNow_ms), 1);
  EXPECT_THAT(audit_.list("a", recording.id, 0, 10)->back().entry.details, HasSubstr("訴訟 12 号"));
}

TEST_F(Keeping, OthersCannotDeleteOrHold) {
  const auto recording = add(kNow_ms + kDay_ms);
  auto stranger = caller_;
  stranger.tenant = "b";
  auto manager = caller_;
  manager.reach = access::Reach::group;
  manager.group = "g";
  for (const auto& other : {stranger, manager}) {
    EXPECT_EQ(retention_.remove(other, recording.id, "", "").error().kind, Error::Kind::not_found);
    EXPECT_EQ(retention_.set_hold(other, recording.id, {true, "x"}, "").error().kind, Error::Kind::not_found);
    EXPECT_EQ(retention_.certificate(other, recording.id).error().kind, Error::Kind::not_found);
  }
  EXPECT_EQ(retention_.remove(caller_, "../x", "", "").error().kind, Error::Kind::not_found);
}

TEST_F(Keeping, AWishEndsTheWorkOnIt) {
  auto recording = add(kNow_ms);
  test::must(*database_, [&](store::Transaction& t) { return *queue_.enqueue(t, "a", recording.id); });
  ASSERT_TRUE(retention_.remove(caller_, recording.id, "本人の求め", "127.0.0.1"));
  EXPECT_TRUE(is_gone(recording));
  EXPECT_EQ(
      number("SELECT COUNT(*) AS n FROM jobs WHERE recording_id = ? AND state = 'waiting'", recording.id), 0);
  EXPECT_EQ(retention_.remove(caller_, recording.id, "", "").error().kind, Error::Kind::not_found);
}

TEST_F(Keeping, SharedBytesGoWithTheLastWhoHasThem) {
  const auto first = add(kNow_ms, "same");
  const auto copy = add(kNow_ms + kDay_ms, "same");
  ASSERT_EQ(copy.object, first.object);
  EXPECT_EQ(*retention_.sweep(kNow_ms), 1);
  EXPECT_TRUE(objects_->has(first.object));
  EXPECT_THAT(*retention_.certificate(caller_, first.id), HasSubstr("\"removed\": false"));
  EXPECT_EQ(*retention_.sweep(kNow_ms + kDay_ms), 1);
  EXPECT_FALSE(objects_->has(first.object));
}

TEST_F(Keeping, TheNextSweepFinishesWhatACrashLeft) {
  const auto recording = add(kNow_ms);
  // The first step happened, and of the second a part.
  test::must(*database_, [&](store::Transaction& t) {
    t.execute("UPDATE recordings SET state = 'deleted', deleted_ms = 1 WHERE id = ?", {recording.id});
    t.execute(
        "INSERT INTO deletions (recording_id, tenant_id, cause, actor, started_ms) VALUES (?, 'a', "
        "'request', 'u', 1)",
        {recording.id});
    for (const auto& object : {recording.object, *recording.report})
      t.execute(
          "INSERT INTO deletion_objects (recording_id, object_id, kind, shared) VALUES (?, ?, 'sound', 0)",
          {recording.id, object});
    return true;
  });
  ASSERT_TRUE(objects_->remove(recording.object));
  EXPECT_EQ(retention_.certificate(caller_, recording.id).error().kind, Error::Kind::busy);
  EXPECT_EQ(*retention_.sweep(0), 1);
  EXPECT_TRUE(is_gone(recording));
  EXPECT_TRUE(retention_.certificate(caller_, recording.id));
}

TEST_F(Keeping, TheCertificateProvesItToThoseWhoHaveThePublicKeyAlone) {
  const auto recording = add(kNow_ms);
  ASSERT_TRUE(retention_.remove(caller_, recording.id, "田中様の求め", ""));
  const auto certificate = *retention_.certificate(caller_, recording.id);
  const auto key = retention_.public_key();
  const auto statement = verify_certificate(certificate, key);
  ASSERT_TRUE(statement);
  EXPECT_EQ((*statement)["recording"], recording.id);
  EXPECT_EQ((*statement)["cause"], "request");
  EXPECT_EQ((*statement)["by"], "u1");
  EXPECT_EQ((*statement)["objects"].size(), 2U);
  EXPECT_THAT(certificate, Not(HasSubstr("田中")));
  // It names an entry that is in the audit chain.
  const std::string entry = (*statement)["audit"];
  const auto colon = entry.find(':');
  EXPECT_TRUE(access::verify_audit(
      *database_, master_, access::AuditHead{std::stoll(entry.substr(0, colon)), entry.substr(colon + 1)}));
  // Whoever changes a letter or another's key is noticed.
  auto forged = certificate;
  forged.replace(forged.find("request"), 7, "timeout");
  EXPECT_EQ(verify_certificate(forged, key).error().kind, Error::Kind::damaged);
  EXPECT_FALSE(verify_certificate(certificate, public_key_of(Key::random())));
  EXPECT_FALSE(verify_certificate("{}", key));
  EXPECT_FALSE(verify_certificate("[", key));
  EXPECT_FALSE(verify_certificate(certificate, "zz"));
}

TEST_F(Keeping, ShorterTimesMoveTheEndOfWhatIsThereButLeaveDaysOfGrace) {
  const auto now = guardian::now_ms();
  const auto soon = add(now + 3 * kDay_ms);
  const auto later = add(now + 80 * kDay_ms);
  const auto suspected = add(now + 200 * kDay_ms);
  test::must(*database_, [&](store::Transaction& t) {
    return t.execute("UPDATE recordings SET grade = 'finding' WHERE id = ?", {suspected.id});
  });
  EXPECT_EQ(*retention_.due_with(caller_, {5, 365, 1825}), 2);
  ASSERT_TRUE(retention_.set_days(caller_, {5, 365, 1825}, ""));
  EXPECT_EQ(retention_.days_of(caller_)->ordinary, 5);
  EXPECT_EQ(*retention_.sweep(now + 4 * kDay_ms), 1);  // it was due then before
  EXPECT_TRUE(is_gone(soon));
  EXPECT_EQ(*retention_.sweep(now + 6 * kDay_ms), 0);
  EXPECT_EQ(*retention_.sweep(now + 8 * kDay_ms), 1);
  EXPECT_TRUE(is_gone(later));
  EXPECT_EQ(test::state_of(*database_, suspected.id), "analysed");
}

TEST_F(Keeping, WhatWasNeverAnalysedHasItsDaysOfGraceToo) {
  const auto now = guardian::now_ms();
  const auto recording = add(0);
  test::must(*database_, [&](store::Transaction& t) {
    return t.execute(
        "UPDATE recordings SET state = 'failed', delete_after_ms = NULL, uploaded_ms = ? WHERE id = ?",
        {now - 20 * kDay_ms, recording.id});
  });
  ASSERT_TRUE(retention_.set_days(caller_, {10, 365, 1825}, ""));
  EXPECT_EQ(*retention_.sweep(now + 6 * kDay_ms), 0);
  EXPECT_EQ(*retention_.sweep(now + 8 * kDay_ms), 1);
}

TEST_F(Keeping, LongerTimesReachWhatIsThereAndAChangeCanBeTakenBack) {
  const auto now = guardian::now_ms();
  const auto recording = add(now + 80 * kDay_ms);
  ASSERT_TRUE(retention_.set_days(caller_, {30, 365, 1825}, ""));
  ASSERT_TRUE(retention_.set_days(caller_, {120, 365, 1825}, ""));
  EXPECT_EQ(*retention_.sweep(now + 100 * kDay_ms), 0);
  EXPECT_EQ(*retention_.sweep(now + 111 * kDay_ms), 1);
  EXPECT_TRUE(is_gone(recording));
}

TEST_F(Keeping, TimesMustBeOfAnOrder) {
  for (const KeepingDays& wrong : {KeepingDays{0, 1, 1}, {90, 30, 365}, {90, 365, 100}, {1, 1, 36501}}) {
    EXPECT_EQ(retention_.set_days(caller_, wrong, "").error().kind, Error::Kind::usage);
    EXPECT_EQ(retention_.due_with(caller_, wrong).error().kind, Error::Kind::usage);
  }
  EXPECT_EQ(retention_.days_of(caller_)->ordinary, KeepingDays{}.ordinary);
}

}  // namespace
}  // namespace guardian::archive
