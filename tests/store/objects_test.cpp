#include "store/objects.h"

#include <gmock/gmock.h>
#include <sodium.h>

#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "base/id.h"
#include "store/sealed_segments.h"
#include "support.h"

namespace guardian::store {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Bytes that differ everywhere, the same for the same seed.
std::string made_up(std::size_t size, unsigned char seed = 1) {
  std::string bytes(size, '\0');
  std::array<unsigned char, randombytes_SEEDBYTES> start{};
  start[0] = seed;
  randombytes_buf_deterministic(bytes.data(), bytes.size(), start.data());
  return bytes;
}

std::string read_range(ByteSource& source, std::uint64_t offset, std::size_t length) {
  std::string bytes(length, '\0');
  bytes.resize(source.read(offset, bytes).value());
  return bytes;
}

class TheObjects : public testing::Test {
 protected:
  TheObjects() { reopen(); }
  void reopen() { objects_ = std::move(*open_folder(folder_.path() / "objects")); }

  KeyFinder keys() const {
    return [this](std::int64_t number) -> Result<Key> {
      if (number == key_.number) return key_.key;
      return fail(Error::Kind::not_found, "key", {"", ""}, {"", ""});
    };
  }
  std::string put(const std::string& bytes) {
    auto id = make_id();
    EXPECT_TRUE(write_object(*objects_, id, key_, bytes));
    return id;
  }
  Result<std::string> whole(const std::string& id) { return read_object(*objects_, id, keys(), 1ULL << 30U); }
  std::filesystem::path file(const std::string& id) const {
    return folder_.path() / "objects" / id.substr(34) / id;
  }
  std::size_t drafts() const {
    const std::filesystem::directory_iterator all(folder_.path() / "objects" / "incoming");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  std::string sealed(const std::string& id) const { return *read_file(file(id), 1ULL << 30U); }
  void overwrite(const std::string& id, const std::string& bytes) const {
    std::ofstream(file(id), std::ios::binary) << bytes;
  }

  test::TemporaryFolder folder_;
  ObjectKey key_{7, Key::random()};
  std::unique_ptr<ObjectStore> objects_;
};

TEST_F(TheObjects, GiveBackWhatWasPutInWhateverItsSize) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kSegment - 1, kSegment, kSegment + 1,
                                 2 * kSegment, 3 * kSegment + 77}) {
    const auto bytes = made_up(size);
    const auto id = put(bytes);
    reopen();
    EXPECT_EQ(*whole(id), bytes) << size;
  }
}

TEST_F(TheObjects, AnyRangeIsRead) {
  const auto bytes = made_up(2 * kSegment + 1000);
  auto source = objects_->open(put(bytes), keys());
  ASSERT_TRUE(source);
  EXPECT_EQ((*source)->size(), bytes.size());
  for (const std::size_t offset : {std::size_t{0}, kSegment - 10, kSegment, 2 * kSegment + 990, bytes.size()})
    for (const std::size_t length : {std::size_t{1}, std::size_t{100}, kSegment + 20})
      EXPECT_EQ(read_range(**source, offset, length), bytes.substr(offset, length))
          << offset << " " << length;
  EXPECT_EQ(read_range(**source, ~0ULL, 5), "");
}

TEST_F(TheObjects, ADiskTellsNothing) {
  const auto id = put("土下座しろ" + made_up(100));
  EXPECT_THAT(sealed(id), Not(HasSubstr("土下座")));
  EXPECT_EQ(std::filesystem::status(file(id)).permissions() & std::filesystem::perms(077),
            std::filesystem::perms::none);
}

TEST_F(TheObjects, EveryChangeIsNoticedOrChangesNothing) {
  const auto bytes = made_up(30);
  const auto id = put(bytes);
  const auto original = sealed(id);
  for (std::size_t i = 0; i < original.size(); ++i) {
    auto changed = original;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    overwrite(id, changed);
    EXPECT_FALSE(whole(id)) << i;
    overwrite(id, original.substr(0, i));
    EXPECT_FALSE(whole(id)) << i;
  }
  overwrite(id, original + "x");
  EXPECT_FALSE(whole(id));
  overwrite(id, original);
  EXPECT_EQ(*whole(id), bytes);
}

