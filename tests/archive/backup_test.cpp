// A server's data, copied while it is written to, destroyed, and brought back.
#include "archive/backup.h"

#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "archive/recordings.h"
#include "base/file.h"
#include "store_support.h"

namespace guardian::archive {
namespace {

namespace fs = std::filesystem;

/// A server's data, as long as it is open.
struct Place {
  Place(const fs::path& folder, const Key& master)
      : database(std::move(*store::open_embedded((folder / "guardian.db").string()))),
        objects(std::move(*store::open_folder(folder / "objects"))),
        keyring(std::move(*access::Keyring::open(*database, master))),
        audit(*database, keyring) {}

  std::string add(const std::string& content) {
    Recording recording;
    recording.id = recording.object = recording.content = make_id();
    recording.tenant = "a";
    recording.name = content + ".wav";
    recording.uploaded_ms = now_ms();
    if (!store::write_object(*objects, recording.object, object_key(keyring, "a"), content))
      throw std::runtime_error("no object");
    test::must(*database, [&](store::Transaction& t) {
      insert_recording(t, keyring, recording);
      audit.add(t, {"a", "u", "recording.upload", recording.id, "", ""});
      return true;
    });
    return recording.id;
  }
  Recording find(const std::string& id) {
    return database->read([&](store::Transaction& t) { return find_recording(t, keyring, "a", id); }).value();
  }
  std::string content(const std::string& id) {
    return store::read_object(*objects, find(id).object, object_keys(keyring, "a"), 1 << 20).value();
  }
  std::vector<std::string> ids() {
    return test::must(*database, [](store::Transaction& t) {
      std::vector<std::string> all;
      for (const auto& row : t.query("SELECT id FROM recordings WHERE state <> 'deleted'"))
        all.push_back(row.text("id"));
      return all;
    });
  }
  void remove(const std::string& id) {
    const auto object = find(id).object;
    test::must(*database, [&](store::Transaction& t) {
      return t.execute("UPDATE recordings SET state = 'deleted' WHERE id = ?", {id});
    });
    EXPECT_TRUE(objects->remove(object));
  }

  std::unique_ptr<store::Database> database;
  std::unique_ptr<store::ObjectStore> objects;
  access::Keyring keyring;
  access::AuditLog audit;
};

class ABackup : public testing::Test {
 protected:
  ABackup() {
    fs::create_directory(data_.path);
    place_ = std::make_unique<Place>(data_.path, master_);
    test::must(*place_->database, [&](store::Transaction& t) {
      test::add_tenant(t, "a");
      place_->keyring.add_tenant(t, "a");
      return true;
    });
  }
  void destroy() {
    place_.reset();
    fs::remove_all(data_.path);
  }
  static void change_a_byte(const fs::path& path) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(100);
    const char byte = static_cast<char>(file.get() ^ 1);
    file.seekp(100);
    file.put(byte);
  }
  fs::path object_in_backup(const std::string& id) {
    const auto object = place_->find(id).object;
    return to_ / "objects" / object.substr(34) / object;
  }

