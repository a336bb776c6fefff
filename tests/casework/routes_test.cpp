#include "casework/routes.h"

#include "casework/webhook_channel.h"
#include "casework_fixture.h"

namespace guardian::casework {
namespace {

using judgement::Band;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ANotificationRoute : public Casework {
 protected:
  Route add(Route route) { return desk_->routes.add(administrator_, std::move(route)).value(); }
  Error::Kind refusal(const Route& route) { return desk_->routes.add(administrator_, route).error().kind; }
};

TEST_F(ANotificationRoute, TellsWhomItsConditionsFit) {
  auto threats = route_to(ChannelKind::mail, "threats@example.jp");
  threats.category = "threat";
  auto grave = route_to(ChannelKind::mail, "grave@example.jp");
  grave.minimum_score = 70;
  auto group = route_to(ChannelKind::mail, "group@example.jp");
  group.group = group_;
  auto off = route_to(ChannelKind::mail, "off@example.jp");
  off.enabled = false;
  for (const auto& route : {threats, grave, group, off}) add(route);
  const auto told = [&](const Dealing& dealing, int score, const char* category) {
    const auto before = notices().size();
    happen(report_of(score, score < 60 ? Band::caution : Band::high, {category}), dealing);
    return notices().size() - before;
  };
  EXPECT_EQ(told({group_, {}, {}}, 50, "threat"), 2U);
  EXPECT_EQ(told({other_group_, {}, {}}, 50, "threat"), 1U);
  EXPECT_EQ(told({other_group_, {}, {}}, 50, "verbal_abuse"), 0U);
  EXPECT_EQ(told({{}, {}, {}}, 75, "threat"), 2U);
}

TEST_F(ANotificationRoute, TellsTheSameAddressOnceAndAgainOnlyWhatGrewWorse) {
  add(route_to(ChannelKind::mail, "a@example.jp"));
  add(route_to(ChannelKind::mail, "a@example.jp"));
  const Dealing dealing{group_, {}, {}};
  const auto recording = happen(report_of(50, Band::caution, {"threat"}), dealing);
  EXPECT_EQ(notices().size(), 1U);
  analyse(recording, report_of(52, Band::caution, {"threat"}), dealing);
  EXPECT_EQ(notices().size(), 1U);
  analyse(recording, report_of(72, Band::high, {"threat"}), dealing);
  EXPECT_EQ(notices().size(), 2U);
  ASSERT_TRUE(desk_->cases.close(department_, all_cases()[0].id, "済み"));
  analyse(recording, report_of(72, Band::high, {"threat", "verbal_abuse"}), dealing);
  EXPECT_EQ(notices().size(), 3U);
}

TEST_F(ANotificationRoute, TakesNoAddressThatCouldEndALineOrLeadAstray) {
  for (const char* bad :
       {"a@example.jp\r\nBcc: x@evil.jp", "a@example.jp\nx", "a b@example.jp", "a@example.jp> SIZE=1",
        "<a@example.jp>", "a@b@example.jp", "@example.jp", "a@", "a@.jp", "a..b@example.jp", "a@example..jp",
        "田中@example.jp", "a@example.jp,b@example.jp", "\"a\"@example.jp", "a@[127.0.0.1]"})
    EXPECT_EQ(refusal(route_to(ChannelKind::mail, bad)), Error::Kind::usage) << bad;
  EXPECT_EQ(refusal(route_to(ChannelKind::mail, std::string("a@example.jp\0x", 14))), Error::Kind::usage);
  EXPECT_EQ(refusal(route_to(ChannelKind::mail, std::string(250, 'a') + "@example.jp")), Error::Kind::usage);
  EXPECT_TRUE(is_mail_address("tanaka.taro+kasuhara@sub-1.example.co.jp"));
}

TEST_F(ANotificationRoute, TakesNoUrlThatIsNone) {
  for (const char* bad : {"", "ftp://example.jp/", "https://", "https:///x", "https://user:pass@example.jp/",
                          "file:///etc/passwd", "https://example.jp/\r\nHost: x", "https://example.jp:99999/",
                          "javascript:alert(1)", "https://exa mple.jp/", "https://example.jp\\@evil.jp/",
                          "gopher://127.0.0.1/"})
    EXPECT_EQ(refusal(route_to(ChannelKind::webhook, bad)), Error::Kind::usage) << bad;
  EXPECT_TRUE(check_webhook_url("https://hooks.example.jp/a?b=c", false));
  EXPECT_FALSE(check_webhook_url("http://hooks.example.jp/", false));
}

TEST_F(ANotificationRoute, RefusesWhatMakesNoSense) {
  const auto good = route_to(ChannelKind::mail, "a@example.jp");
  auto bad = good;
  bad.category = "no_such";
  EXPECT_EQ(refusal(bad), Error::Kind::usage);
  bad = good, bad.group = make_id();
  EXPECT_EQ(refusal(bad), Error::Kind::usage);
  bad = good, bad.minimum_score = 101;
  EXPECT_EQ(refusal(bad), Error::Kind::usage);
  bad = good, bad.name = "a\nb";
  EXPECT_EQ(refusal(bad), Error::Kind::usage);
  bad = good, bad.recipients.clear();
  EXPECT_EQ(refusal(bad), Error::Kind::usage);
  bad = route_to(ChannelKind::webhook, "https://example.jp/"), bad.recipients[0].secret = "short";
  EXPECT_EQ(refusal(bad), Error::Kind::usage);
  for (const char* text : {"{", "[\"{{no_such}}\"]", "[\"{{id\"]", "[[[[[[[[[[[[]]]]]]]]]]]]"}) {
    bad = route_to(ChannelKind::webhook, "https://example.jp/"), bad.recipients[0].body_template = text;
    EXPECT_EQ(refusal(bad), Error::Kind::usage) << text;
  }
}

TEST_F(ANotificationRoute, IsForAdministratorsOfTheTenantOnly) {
  const auto route = add(route_to(ChannelKind::mail, "a@example.jp"));
  EXPECT_EQ(desk_->routes.list(department_).error().kind, Error::Kind::forbidden);
  EXPECT_EQ(desk_->routes.add(department_, route).error().kind, Error::Kind::forbidden);
  EXPECT_EQ(desk_->outbox.list(department_, {}).error().kind, Error::Kind::forbidden);
  auto stranger = administrator_;
  stranger.tenant = other_tenant_;
  EXPECT_THAT(*desk_->routes.list(stranger), IsEmpty());
  EXPECT_EQ(desk_->routes.get(stranger, route.id).error().kind, Error::Kind::not_found);
  EXPECT_EQ(
      desk_->routes.change(stranger, route.id, route_to(ChannelKind::mail, "x@example.jp")).error().kind,
      Error::Kind::not_found);
  EXPECT_EQ(desk_->routes.remove(stranger, route.id).error().kind, Error::Kind::not_found);
  EXPECT_EQ(desk_->routes.list(administrator_)->size(), 1U);
}

TEST_F(ANotificationRoute, TellsAWebhooksSecretOnceAndKeepsItWhenChanged) {
  auto choice = route_to(ChannelKind::webhook, "https://example.jp/hook");
  choice.recipients[0].secret.clear();
  const auto made = add(choice);
  const auto secret = made.recipients[0].secret;
  EXPECT_GE(secret.size(), 40U);
  auto listed = *desk_->routes.get(administrator_, made.id);
  EXPECT_EQ(listed.recipients[0].secret, "");
  EXPECT_EQ(listed.recipients[0].address, "https://example.jp/hook");
  listed.recipients[0].address = "https://example.jp/other";
  const auto changed = desk_->routes.change(administrator_, made.id, listed);
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->version, 2);
  const auto kept = desk_->database->read(
      [&](store::Transaction& t) { return desk_->routes.recipient(t, tenant_, made.recipients[0].id); });
  EXPECT_EQ((**kept).secret, secret);
  EXPECT_EQ((**kept).address, "https://example.jp/other");
  EXPECT_EQ(desk_->routes.change(administrator_, made.id, listed).error().kind, Error::Kind::conflict);
}

TEST_F(ANotificationRoute, FillsATemplateWithoutLettingValuesOut) {
  Delivery delivery;
  delivery.id = "d1";
  delivery.notice.group = "\"}, {\"x\": \"{{link}}";
  delivery.notice.score = 72;
  delivery.link = "https://example.jp/n/s";
  const auto filled =
      fill_template(R"({"text": "{{group}} {{score}} <{{link}}>", "n": [1, "{{id}}"]})", delivery);
  ASSERT_TRUE(filled);
  const auto document = nlohmann::json::parse(*filled);
  EXPECT_EQ(document["text"], "\"}, {\"x\": \"{{link}} 72 <https://example.jp/n/s>");
  EXPECT_EQ(document["n"][1], "d1");
  EXPECT_EQ(document.size(), 2U);
}

TEST_F(ANotificationRoute, SendsWordsOnlyWhereWantedAndWithoutPersonalDetails) {
  auto with = route_to(ChannelKind::mail, "with@example.jp");
  with.with_quote = true;
  add(with);
  add(route_to(ChannelKind::mail, "without@example.jp"));
  happen(report_of(72, Band::high, {"threat"}, "殺すぞ、電話番号は090-1234-5678だ"));
  int quotes = 0;
  for (const auto& notice : notices()) {
    desk_->write([&](store::Transaction& t) {
      t.execute("UPDATE notices SET state = 'sending' WHERE id = ?", {notice.id});
    });
    const auto out = desk_->outbox.open({tenant_, notice.recipient}, notice.id);
    ASSERT_TRUE(out && *out);
    const auto& delivery = (*out)->delivery;
    EXPECT_THAT(body_of(delivery), Not(HasSubstr("090-1234")));
    EXPECT_EQ(delivery.notice.quote.find("殺すぞ") != std::string::npos, delivery.to == "with@example.jp");
    quotes += delivery.notice.quote.empty() ? 0 : 1;
  }
  EXPECT_EQ(quotes, 1);
}

}  // namespace
}  // namespace guardian::casework
