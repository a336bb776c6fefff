#include "casework/mail_channel.h"

#include "casework_fixture.h"

namespace guardian::casework {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::filesystem::path mail_package() { return test::source_dir() / ".deps/mail-server"; }

/// A certificate of its own authority, for one name.
struct Certificate {
  Certificate(const std::filesystem::path& folder, const std::string& name)
      : file(folder / (name + ".pem")), key(folder / (name + ".key")) {
    const auto make =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=" +
        name + " -addext subjectAltName=DNS:" + name + " -keyout " + key.string() + " -out " + file.string() +
        " 2>/dev/null";
    if (std::system(make.c_str()) != 0) throw std::runtime_error("no certificate");  // NOLINT(*-env33-c)
  }
  std::filesystem::path file;
  std::filesystem::path key;
};

class AMail : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(mail_package() / "aiosmtpd"))
      GTEST_SKIP() << "needs aiosmtpd in " << mail_package() << ", not present; scripts/setup brings it";
  }

  /// Starts a server and says how to reach it.
  MailServer serve(const std::string& mode, const std::string& name = "localhost") {
    const Certificate certificate(folder_.path(), name);
    server_ = std::make_unique<test::LocalServer>(
        "casework/mail_server.py",
        std::vector<std::string>{mail_package().string(), mails_.string(), mode, certificate.file.string(),
                                 certificate.key.string()});
    MailServer server;
    server.host = "localhost";
    server.port = std::stoi(server_->address());
    server.user = "guardian";
    server.password = "right";
    server.from = "kasuhara@example.jp";
    server.ca_file = certificate.file;
    server.patience = std::chrono::milliseconds(3000);
    if (mode == "plain") server.security = MailServer::Security::none, server.user.clear();
    if (mode == "tls") server.security = MailServer::Security::tls;
    return server;
  }
  static Delivery delivery_to(const std::string& address) {
    Delivery delivery;
    delivery.id = make_id();
    delivery.to = address;
    delivery.notice = {make_id(), 1'790'000'000'000,     "お客様相談室　第一グループ（関東・甲信越）",
                       72,        judgement::Band::high, {{"threat", {"脅迫", "threat"}}},
                       ""};
    delivery.link = "https://guardian.example.jp/n/0123456789abcdef";
    return delivery;
  }
  Result<void> send(const MailServer& server, const Delivery& delivery) {
    auto channel = MailChannel::make(server);
    if (!channel) return tl::unexpected<Error>(channel.error());
    return channel->send(delivery, {});
  }
  std::vector<nlohmann::json> mails() const { return lines_of(mails_); }

  test::TemporaryFolder folder_;
  std::filesystem::path mails_ = folder_.path() / "mails";
  std::unique_ptr<test::LocalServer> server_;
};

TEST_F(AMail, ArrivesInJapaneseEncryptedAndSignedIn) {
  const auto server = serve("starttls");
  const auto delivery = delivery_to("toban@example.jp");
  const auto sent = send(server, delivery);
  ASSERT_TRUE(sent) << describe(sent.error(), Language::english);
  ASSERT_EQ(mails().size(), 1U);
  const auto mail = mails()[0];
  EXPECT_EQ(mail["encrypted"], true);
  EXPECT_EQ(mail["user"], true);
  EXPECT_EQ(mail["from"], "kasuhara@example.jp");
  EXPECT_EQ(mail["to"], nlohmann::json::array({"toban@example.jp"}));
  EXPECT_EQ(mail["subject"], subject_of(delivery));
  EXPECT_THAT(mail["subject"].get<std::string>(), AllOf(HasSubstr("72"), HasSubstr("お客様相談室")));
  EXPECT_EQ(mail["body"], body_of(delivery));
  EXPECT_THAT(mail["body"].get<std::string>(), AllOf(HasSubstr("脅迫"), HasSubstr(delivery.link)));
  EXPECT_THAT(mail["sender"].get<std::string>(), HasSubstr("カスハラAIガーディアン"));
  EXPECT_EQ(mail["delivery"], delivery.id);
  EXPECT_THAT(mail["message_id"].get<std::string>(), HasSubstr(delivery.id));
  EXPECT_THAT(mail["defects"], IsEmpty());
  EXPECT_LE(mail["longest_line"], 76);
}

TEST_F(AMail, ArrivesOverTlsFromTheFirstByte) {
  EXPECT_TRUE(send(serve("tls"), delivery_to("toban@example.jp")));
  ASSERT_EQ(mails().size(), 1U);
  EXPECT_EQ(mails()[0]["encrypted"], true);
}