TEST_F(TheObjects, SegmentsCannotBeSwappedCutOffOrBorrowed) {
  const auto id = put(made_up(3 * kSegment + 5));
  const auto original = sealed(id);
  const auto segment = [&](std::uint64_t number) {
    return original.substr(place_of(number), kSealedSegment);
  };
  const auto swapped = original.substr(0, kHeader) + segment(1) + segment(0) + segment(2) + segment(3);
  overwrite(id, swapped);
  EXPECT_EQ(whole(id).error().kind, Error::Kind::damaged);
  for (const std::uint64_t kept : {0, 1, 2, 3}) {
    overwrite(id, original.substr(0, place_of(kept)));
    EXPECT_EQ(objects_->open(id, keys()).error().kind, Error::Kind::damaged) << kept;
    overwrite(id, original.substr(0, place_of(kept)) + segment(3));  // the middle is missing
    EXPECT_EQ(objects_->open(id, keys()).has_value(), kept == 3) << kept;
  }
  const auto other = put(made_up(3 * kSegment + 5, 2));
  overwrite(other, original);
  EXPECT_EQ(whole(other).error().kind, Error::Kind::damaged);
}

TEST_F(TheObjects, AnotherKeyOpensNothing) {
  const auto id = put("secret");
  EXPECT_FALSE(objects_->open(id, [](std::int64_t) -> Result<Key> { return Key::random(); }));
  std::int64_t asked = 0;
  EXPECT_FALSE(objects_->open(id, [&](std::int64_t number) -> Result<Key> {
    asked = number;
    return fail(Error::Kind::not_found, "key", {"", ""}, {"", ""});
  }));
  EXPECT_EQ(asked, 7);
}

TEST_F(TheObjects, NobodySeesAnObjectThatIsNotCommitted) {
  const auto id = make_id();
  {
    auto writer = std::move(*objects_->create(id, key_));
    ASSERT_TRUE(writer->append(made_up(2 * kSegment)));
    EXPECT_FALSE(objects_->has(id));
    EXPECT_EQ(whole(id).error().kind, Error::Kind::not_found);
    EXPECT_EQ(objects_->create(id, key_).error().kind, Error::Kind::conflict);
  }
  EXPECT_EQ(drafts(), 0U);
}

TEST_F(TheObjects, AnUnfinishedOneGoesOnWhereItWasNoted) {
  const auto id = make_id();
  const auto bytes = made_up(3 * kSegment + 500);
  Draft draft;
  std::size_t noted = 0;
  for (const std::size_t next : {std::size_t{10}, kSegment - 3, kSegment, 2 * kSegment + 9, bytes.size()}) {
    auto writer = std::move(*objects_->resume(id, key_, draft));
    ASSERT_TRUE(writer->append(std::string_view(bytes).substr(noted, next - noted)));
    draft = *writer->pause();
    EXPECT_EQ(draft.size, next);
    ASSERT_TRUE(writer->append(made_up(kSegment + 5, 9)));  // never noted: a crash
    noted = next;
    writer.reset();
    reopen();
    EXPECT_EQ(*objects_->sweep({id}), 0);
  }
  ASSERT_TRUE((*objects_->resume(id, key_, draft))->commit());
  EXPECT_EQ(*whole(id), bytes);
  EXPECT_EQ(objects_->resume(id, key_, {}).error().kind, Error::Kind::conflict);
}

TEST_F(TheObjects, ADraftThatLostBytesIsDamaged) {
  const auto id = make_id();
  auto writer = std::move(*objects_->create(id, key_));
  ASSERT_TRUE(writer->append(made_up(2 * kSegment)));
  const auto draft = *writer->pause();
  writer.reset();
  std::filesystem::resize_file(folder_.path() / "objects" / "incoming" / id, place_of(2) - 1);
  EXPECT_EQ(objects_->resume(id, key_, draft).error().kind, Error::Kind::damaged);
}

TEST_F(TheObjects, ForgottenDraftsAreSweptAndObjectsStay) {
  const auto id = put("stays");
  std::ofstream(folder_.path() / "objects" / "incoming" / make_id()) << "left by a crash";
  EXPECT_EQ(*objects_->sweep({}), 1);
  EXPECT_EQ(drafts(), 0U);
  EXPECT_EQ(*whole(id), "stays");
}

TEST_F(TheObjects, RemovedIsGoneAndRemovingTwiceIsNoError) {
  const auto id = put("gone");
  EXPECT_TRUE(objects_->remove(id));
  EXPECT_FALSE(std::filesystem::exists(file(id)));
  EXPECT_EQ(whole(id).error().kind, Error::Kind::not_found);
  EXPECT_TRUE(objects_->remove(id));
}

TEST_F(TheObjects, AnIdThatIsAPathIsNotFound) {
  std::ofstream(folder_.path() / "secret") << "x";
  for (const std::string id : {"../../secret", "/etc/passwd", "", "..", "incoming"}) {
    EXPECT_FALSE(objects_->has(id));
    EXPECT_EQ(whole(id).error().kind, Error::Kind::not_found) << id;
    EXPECT_FALSE(objects_->create(id, key_)) << id;
    EXPECT_TRUE(objects_->remove(id)) << id;
  }
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "secret"));
}

}  // namespace
}  // namespace guardian::store
