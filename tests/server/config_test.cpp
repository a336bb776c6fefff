#include "server/config.h"

#include <gmock/gmock.h>

#include <fstream>

#include "support.h"

namespace guardian::server {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string mistake_in(const std::string& text) {
  const auto checked = check_config(text, "guardian.yaml");
  return checked.mistakes.empty() ? "" : describe(checked.mistakes.front(), Language::english);
}

TEST(AConfiguration, ShowsItsDefaultsInTheExample) {
  const auto example = read_config(test::source_dir() / "packaging/guardian.example.yaml");
  ASSERT_TRUE(example) << describe(example.error(), Language::english);
  auto expected = Config{};
  expected.data = test::source_dir() / "packaging" / expected.data;
  EXPECT_EQ(describe_config(*example), describe_config(expected));
}

TEST(AConfiguration, IsReadBackFromItsDescription) {
  const std::string text =
      "data: /srv/g'd\nlisten: {address: 0.0.0.0, port: 443}\npublic_url: "
      "https://g.example.jp\nbehind_proxy: true\n"
      "limits: {upload_bytes: 5000000000, connections: 9}\nrates: {sign_in: {per_minute: 2.5, burst: 3}}\n"
      "workers: {number: 2, threads: 3, model: whisper-base}\nretention_days: {case: 3650}\nplan_minutes: "
      "90\n"
      "smtp: {host: mail.example.jp, port: 465, security: tls, user: u, from: g@example.jp}\nlog_level: "
      "warn\n";
  const auto config = parse_config(text, "guardian.yaml");
  ASSERT_TRUE(config) << describe(config.error(), Language::english);
  EXPECT_EQ(config->limits.upload_bytes, 5'000'000'000U);
  EXPECT_EQ(config->smtp.security, Smtp::Security::tls);
  const auto described = describe_config(*config);
  EXPECT_EQ(describe_config(*parse_config(described, "guardian.yaml")), described);
}

TEST(AConfiguration, TellsTheLineOfAMistake) {
  EXPECT_THAT(mistake_in("listen:\n  port: 70000\n"), AllOf(HasSubstr("guardian.yaml:2"), HasSubstr("port")));
  EXPECT_THAT(mistake_in("plan_minutes: 3000\nlisten:\n  prot: 80\n"), HasSubstr("guardian.yaml:3"));
  EXPECT_THAT(mistake_in("public_url: https://a.example/path\n"), HasSubstr("public_url"));
  EXPECT_THAT(mistake_in("public_url: \"https://a.example\\r\\nX: y\"\n"), HasSubstr("public_url"));
  EXPECT_THAT(mistake_in("limits: {connections: 2.5}\n"), HasSubstr("whole number"));
  EXPECT_THAT(mistake_in("behind_proxy: maybe\n"), HasSubstr("behind_proxy"));
  EXPECT_THAT(mistake_in("log_level: loud\n"), HasSubstr("log_level"));
  EXPECT_THAT(mistake_in("tls: {certificate: none.pem, key: none.pem}\n"), HasSubstr("certificate"));
  EXPECT_THAT(mistake_in("smtp: {host: h, from: f, user: u, security: none}\n"), HasSubstr("encryption"));
  EXPECT_THAT(mistake_in("metrics_token_file: /does/not/exist\n"), HasSubstr("metrics_token_file"));
  EXPECT_THAT(mistake_in("- a list\n"), HasSubstr("not a mapping"));
  EXPECT_EQ(mistake_in(""), "");
}

TEST(AConfiguration, TellsTheMistakesOfAllSections) {
  const auto checked =
      check_config("log_level: loud\nlisten: {port: -1}\nworkers: {number: many}\n", "g.yaml");
  EXPECT_EQ(checked.mistakes.size(), 3U);
}

TEST(AConfiguration, KeepsSecretsToItself) {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path() / "password") << "hunter2\n";
  std::ofstream(folder.path() / "token") << "metrics-secret\n";
  const auto config =
      parse_config("smtp: {host: h, from: f, user: u, password_file: password}\nmetrics_token_file: token\n",
                   (folder.path() / "guardian.yaml").string());
  ASSERT_TRUE(config) << describe(config.error(), Language::english);
  EXPECT_EQ(config->smtp.password, "hunter2");
  EXPECT_EQ(config->metrics_token, "metrics-secret");
  EXPECT_THAT(describe_config(*config), AllOf(Not(HasSubstr("hunter2")), Not(HasSubstr("metrics-secret"))));
}

}  // namespace
}  // namespace guardian::server
