#include "casework/deep_links.h"

#include "base/file.h"
#include "casework_fixture.h"

namespace guardian::casework {
namespace {

using testing::HasSubstr;
using testing::Not;

class ADeepLink : public Casework {
 protected:
  ADeepLink() {
    OutboxOptions options;
    options.public_url = "https://guardian.example.jp";
    reopen(options);
    route_ = *desk_->routes.add(administrator_, route_to(ChannelKind::mail, "toban@example.jp"));
    happen(report_of(72, judgement::Band::high, {"threat"}));
    secret_ = secret_of(notices()[0]);
  }
  std::string secret_of(const NoticeState& notice) {
    desk_->write([&](store::Transaction& t) {
      t.execute("UPDATE notices SET state = 'sending' WHERE id = ?", {notice.id});
    });
    const auto link = (**desk_->outbox.open({tenant_, notice.recipient}, notice.id)).delivery.link;
    EXPECT_THAT(link, HasSubstr("https://guardian.example.jp/n/"));
    return link.substr(link.rfind('/') + 1);
  }

  Route route_;
  std::string secret_;
};

TEST_F(ADeepLink, TellsWhenHowGraveAndWhichGroupAndChangesNothingByBeingOpened) {
  for (int i = 0; i < 3; ++i) {
    const auto view = desk_->links.look(secret_);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->group, "受付");
    EXPECT_EQ(view->band, judgement::Band::high);
    EXPECT_EQ(view->occurred_ms, 1'790'000'000'000);
    EXPECT_FALSE(view->used || view->expired || view->acknowledged_ms);
  }
  EXPECT_EQ(all_cases()[0].state, State::open);
}

TEST_F(ADeepLink, AcknowledgesInTheNameOfItsRecipient) {
  const auto view = desk_->links.acknowledge(secret_, "203.0.113.9");
  ASSERT_TRUE(view);
  EXPECT_TRUE(view->used);
  EXPECT_TRUE(view->acknowledged_ms);
  const auto known = desk_->cases.get(department_, all_cases()[0].id);
  EXPECT_EQ(known->state, State::acknowledged);
  EXPECT_EQ(known->acknowledged_by, "recipient");
  EXPECT_EQ(known->acknowledged_name, "toban@example.jp");
  const auto records = desk_->audit.list(tenant_, known->id, 0, 10);
  EXPECT_EQ((*records)[1].entry.action, "case.acknowledge");
  EXPECT_EQ((*records)[1].entry.address, "203.0.113.9");
}

TEST_F(ADeepLink, UsedAgainSaysSoAndDoesNothing) {
  const auto first = desk_->links.acknowledge(secret_, "");
  const auto version = all_cases()[0].version;
  const auto again = desk_->links.acknowledge(secret_, "");
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->used);
  EXPECT_EQ(again->acknowledged_ms, first->acknowledged_ms);
  EXPECT_EQ(all_cases()[0].version, version);
}

TEST_F(ADeepLink, SaysThatSomebodyElseWasFaster) {
  ASSERT_TRUE(desk_->cases.acknowledge(department_, all_cases()[0].id));
  const auto view = desk_->links.acknowledge(secret_, "");
  ASSERT_TRUE(view);
  EXPECT_TRUE(view->acknowledged_ms);
  EXPECT_EQ(all_cases()[0].acknowledged_by, department_.id);
}

TEST_F(ADeepLink, Expires) {
  desk_->write(
      [&](store::Transaction& t) { t.execute("UPDATE notices SET link_expires_ms = ?", {now_ms() - 1}); });
  EXPECT_TRUE(desk_->links.look(secret_)->expired);
  EXPECT_EQ(desk_->links.acknowledge(secret_, "").error().kind, Error::Kind::conflict);
  EXPECT_EQ(all_cases()[0].state, State::open);
}

TEST_F(ADeepLink, LivesAsLongAsTheSettingsSay) {
  ASSERT_TRUE(change_settings(*desk_->database, desk_->audit, administrator_, {judgement::Band::caution, 2}));
  happen(report_of(80, judgement::Band::emergency, {"threat"}));
  desk_->write([&](store::Transaction& t) {
    const auto row = t.first("SELECT link_expires_ms - created_ms AS lives FROM notices ORDER BY id DESC");
    EXPECT_EQ(row->integer("lives"), 2 * 3'600'000);
  });
}

TEST_F(ADeepLink, ThatIsForgedOrWhoseRecipientLeftIsDead) {
  for (const auto& forged :
       {std::string(), std::string(32, '0'), secret_ + "0", secret_.substr(1), notices()[0].id})
    EXPECT_EQ(desk_->links.look(forged).error().kind, Error::Kind::not_found);
  ASSERT_TRUE(desk_->routes.remove(administrator_, route_.id));
  EXPECT_EQ(desk_->links.look(secret_).error().kind, Error::Kind::not_found);
  EXPECT_EQ(desk_->links.acknowledge(secret_, "").error().kind, Error::Kind::not_found);
}

TEST_F(ADeepLink, IsNotFoundOnAStolenDiskNorIsTheAddress) {
  const auto copy = folder_.path() / "copy.db";
  ASSERT_TRUE(desk_->database->copy_to(copy.string()));
  const auto bytes = *read_file(copy, 1U << 30U);
  EXPECT_THAT(bytes, Not(HasSubstr(secret_)));
  EXPECT_THAT(bytes, Not(HasSubstr("toban@example.jp")));
}

}  // namespace
}  // namespace guardian::casework
