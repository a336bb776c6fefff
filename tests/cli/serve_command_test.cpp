#include <curl/curl.h>
#include <gmock/gmock.h>

#include "program.h"

namespace guardian::cli {
namespace {

using test::content_of;
using test::guardian;
using test::Program;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// Where the server says it can be reached; waits for it.
std::string address_in(const std::filesystem::path& output) {
  for (int i = 0; i < 500; ++i) {
    const auto text = content_of(output);
    const auto begin = text.find("http://");
    const auto end = text.find_first_of(" \n", begin);
    if (begin != std::string::npos && end != std::string::npos) return text.substr(begin, end - begin);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return "";
}

long status_of(const std::string& url) {
  CURL* curl = ::curl_easy_init();
  ::curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  ::curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  ::curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10L);
  long status = 0;
  if (::curl_easy_perform(curl) == CURLE_OK) ::curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  ::curl_easy_cleanup(curl);
  return status;
}

TEST(Serve, RunsFromAnEmptyFolderUntilItIsInterrupted) {
  const test::TemporaryFolder folder;
  const auto data = folder.path() / "data";
  const auto output = folder.path() / "out";
  for (int start = 0; start < 2; ++start) {
    std::filesystem::remove(output);
    const Program server({"--lang", "en", "serve", "--data", data.string(), "--port", "0"}, {}, output);
    const auto url = address_in(output);
    EXPECT_EQ(status_of(url + "/readyz"), 200);
    server.interrupt();
    const auto run = server.wait();
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_THAT(run.messages,
                AllOf(HasSubstr("\"event\":\"server.started\""), HasSubstr("\"event\":\"server.stopped\"")));
    EXPECT_THAT(run.messages, Not(HasSubstr(content_of(data / "master.key").substr(0, 64))));
  }
}

TEST(Serve, SaysWhyItCannotStart) {
  const test::TemporaryFolder folder;
  test::write(folder.path() / "guardian.yaml", "listen:\n  address: 203.0.113.1\n");
  const auto run = guardian({"--lang", "en", "serve", "--config", (folder.path() / "guardian.yaml").string(),
                             "--data", (folder.path() / "data").string()});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.messages, HasSubstr("203.0.113.1:8080"));
}

TEST(ConfigCheck, TellsMistakesByLineAndElseTheWholeConfiguration) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "guardian.yaml";
  test::write(file, "listen:\n  port: high\nworkers:\n  count: 2\n");
  const auto wrong = guardian({"--lang", "en", "config", "check", file.string()});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.messages, AllOf(HasSubstr("guardian.yaml:2"), HasSubstr("guardian.yaml:4")));
  test::write(file, "plan_minutes: 500\n");
  const auto good = guardian({"config", "check", file.string()});
  EXPECT_EQ(good.exit_code, 0);
  EXPECT_THAT(good.output, AllOf(HasSubstr("plan_minutes: 500"), HasSubstr("case: 1825")));
}

}  // namespace
}  // namespace guardian::cli
