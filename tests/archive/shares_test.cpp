#include "archive/shares.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger_support.h"

namespace guardian::archive {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class AShare : public testing::Test {
 protected:
  AShare() {
    by_.tenant = company_.tenants[0];
    by_.id = make_id();
    by_.name = "審査 花子";
  }
  Result<NewShare> make(int days = 7) {
    return company_.ask([&](store::Transaction& t) { return shares_.make(t, by_, recording_, days, false); });
  }
  Result<Share> open(const std::string& secret) {
    return company_.ask([&](store::Transaction& t) { return shares_.open(t, secret, "192.0.2.7"); });
  }
  std::vector<Share> all() {
    return company_.ask([&](store::Transaction& t) { return shares_.of(t, by_.tenant, recording_); }).value();
  }

  test::Company company_{2};
  access::Caller by_;
  std::string recording_ = company_.add_recording(company_.tenants[0], make_id());
  Shares shares_{company_.keyring, company_.audit};
};

TEST_F(AShare, OpensByItsSecretAndCountsHowOften) {
  const auto made = make().value();
  EXPECT_EQ(open(made.secret).value().recording, recording_);
  EXPECT_TRUE(open(made.secret));
  EXPECT_FALSE(open(made.secret + "x"));
  ASSERT_THAT(all(), SizeIs(1));
  EXPECT_EQ(all()[0].opened, 2);
  EXPECT_EQ(all()[0].name, "審査 花子");
}

TEST_F(AShare, IsOverWhenItsTimeIsUpOrSomebodyEndsIt) {
  const auto first = make().value();
  company_.write([&](store::Transaction& t) {
    t.execute("UPDATE shares SET expires_ms = ? WHERE id = ?", {now_ms(), first.share.id});
  });
  EXPECT_EQ(open(first.secret).error().kind, Error::Kind::not_found);
  const auto second = make().value();
  access::Caller other = by_;
  other.tenant = company_.tenants[1];
  const auto end = [&](const access::Caller& by) {
    return company_.ask(
        [&](store::Transaction& t) { return shares_.end(t, by, recording_, second.share.id); });
  };
  EXPECT_FALSE(end(other)) << "another company's";
  EXPECT_TRUE(open(second.secret));
  EXPECT_TRUE(end(by_));
  EXPECT_FALSE(open(second.secret));
}

TEST_F(AShare, IsOfLimitedTimeAndNumber) {
  EXPECT_EQ(make(0).error().subject, "days");
  EXPECT_EQ(make(31).error().subject, "days");
  for (int i = 0; i < kMostShares; ++i) ASSERT_TRUE(make());
  EXPECT_EQ(make().error().kind, Error::Kind::conflict);
}

TEST_F(AShare, KeepsNeitherItsSecretNorANameInTheClearAndGoesWithTheRecording) {
  const auto made = make().value();
  company_.write([&](store::Transaction& t) {
    const auto row = t.first("SELECT * FROM shares").value();
    EXPECT_THAT(row.text("secret_hash"), Not(HasSubstr(made.secret)));
    EXPECT_THAT(row.bytes("name_sealed"), Not(HasSubstr("花子")));
    Shares::forget(t, by_.tenant, recording_);
  });
  EXPECT_THAT(all(), IsEmpty());
  EXPECT_FALSE(open(made.secret));
}

}  // namespace
}  // namespace guardian::archive