TEST_F(AMail, GoesOverAConnectionThatIsKept) {
  auto channel = MailChannel::make(serve("starttls"));
  ASSERT_TRUE(channel);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(channel->send(delivery_to("toban@example.jp"), {}));
  ASSERT_EQ(mails().size(), 3U);
  EXPECT_EQ(mails()[0]["peer"], mails()[2]["peer"]);
}

TEST_F(AMail, StillGoesWhenTheServerWasRestartedMeanwhile) {
  auto server = serve("plain");
  auto channel = MailChannel::make(server);
  ASSERT_TRUE(channel->send(delivery_to("toban@example.jp"), {}));
  server_.reset();
  EXPECT_EQ(channel->send(delivery_to("toban@example.jp"), {}).error().kind, Error::Kind::network);
}

TEST_F(AMail, IsNotSentToAServerThatCannotProveWhoItIs) {
  auto unknown_authority = serve("starttls");
  unknown_authority.ca_file.clear();
  EXPECT_EQ(send(unknown_authority, delivery_to("toban@example.jp")).error().kind, Error::Kind::network);
  const auto other_name = serve("starttls", "mail.example.jp");
  EXPECT_EQ(send(other_name, delivery_to("toban@example.jp")).error().kind, Error::Kind::network);
  const auto other_name_at_once = serve("tls", "mail.example.jp");
  EXPECT_EQ(send(other_name_at_once, delivery_to("toban@example.jp")).error().kind, Error::Kind::network);
  EXPECT_THAT(mails(), IsEmpty());
}

TEST_F(AMail, IsNotSentUnencryptedBecauseAServerOffersNoEncryption) {
  auto server = serve("plain");
  server.security = MailServer::Security::starttls;
  EXPECT_EQ(send(server, delivery_to("toban@example.jp")).error().kind, Error::Kind::network);
  EXPECT_THAT(mails(), IsEmpty());
}

TEST_F(AMail, WithAWrongPasswordWaitsForARepairAndTellsNoSecret) {
  auto server = serve("starttls");
  server.password = "wrong-password";
  const auto refused = send(server, delivery_to("toban@example.jp"));
  EXPECT_EQ(refused.error().kind, Error::Kind::network);
  EXPECT_THAT(describe(refused.error(), Language::english),
              AllOf(HasSubstr("AUTH"), Not(HasSubstr("wrong-password"))));
}

TEST_F(AMail, IsGivenUpOnlyWhereTheRefusalIsFinal) {
  auto channel = MailChannel::make(serve("starttls"));
  EXPECT_EQ(channel->send(delivery_to("refused@example.jp"), {}).error().kind, Error::Kind::forbidden);
  EXPECT_EQ(channel->send(delivery_to("content@example.jp"), {}).error().kind, Error::Kind::forbidden);
  EXPECT_EQ(channel->send(delivery_to("later@example.jp"), {}).error().kind, Error::Kind::network);
  EXPECT_TRUE(channel->send(delivery_to("toban@example.jp"), {}));
}

TEST_F(AMail, GetsNoHeaderFromOutside) {
  auto channel = MailChannel::make(serve("starttls"));
  EXPECT_EQ(channel->send(delivery_to("a@example.jp>\r\nRCPT TO:<x@evil.jp"), {}).error().kind,
            Error::Kind::forbidden);
  auto delivery = delivery_to("toban@example.jp");
  delivery.notice.group = "受付\r\nBcc: x@evil.jp\r\n\r\n.\r\nMAIL FROM:<x@evil.jp>";
  delivery.notice.categories[0].label.ja = "\r\n.\r\nQUIT\r\n";
  ASSERT_TRUE(channel->send(delivery, {}));
  ASSERT_EQ(mails().size(), 1U);
  const auto headers = mails()[0]["headers"].get<std::vector<std::string>>();
  EXPECT_THAT(headers, Not(testing::Contains("Bcc")));
  EXPECT_EQ(headers.size(), 10U);
}

TEST(AMailServer, ThatCannotBeIsRefused) {
  MailServer server;
  server.host = "mail.example.jp";
  server.from = "not an address";
  EXPECT_EQ(MailChannel::make(server).error().kind, Error::Kind::usage);
  server.from = "a@example.jp";
  server.user = "guardian";
  server.security = MailServer::Security::none;
  EXPECT_EQ(MailChannel::make(server).error().kind, Error::Kind::usage);
  server.security = MailServer::Security::starttls;
  server.ca_file = "/nowhere.pem";
  EXPECT_EQ(MailChannel::make(server).error().kind, Error::Kind::unreadable);
}

}  // namespace
}  // namespace guardian::casework
