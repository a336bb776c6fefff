#include "casework/webhook_channel.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "casework_fixture.h"

namespace guardian::casework {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class AWebhook : public testing::Test {
 protected:
  Delivery delivery_to(const std::string& path) const {
    Delivery delivery;
    delivery.id = make_id();
    delivery.to = server_.address() + path;
    delivery.secret = kSecret;
    delivery.notice = {make_id(), 1'790'000'000'000,     "受付",
                       72,        judgement::Band::high, {{"threat", {"脅迫", "threat"}}},
                       ""};
    delivery.link = "https://guardian.example.jp/n/0123456789abcdef";
    return delivery;
  }
  static WebhookChannel channel(const std::vector<std::string>& networks) {
    return std::move(*WebhookChannel::make({networks, 2000, 500}));
  }
  Result<void> send(const Delivery& delivery,
                    const std::vector<std::string>& networks = {"127.0.0.0/8"}) const {
    return channel(networks).send(delivery, {});
  }
  std::vector<nlohmann::json> requests() const { return lines_of(requests_); }

  static constexpr const char* kSecret = "a-secret-of-the-tests";
  test::TemporaryFolder folder_;
  std::filesystem::path requests_ = folder_.path() / "requests";
  test::LocalServer server_{"casework/webhook_server.py", {requests_.string(), kSecret}};
};

TEST_F(AWebhook, ArrivesSignedAndSaysNoMoreThanItMust) {
  const auto delivery = delivery_to("/ok");
  const auto sent = send(delivery);
  ASSERT_TRUE(sent) << describe(sent.error(), Language::english);
  ASSERT_EQ(requests().size(), 1U);
  const auto request = requests()[0];
  EXPECT_EQ(request["signed"], true);
  EXPECT_EQ(request["delivery"], delivery.id);
  EXPECT_EQ(request["type"], "application/json");
  const auto& body = request["body"];
  EXPECT_EQ(body["type"], "case.notice");
  EXPECT_EQ(body["score"], 72);
  EXPECT_EQ(body["band"], "high");
  EXPECT_EQ(body["link"], delivery.link);
  EXPECT_EQ(body["categories"][0]["label"], "脅迫");
  EXPECT_EQ(body["occurred_at"], "2026-09-21T23:13:20+09:00");
  EXPECT_FALSE(body.contains("quote"));
}

TEST_F(AWebhook, SignedWithAnotherSecretIsNotBelieved) {
  auto delivery = delivery_to("/ok");
  delivery.secret = "another-secret-of-somebody";
  ASSERT_TRUE(send(delivery));
  EXPECT_EQ(requests()[0]["signed"], false);
}

TEST_F(AWebhook, TakesTheFormOfItsTemplate) {
  auto delivery = delivery_to("/ok");
  delivery.body_template = R"({"text": "{{group}}: {{score}} {{link}}"})";
  ASSERT_TRUE(send(delivery));
  EXPECT_EQ(requests()[0]["body"], (nlohmann::json{{"text", "受付: 72 " + delivery.link}}));
  EXPECT_EQ(requests()[0]["signed"], true);
}

TEST_F(AWebhook, ThatIsNotTakenIsWorthAnotherAttempt) {
  for (const char* path : {"/500", "/drop", "/nowhere"})
    EXPECT_EQ(send(delivery_to(path)).error().kind, Error::Kind::network) << path;
  const auto redirected = send(delivery_to("/redirect"));
  EXPECT_THAT(describe(redirected.error(), Language::english), HasSubstr("redirect"));
  EXPECT_EQ(requests().size(), 4U);  // none at /ok
}

TEST_F(AWebhook, DoesNotWaitForOneThatHangsNorReadsOneThatFloods) {
  const auto begin = std::chrono::steady_clock::now();
  const auto late = send(delivery_to("/hang"));
  EXPECT_THAT(describe(late.error(), Language::english), HasSubstr("in time"));
  EXPECT_TRUE(send(delivery_to("/flood")));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
}

TEST_F(AWebhook, StopsWhenItIsTold) {
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(channel({"127.0.0.1"}).send(delivery_to("/hang"), source.get_token()).error().kind,
            Error::Kind::cancelled);
}

TEST_F(AWebhook, NeverReachesTheInsideUnlessItIsListed) {
  const auto port = server_.address().substr(server_.address().rfind(':'));
  for (const auto& host : {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::1]",
                           "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "169.254.169.254", "10.0.0.1"}) {
    auto delivery = delivery_to("/ok");
    for (const char* scheme : {"http://", "https://"}) {
      delivery.to = scheme + (host + port) + "/ok";
      const auto sent = send(delivery, {"10.99.0.0/16"});
      ASSERT_FALSE(sent) << delivery.to;
      EXPECT_EQ(sent.error().kind, Error::Kind::forbidden) << delivery.to;
    }
  }
  EXPECT_EQ(send(delivery_to("/ok"), {}).error().kind, Error::Kind::forbidden);
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(AWebhook, WithoutEncryptionGoesToListedNetworksOnly) {
  auto delivery = delivery_to("/ok");
  delivery.to = "http://93.184.216.34/";
  EXPECT_EQ(send(delivery, {"127.0.0.0/8"}).error().kind, Error::Kind::forbidden);
}

class TheNetworkGuard : public testing::Test {
 protected:
  static bool allows(const NetworkGuard& guard, const std::string& text) {
    sockaddr_in6 v6{};
    sockaddr_in v4{};
    if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
      v4.sin_family = AF_INET;
      return guard.allows(reinterpret_cast<const sockaddr&>(v4));
    }
    if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) != 1) throw std::runtime_error(text);
    v6.sin6_family = AF_INET6;
    return guard.allows(reinterpret_cast<const sockaddr&>(v6));
  }
};

TEST_F(TheNetworkGuard, KnowsThePublicInternet) {
  const auto guard = *NetworkGuard::make({});
  for (const char* good : {"8.8.8.8", "93.184.216.34", "172.32.0.1", "172.15.255.255", "100.128.0.1",
                           "11.0.0.1", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8"})
    EXPECT_TRUE(allows(guard, good)) << good;
  for (const char* bad :
       {"127.0.0.1",       "127.255.255.255", "10.1.2.3",        "172.16.0.1",    "172.31.255.255",
        "192.168.0.1",     "169.254.169.254", "100.64.0.1",      "0.0.0.0",       "224.0.0.1",
        "255.255.255.255", "198.18.0.1",      "192.0.2.1",       "::1",           "::",
        "fe80::1",         "fd00::1",         "fc00::1",         "ff02::1",       "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "::127.0.0.1",     "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::",
        "2001:db8::1"})
    EXPECT_FALSE(allows(guard, bad)) << bad;
}

TEST_F(TheNetworkGuard, AllowsWhatIsListedAndNotOneAddressMore) {
  const auto guard = *NetworkGuard::make({"10.20.0.0/15", "192.168.1.7", "fd12:3456::/33"});
  for (const char* good : {"10.20.0.1", "10.21.255.255", "192.168.1.7", "fd12:3456::1", "::ffff:10.20.0.1"})
    EXPECT_TRUE(allows(guard, good)) << good;
  for (const char* bad : {"10.22.0.0", "10.19.255.255", "192.168.1.6", "192.168.1.8", "fd12:3456:8000::1"})
    EXPECT_FALSE(allows(guard, bad)) << bad;
  for (const char* none :
       {"", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "fd00::/129", "x", "10.0.0.0/", "10.0.0.0/8x"})
    EXPECT_EQ(NetworkGuard::make({none}).error().kind, Error::Kind::usage) << none;
}

}  // namespace
}  // namespace guardian::casework
