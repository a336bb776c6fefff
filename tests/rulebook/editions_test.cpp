// Editions of a company's rules: which is in force, who published it, and that nobody overwrites another's.
#include "rulebook/editions.h"

#include <gmock/gmock.h>

#include "ledger_support.h"

namespace guardian::rulebook {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class AnEdition : public testing::Test {
 protected:
  AnEdition() {
    by_.tenant = company_.tenants[0];
    by_.id = make_id();
    by_.name = "規則 太郎";
  }
  Result<Edition> publish(std::int64_t from, const std::string& rules, const std::string& note = "") {
    policy::Amendment draft;
    draft.edition = from;
    draft.off = {"threat.direct"};
    draft.rules = rules;
    return company_.ask(
        [&](store::Transaction& t) { return editions_.publish(t, by_, draft, note, "192.0.2.7"); });
  }
  Edition current(const std::string& tenant) {
    return company_.ask([&](store::Transaction& t) { return editions_.current(t, tenant); }).value();
  }

  test::Company company_{2};
  access::Caller by_;
  Editions editions_{company_.keyring, company_.audit};
};

TEST_F(AnEdition, IsInForceForItsCompanyAlone) {
  EXPECT_TRUE(current(by_.tenant).amendment.is_empty());
  EXPECT_EQ(current(by_.tenant).amendment.edition, 0);
  ASSERT_TRUE(publish(0, "rules: []", "田中さんの件"));
  ASSERT_TRUE(publish(1, "rules: [ ]"));
  const auto now = current(by_.tenant);
  EXPECT_EQ(now.amendment.edition, 2);
  EXPECT_EQ(now.amendment.rules, "rules: [ ]");
  EXPECT_THAT(now.amendment.off, ElementsAre("threat.direct"));
  EXPECT_EQ(now.name, "規則 太郎");
  EXPECT_EQ(current(company_.tenants[1]).amendment.edition, 0);
}

TEST_F(AnEdition, IsKeptWithItsReasonAndCanBeReadAgain) {
  ASSERT_TRUE(publish(0, "rules: []", "田中さんの件"));
  ASSERT_TRUE(publish(1, ""));
  const auto all = company_.ask([&](store::Transaction& t) { return editions_.list(t, by_.tenant); }).value();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].amendment.edition, 2);
  EXPECT_EQ(all[1].note, "田中さんの件");
  EXPECT_EQ(all[1].amendment.rules, "rules: []");
}

TEST_F(AnEdition, IsNotMadeFromOneThatIsNoLongerInForce) {
  ASSERT_TRUE(publish(0, "rules: []"));
  EXPECT_EQ(publish(0, "rules: [ ]").error().kind, Error::Kind::conflict);
  EXPECT_EQ(current(by_.tenant).amendment.rules, "rules: []");
}

TEST_F(AnEdition, IsSealedSinceARuleMayNameSomebody) {
  ASSERT_TRUE(publish(0, "rules: [] # 田中一郎", "山田"));
  const auto row = company_
                       .ask([&](store::Transaction& t) -> Result<store::Row> {
                         return *t.first("SELECT * FROM rulebook_editions", {});
                       })
                       .value();
  for (const char* column : {"amendment_sealed", "name_sealed", "note_sealed"})
    EXPECT_THAT(row.bytes(column),
                Not(testing::AnyOf(HasSubstr("田中"), HasSubstr("山田"), HasSubstr("規則"))));
}

}  // namespace
}  // namespace guardian::rulebook