  guardian::test::TemporaryFolder folder_;
  DataFolder data_{folder_.path() / "data"};
  fs::path to_ = folder_.path() / "backup";
  Key master_ = Key::random();
  std::unique_ptr<Place> place_;
};

TEST_F(ABackup, MadeDuringWritesAndDeletionsBringsEverythingBack) {
  const auto known = place_->add("before");
  std::atomic<bool> stop = false;
  std::atomic<int> written = 0;
  std::thread server([&] {
    while (!stop) {
      const auto id = place_->add("meanwhile");
      if (++written % 3 == 0) place_->remove(id);
    }
  });
  while (written < 20) std::this_thread::yield();
  // The server never pauses here, so that a run may lose the race against deletions five times.
  auto summary = back_up(data_, to_);
  for (int tries = 0; tries < 20 && !summary && summary.error().kind == Error::Kind::busy; ++tries)
    summary = back_up(data_, to_);
  stop = true;
  server.join();
  ASSERT_TRUE(summary) << summary.error().what.en;
  EXPECT_GE(summary->objects, 14U);
  destroy();

  const auto head = restore(to_, data_, master_);
  ASSERT_TRUE(head) << head.error().what.en;
  EXPECT_GE(head->number, 20);
  Place restored(data_.path, master_);
  EXPECT_EQ(restored.content(known), "before");
  EXPECT_EQ(restored.find(known).name, "before.wav");
  const auto ids = restored.ids();
  EXPECT_EQ(ids.size(), summary->objects);
  for (const auto& id : ids) EXPECT_NO_THROW(restored.content(id)) << id;
  EXPECT_TRUE(access::verify_audit(*restored.database, master_, *head));
}

TEST_F(ABackup, RenewedCopiesOnlyWhatIsNewAndForgetsWhatWasDeleted) {
  const auto first = place_->add("first");
  ASSERT_EQ(back_up(data_, to_)->copied, 1U);
  const auto copy = object_in_backup(first);
  const auto second = place_->add("second");
  auto summary = back_up(data_, to_);
  EXPECT_EQ(summary->objects, 2U);
  EXPECT_EQ(summary->copied, 1U);
  place_->remove(first);
  summary = back_up(data_, to_);
  EXPECT_EQ(summary->objects, 1U);
  EXPECT_EQ(summary->removed, 1U);
  EXPECT_FALSE(fs::exists(copy));
  EXPECT_TRUE(verify_backup(to_));
  EXPECT_EQ(std::distance(fs::directory_iterator(to_), fs::directory_iterator()), 4)
      << "manifest, database, objects, lock";
}

TEST_F(ABackup, ThatWasInterruptedLeavesTheOneBefore) {
  place_->add("first");
  ASSERT_TRUE(back_up(data_, to_));
  place_->add("second");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(back_up(data_, to_, {}, stop.get_token()).error().kind, Error::Kind::cancelled);
  EXPECT_EQ(verify_backup(to_)->objects, 1U);
  EXPECT_EQ(back_up(data_, to_)->objects, 2U);
}

TEST_F(ABackup, IsNotWrittenOverSomethingElse) {
  fs::create_directory(to_);
  std::ofstream(to_ / "thesis.doc") << "x";
  EXPECT_EQ(back_up(data_, to_).error().kind, Error::Kind::usage);
  EXPECT_EQ(back_up({folder_.path() / "nowhere"}, folder_.path() / "b").error().kind, Error::Kind::not_found);
}

TEST_F(ABackup, OfADamagedStoreSaysWhatIsMissing) {
  const auto id = place_->add("x");
  const auto object = place_->find(id).object;
  ASSERT_TRUE(place_->objects->remove(object));
  const auto made = back_up(data_, to_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, Error::Kind::damaged);
  EXPECT_EQ(made.error().subject, object);
}

TEST_F(ABackup, ThatWasChangedIsNoticedBeforeAnythingIsRestored) {
  const auto id = place_->add(std::string(500, 'x'));
  ASSERT_TRUE(back_up(data_, to_));
  const auto object = object_in_backup(id);
  const auto manifest = *read_file(to_ / "manifest.json", 1 << 20);
  destroy();
  change_a_byte(object);
  EXPECT_EQ(restore(to_, data_, master_).error().kind, Error::Kind::damaged);
  EXPECT_FALSE(fs::exists(data_.path));
  change_a_byte(object);  // as it was
  for (const auto& entry : fs::directory_iterator(to_))
    if (entry.path().extension() == ".db") {
      change_a_byte(entry.path());
      EXPECT_EQ(restore(to_, data_, master_).error().kind, Error::Kind::damaged);
      change_a_byte(entry.path());
    }
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"guardian-", "../guardian-"}, {"\"objects\"", "\"things\""}, {"backup/1", "backup/9"}}) {
    auto hostile = manifest;
    hostile.replace(hostile.find(from), from.size(), to);
    ASSERT_TRUE(write_file(to_ / "manifest.json", hostile));
    EXPECT_EQ(restore(to_, data_, master_).error().kind, Error::Kind::damaged) << to;
  }
  ASSERT_TRUE(write_file(to_ / "manifest.json", manifest));
  EXPECT_TRUE(restore(to_, data_, master_));
}

TEST_F(ABackup, IsNotRestoredOverDataOrWithAnotherKey) {
  place_->add("x");
  ASSERT_TRUE(back_up(data_, to_));
  EXPECT_EQ(restore(to_, data_, master_).error().kind, Error::Kind::conflict);
  const DataFolder other{folder_.path() / "other"};
  EXPECT_EQ(restore(to_, other, Key::random()).error().kind, Error::Kind::damaged);
  EXPECT_TRUE(restore(to_, other, master_)) << "an unfinished restore can be done again";
  EXPECT_EQ(restore(to_, other, master_).error().kind, Error::Kind::conflict);
}

TEST(ADataFolder, BelongsToOneAtATime) {
  const guardian::test::TemporaryFolder folder;
  {
    const auto lock = FolderLock::take({folder.path()});
    ASSERT_TRUE(lock);
    EXPECT_EQ(FolderLock::take({folder.path()}).error().kind, Error::Kind::busy);
  }
  EXPECT_TRUE(FolderLock::take({folder.path()}));
  EXPECT_EQ(FolderLock::take({folder.path() / "none"}).error().kind, Error::Kind::not_found);
}

}  // namespace
}  // namespace guardian::archive
