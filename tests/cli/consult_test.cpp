// `guardian analyze --consult`: a model outside is heard or not, and the report says which. With a real
// llama.cpp server as well as with one that fails.
#include <gmock/gmock.h>

#include "consultation/local_server.h"
#include "program.h"

namespace guardian::cli {
namespace {

using consultation::test::LocalServer;
using test::guardian;
using test::Program;
using test::write;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kSecret = "sk-very-secret-0123456789";
constexpr const char* kTranscript =
    R"({"turns":[{"speaker":"employee","text":"お電話ありがとうございます、佐藤と申します","start":0,"end":1},)"
    R"({"speaker":"customer","text":"田中だよ、番号は090-1234-5678","start":1,"end":3},)"
    R"({"speaker":"customer","text":"今すぐ土下座しろ","start":3,"end":4}]})";

class Consulting : public testing::Test {
 protected:
  Consulting() {
    ::setenv("GUARDIAN_TEST_KEY", kSecret, 1);
    write(transcript_, kTranscript);
  }

  std::string endpoint(const std::string& address, const std::string& more = "") const {
    const auto path = folder_.path() / "endpoint.yaml";
    write(path, "url: " + address + "\nmodel: toy\napi_key_env: GUARDIAN_TEST_KEY\nretries: 0\n" + more);
    return path.string();
  }

