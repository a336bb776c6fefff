// The file that names a model outside: what it may say, and that no key ever shows.
#include "consultation/endpoint.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "support.h"

namespace guardian::consultation {
namespace {

using testing::HasSubstr;
using testing::Not;

class EndpointFile : public testing::Test {
 protected:
  Result<Endpoint> load(const std::string& content) {
    const auto path = folder_.path() / "endpoint.yaml";
    std::ofstream(path) << content;
    return load_endpoint(path);
  }
  std::string refusal(const std::string& content) {
    const auto endpoint = load(content);
    return endpoint ? "accepted" : describe(endpoint.error(), Language::english);
  }

  test::TemporaryFolder folder_;
};

TEST_F(EndpointFile, NamesServerAndModel) {
  const auto endpoint = load("url: https://llm.example.jp:8443/api/\nmodel: big\n").value();
  EXPECT_EQ(endpoint.address, "https://llm.example.jp:8443/api/v1/chat/completions");
  EXPECT_EQ(endpoint.host, "llm.example.jp:8443");
  EXPECT_EQ(endpoint.model, "big");
  EXPECT_TRUE(endpoint.key.empty());
  EXPECT_EQ(load("url: https://llm.example.jp/v1\nmodel: m\n")->address,
            "https://llm.example.jp/v1/chat/completions");
}

TEST_F(EndpointFile, TakesUnencryptedAddressesOnlyInside) {
  for (const char* host :
       {"localhost", "127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.0.9", "[::1]", "[fd00::1]"})
    EXPECT_TRUE(load("url: http://" + std::string(host) + ":8080\nmodel: m\n")) << host;
  for (const char* host : {"llm.example.jp", "8.8.8.8", "172.32.0.1", "192.169.0.1", "[2001:db8::1]",
                           "[::ffff:8.8.8.8]", "localhost.example.jp", "10.1.2.3.example.jp", "0.0.0.0"})
    EXPECT_THAT(refusal("url: http://" + std::string(host) + "\nmodel: m\n"), HasSubstr("endpoint.yaml:1"))
        << host;
  EXPECT_THAT(refusal("url: file:///etc/passwd\nmodel: m\n"), HasSubstr("only https and http"));
  EXPECT_THAT(refusal("url: http://127.0.0.1@llm.example.jp\nmodel: m\n"), HasSubstr("endpoint.yaml:1"));
}

TEST_F(EndpointFile, SaysWhichLineIsWrong) {
  EXPECT_THAT(refusal("model: m\n"), HasSubstr("url"));
  EXPECT_THAT(refusal("url: https://a.jp\n"), HasSubstr("model"));
  EXPECT_THAT(refusal("url: https://a.jp\nmodel: m\ntimeout_s: 0\n"), HasSubstr("endpoint.yaml:3"));
  EXPECT_THAT(refusal("url: https://a.jp\nmodel: m\nretries: 99\n"), HasSubstr("endpoint.yaml:3"));
  EXPECT_THAT(refusal("url: https://a.jp\nmodel: m\ntemprature: 1\n"), HasSubstr("unknown key"));
  EXPECT_THAT(refusal("- 1\n"), HasSubstr("endpoint.yaml"));
  EXPECT_THAT(describe(load_endpoint("/nowhere.yaml").error(), Language::english),
              HasSubstr("/nowhere.yaml"));
}

TEST_F(EndpointFile, TheKeyComesFromTheEnvironmentAndIsNeverShown) {
  constexpr const char* kSecret = "sk-very-secret-0123456789";
  const std::string file = "url: https://a.jp\nmodel: m\napi_key_env: GUARDIAN_TEST_KEY\n";
  ::setenv("GUARDIAN_TEST_KEY", kSecret, 1);
  EXPECT_EQ(load(file)->key.reveal(), kSecret);
  ::setenv("GUARDIAN_TEST_KEY", (std::string(kSecret) + "\r\nX-Other: 1").c_str(), 1);
  EXPECT_THAT(refusal(file), testing::AllOf(HasSubstr("no usable key"), Not(HasSubstr(kSecret))));
  ::unsetenv("GUARDIAN_TEST_KEY");
  EXPECT_THAT(refusal(file), HasSubstr("no usable key"));
  for (const std::string& slip :
       {std::string("api_key_env: ") + kSecret, std::string("api_key_env: skverysecret0123456789"),
        std::string("api_key: ") + kSecret})
    EXPECT_THAT(refusal("url: https://a.jp\nmodel: m\n" + slip + "\n"),
                testing::AllOf(Not(HasSubstr("accepted")), Not(HasSubstr("secret"))));
  EXPECT_THAT(refusal(std::string("url: https://me:") + kSecret + "@a.jp\nmodel: m\n"),
              testing::AllOf(HasSubstr("no user"), Not(HasSubstr("secret"))));
}

}  // namespace
}  // namespace guardian::consultation
