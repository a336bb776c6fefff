#include "access/keyring.h"

#include <gmock/gmock.h>

#include <fstream>

#include "base/file.h"
#include "support.h"

namespace guardian::access {
namespace {

using testing::HasSubstr;
using testing::Not;

class TheKeyring : public testing::Test {
 protected:
  TheKeyring() { add("a"), add("b"); }
  void add(const std::string& tenant) {
    const auto added = database_->write([&](store::Transaction& t) -> Result<void> {
      t.execute("INSERT INTO tenants (id, name, created_ms) VALUES (?, 'x', 0)", {tenant});
      keyring_.add_tenant(t, tenant);
      return {};
    });
    if (!added) throw std::runtime_error("no tenant");
  }
  Keyring reopened(const Key& master) { return std::move(*Keyring::open(*database_, master)); }

  test::TemporaryFolder folder_;
  std::unique_ptr<store::Database> database_ =
      std::move(*store::open_embedded((folder_.path() / "guardian.db").string()));
  Key master_ = Key::random();
  Keyring keyring_ = std::move(*Keyring::open(*database_, master_));
};

TEST_F(TheKeyring, OpensWhatItSealedAlsoAfterARestart) {
  const auto sealed = keyring_.seal("a", "田中様の通話.wav", "recordings.name");
  EXPECT_THAT(sealed.bytes, Not(HasSubstr("田中")));
  EXPECT_EQ(*reopened(master_).unseal("a", sealed.bytes, "recordings.name"), "田中様の通話.wav");
}

TEST_F(TheKeyring, NeitherAnotherTenantNorAnotherPlaceOpensIt) {
  const auto sealed = keyring_.seal("a", "secret", "recordings.name").bytes;
  EXPECT_FALSE(keyring_.unseal("b", sealed, "recordings.name"));
  EXPECT_FALSE(keyring_.unseal("a", sealed, "recordings.counterpart"));
  EXPECT_FALSE(keyring_.unseal("nobody", sealed, "recordings.name"));
}

TEST_F(TheKeyring, NoticesEveryChangedByte) {
  const auto sealed = keyring_.seal("a", "secret", "x").bytes;
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(keyring_.unseal("a", changed, "x")) << i;
    EXPECT_FALSE(keyring_.unseal("a", sealed.substr(0, i), "x")) << i;
  }
}

TEST_F(TheKeyring, ARotatedKeySealsNewThingsAndOldOnesStayReadable) {
  const auto before = keyring_.seal("a", "old", "x").bytes;
  const auto hash = keyring_.hash("a", "word", "土下座");
  ASSERT_TRUE(keyring_.rotate("a"));
  const auto after = keyring_.seal("a", "new", "x").bytes;
  EXPECT_EQ(keyring_.newest("a").version, 2);
  const auto later = reopened(master_);
  EXPECT_EQ(*later.unseal("a", before, "x"), "old");
  EXPECT_EQ(*later.unseal("a", after, "x"), "new");
  EXPECT_EQ(later.hash("a", "word", "土下座"), hash);
}

TEST_F(TheKeyring, AnotherMasterKeyReplacesTheOld) {
  const auto sealed = keyring_.seal("a", "kept", "x").bytes;
  const auto next = Key::random();
  ASSERT_TRUE(keyring_.change_master(next));
  EXPECT_EQ(Keyring::open(*database_, master_).error().kind, Error::Kind::damaged);
  EXPECT_EQ(*reopened(next).unseal("a", sealed, "x"), "kept");
}

TEST_F(TheKeyring, HashesOfTwoTenantsOrPurposesAreUnrelated) {
  const auto hash = keyring_.hash("a", "word", "土下座");
  EXPECT_EQ(hash, keyring_.hash("a", "word", "土下座"));
  EXPECT_NE(hash, keyring_.hash("b", "word", "土下座"));
  EXPECT_NE(hash, keyring_.hash("a", "counterpart", "土下座"));
}

TEST_F(TheKeyring, AShreddedTenantIsUnreadableForGood) {
  const auto sealed = keyring_.seal("a", "gone", "x").bytes;
  ASSERT_TRUE(database_->write([&](store::Transaction& t) -> Result<void> {
    keyring_.shred(t, "a");
    return {};
  }));
  EXPECT_FALSE(keyring_.unseal("a", sealed, "x"));
  EXPECT_FALSE(reopened(master_).unseal("a", sealed, "x"));
}

TEST_F(TheKeyring, TheMasterKeyIsMadeOnceAndForItsOwnerOnly) {
  const auto file = folder_.path() / "master.key";
  const auto first = load_master_key(file);
  ASSERT_TRUE(first);
  const auto again = load_master_key(file);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->bytes(), first->bytes());
  std::filesystem::permissions(file, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  EXPECT_EQ(load_master_key(file).error().kind, Error::Kind::unreadable);
}

TEST_F(TheKeyring, AMasterKeyThatIsNoneIsRefused) {
  const auto file = folder_.path() / "master.key";
  std::ofstream(file) << "not a key";
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  EXPECT_EQ(load_master_key(file).error().kind, Error::Kind::damaged);
}

}  // namespace
}  // namespace guardian::access