  test::Run analyze(const std::vector<std::string>& more) const {
    std::vector<std::string> words = {"analyze", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    words.insert(words.end(), {"--transcript", transcript_.string()});
    return guardian(words);
  }

  std::string log() const { return (folder_.path() / "log").string(); }

  test::TemporaryFolder folder_;
  std::filesystem::path transcript_ = folder_.path() / "call.json";
};

std::string warnings_of(const test::Run& run) {
  std::string all;
  const auto report = run.json();
  for (const auto& warning : report["recording"]["warnings"]) all += warning.get<std::string>() + "\n";
  return all;
}

std::string grounds_of(const test::Run& run) {
  std::string all;
  const auto report = run.json();
  for (const auto& finding : report["findings"])
    for (const auto& ground : finding["grounds"]) all += ground.get<std::string>() + "\n";
  return all;
}

TEST_F(Consulting, IsOffUnlessAskedFor) {
  const LocalServer server("chat_server.py", {"none", log()});
  endpoint(server.address());
  const auto run = analyze({});
  ASSERT_EQ(run.exit_code, 0) << run.messages;
  EXPECT_THAT(test::content_of(log()), IsEmpty()) << "no request was sent";
  EXPECT_THAT(warnings_of(run), Not(HasSubstr("外部のモデル")));
}

TEST_F(Consulting, IsHeardAndNamed) {
  const LocalServer server("chat_server.py", {"none", log()});
  const auto run = analyze({"--consult", endpoint(server.address())});
  ASSERT_EQ(run.exit_code, 0) << run.messages;
  EXPECT_THAT(warnings_of(run),
              AllOf(HasSubstr("外部のモデル「toy」(127.0.0.1:"), HasSubstr("顧客の発話 2 件")));
  EXPECT_THAT(grounds_of(run), HasSubstr("外部の意見 +1.5 (「脅迫」)"));
  EXPECT_EQ(run.json()["findings"].size(), analyze({}).json()["findings"].size())
      << "it calls a harmless turn a threat, and is not believed alone";
  EXPECT_THAT(run.output + run.messages, Not(HasSubstr(kSecret)));
}

TEST_F(Consulting, SendsNoPersonalDetail) {
  const LocalServer server("chat_server.py", {"none", log()});
  ASSERT_EQ(analyze({"--consult", endpoint(server.address())}).exit_code, 0);
  const auto sent = nlohmann::json::parse(test::content_of(log()))["body"].get<std::string>();
  EXPECT_THAT(sent, HasSubstr("今すぐ土下座しろ"));
  for (const char* detail : {"佐藤", "田中", "5678"}) EXPECT_THAT(sent, Not(HasSubstr(detail)));
}

TEST_F(Consulting, IsNamedByTheEnvironmentToo) {
  const LocalServer server("chat_server.py", {"none", log()});
  const auto file = endpoint(server.address());
  const auto run = Program({"analyze", "--json", "--transcript", transcript_.string()}, [&] {
                     ::setenv("GUARDIAN_CONSULT", file.c_str(), 1);
                     ::setenv("http_proxy", "http://127.0.0.1:9", 1);  // words for a private host stay off it
                   }).wait();
  ASSERT_EQ(run.exit_code, 0) << run.messages;
  EXPECT_THAT(warnings_of(run), HasSubstr("顧客の発話 2 件"));
}

TEST_F(Consulting, AFailureChangesNothingButTheReportSaysSo) {
  auto expected = analyze({}).json();
  for (const char* fault : {"status_500", "refusal", "duplicate"}) {
    const LocalServer server("chat_server.py", {fault, log()});
    const auto run = analyze({"--consult", endpoint(server.address())});
    ASSERT_EQ(run.exit_code, 0) << run.messages;
    EXPECT_THAT(warnings_of(run), HasSubstr("判定は残り三つの証人")) << fault;
    EXPECT_THAT(run.output + run.messages, Not(HasSubstr(kSecret))) << fault;
    EXPECT_EQ(run.json()["findings"], expected["findings"]) << fault;
    EXPECT_EQ(run.json()["score"], expected["score"]) << fault;
  }
}

TEST_F(Consulting, AModelThatTheCustomerTalkedRoundMakesNoFindingVanish) {
  const LocalServer server("chat_server.py", {"obeys_the_customer", log()});
  const auto run = analyze({"--consult", endpoint(server.address())});
  ASSERT_EQ(run.exit_code, 0) << run.messages;
  EXPECT_EQ(run.json()["findings"].size(), analyze({}).json()["findings"].size());
  EXPECT_EQ(run.json()["score"], analyze({}).json()["score"]);
}

TEST_F(Consulting, AWrongFileIsSaidBeforeAnyWork) {
  const auto run = analyze({"--consult", endpoint("http://llm.example.jp")});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(run.message_lines(), 1U) << run.messages;
  EXPECT_THAT(run.messages, AllOf(HasSubstr("endpoint.yaml:1"), HasSubstr("https")));
  EXPECT_THAT(run.output, IsEmpty());
  EXPECT_EQ(analyze({"--consult", "nowhere.yaml"}).exit_code, 1);
}

class ConsultingLlama : public Consulting {
 protected:
  static std::vector<std::string> server_of(const std::string& model) {
    return {consultation::test::llama_folder().string(), model, kSecret};
  }
  /// A busy machine may be slow to answer.
  std::string patient(const LocalServer& server, const std::string& more = "") const {
    return endpoint(server.address(), "timeout_s: 300\n" + more);
  }
};

TEST_F(ConsultingLlama, IsHeardOnOneTurnAtATime) {
  GUARDIAN_NEEDS_LLAMA();
  const LocalServer server("llama_server.py", server_of("settled"));
  ASSERT_FALSE(server.address().empty());
  const auto run = analyze({"--consult", patient(server, "max_turns_per_request: 1\n")});
  ASSERT_EQ(run.exit_code, 0) << run.messages;
  EXPECT_THAT(warnings_of(run), HasSubstr("顧客の発話 2 件"));
  EXPECT_THAT(grounds_of(run), HasSubstr("外部の意見 +1.1 (「脅迫」)"));
}

TEST_F(ConsultingLlama, IsNotHeardWhereItRepeatsItself) {
  GUARDIAN_NEEDS_LLAMA();
  const LocalServer server("llama_server.py", server_of("settled"));
  const auto run = analyze({"--consult", patient(server)});
  ASSERT_EQ(run.exit_code, 0) << run.messages;
  EXPECT_THAT(warnings_of(run), AllOf(HasSubstr("回答の内容に誤りがあります"), HasSubstr("残り三つの証人")));
}

TEST_F(ConsultingLlama, RandomWeightsBreakNothing) {
  GUARDIAN_NEEDS_LLAMA();
  const LocalServer server("llama_server.py", server_of("random"));
  const auto run = analyze({"--consult", patient(server, "temperature: default\n")});
  ASSERT_EQ(run.exit_code, 0) << run.messages;
  EXPECT_THAT(warnings_of(run), HasSubstr("外部のモデル「toy」"));
  EXPECT_EQ(run.json()["findings"].size(), analyze({}).json()["findings"].size());
}

TEST_F(ConsultingLlama, AWrongKeyIsRefused) {
  GUARDIAN_NEEDS_LLAMA();
  const LocalServer server("llama_server.py", server_of("settled"));
  ::setenv("GUARDIAN_TEST_KEY", "sk-another", 1);
  const auto run = analyze({"--consult", patient(server)});
  ASSERT_EQ(run.exit_code, 0) << run.messages;
  EXPECT_THAT(warnings_of(run), AllOf(HasSubstr("HTTP 401"), Not(HasSubstr("sk-another"))));
}

}  // namespace
}  // namespace guardian::cli
