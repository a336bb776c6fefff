// What the contract promises of the program itself: exit codes, one clear line for what goes wrong, nothing
// half-written.
#include "program.h"

#include <gmock/gmock.h>

namespace guardian::cli {
namespace {

using test::guardian;
using test::names_in;
using test::Program;
using test::Run;
using test::sample_call;
using test::write;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kTranscript = R"({"turns":[{"speaker":"employee","text":"はい","start":0,"end":1},)"
                                    R"({"speaker":"customer","text":"今すぐ土下座しろ","start":1,"end":3}]})";

class TheProgram : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& content) {
    write(folder_.path() / name, content);
    return (folder_.path() / name).string();
  }
  std::string copy_of_sample(const std::string& name) {
    std::filesystem::copy_file(sample_call(), folder_.path() / name);
    return (folder_.path() / name).string();
  }
  std::string out() const { return (folder_.path() / "out").string(); }

  /// One line that names the file, exit code 1, no report.
  void expect_refused(const std::string& path) {
    const auto run = guardian({"analyze", "--out", out(), path});
    EXPECT_EQ(run.exit_code, 1) << path;
    EXPECT_EQ(run.message_lines(), 1U) << run.messages;
    EXPECT_THAT(run.messages, HasSubstr(std::filesystem::path(path).filename().string()));
    EXPECT_THAT(run.output, IsEmpty());
    EXPECT_THAT(names_in(out()), IsEmpty()) << path;
  }

  guardian::test::TemporaryFolder folder_;
};

TEST_F(TheProgram, SaysInOneLineWhatIsWrongWithAFile) {
  expect_refused(file("text.wav", "これは録音ではありません\n"));
  expect_refused(file("empty.mp3", ""));
  expect_refused(file("half.wav", test::content_of(sample_call()).substr(0, 30)));
  expect_refused((folder_.path() / "nowhere.wav").string());
  std::filesystem::create_directory(folder_.path() / "folder");
  expect_refused((folder_.path() / "folder").string());
}

TEST_F(TheProgram, GoesOnWithTheOtherFilesAndFailsAtTheEnd) {
  const auto good = file("good.json", kTranscript);
  const auto also_good = file("also_good.json", kTranscript);
  const auto bad = file("bad.json", "{\"turns\": 3}");
  const auto run = guardian({"analyze", "--json", "--out", out(), "--transcript", good, bad, also_good});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(std::count(run.output.begin(), run.output.end(), '\n'), 2) << "one report per line";
  EXPECT_THAT(run.messages, HasSubstr("bad.json"));
  EXPECT_THAT(names_in(out()), ElementsAre("also_good.report.html", "also_good.report.json", "also_good.srt",
                                           "good.report.html", "good.report.json", "good.srt"));
}

TEST_F(TheProgram, TakesAnyFileName) {
  std::string longest = "あ";
  while (longest.size() + 3 <= 255 - 4) longest += "あ";
  longest.resize(249);
  for (const auto& name : {std::string("two\nlines.json"), std::string("\"quotes' and $(date).json"),
                           std::string("-dash.json"), longest + ".json", std::string("\xff\xfe.json")}) {
    const auto run = guardian({"analyze", "--out", out(), "--transcript", file(name, kTranscript)});
    EXPECT_EQ(run.exit_code, 0) << run.messages;
    EXPECT_THAT(run.output, Not(HasSubstr("two\nlines")));
    EXPECT_EQ(names_in(out()).size(), 3U) << name;
    std::filesystem::remove_all(out());
  }
}

TEST_F(TheProgram, AFullDiskLeavesNoPartOfAReport) {
  const auto transcript = file("call.json", kTranscript);
  const auto few_bytes = [] {
    ::signal(SIGXFSZ, SIG_IGN);  // writing beyond the limit then fails as it does on a full disk
    const rlimit limit{4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  };
  const auto run = Program({"analyze", "--out", out(), "--transcript", transcript}, few_bytes).wait();
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(run.message_lines(), 1U) << run.messages;
  EXPECT_THAT(names_in(out()), IsEmpty());
}

TEST_F(TheProgram, AFullOutputIsAnError) {
  const auto transcript = file("call.json", kTranscript);
  const auto run = Program({"analyze", "--transcript", transcript}, {}, "/dev/full").wait();
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(run.message_lines(), 1U) << run.messages;
}

TEST_F(TheProgram, StopsOnInterruptAndLeavesNothing) {
  auto sound = test::content_of(sample_call());
  const auto body = sound.substr(58);
  for (int i = 0; i < 60; ++i) sound += body;  // about an hour; the header's length is ignored with a warning
  const auto recording = file("long.wav", sound);
  const Program program({"analyze", "--out", out(), recording});
  std::this_thread::sleep_for(std::chrono::seconds(2));
  program.interrupt();
  const auto run = program.wait();
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(run.message_lines(), 1U) << run.messages;
  EXPECT_THAT(names_in(out()), IsEmpty());
}

TEST_F(TheProgram, WrongUsageIsTwo) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"analyse"},
                                             {"analyze"},
                                             {"analyze", "--customer-channel", "middle", "x.wav"},
                                             {"judge"},
                                             {"analyze", "x.wav", "--transcript", "y.json"},
                                             {"models"},
                                             {"--lang", "fr", "models", "list"}})
    EXPECT_EQ(guardian(arguments).exit_code, 2) << testing::PrintToString(arguments);
  EXPECT_EQ(guardian({"--help"}).exit_code, 0);
  EXPECT_EQ(guardian({"--version"}).exit_code, 0);
}

TEST_F(TheProgram, SpeaksJapaneseFirstAndEnglishWhenAsked) {
  EXPECT_THAT(guardian({"analyze", "nowhere.wav"}).messages, HasSubstr("ファイルがありません"));
  EXPECT_THAT(guardian({"--lang", "en", "analyze", "nowhere.wav"}).messages, HasSubstr("no such file"));
}

TEST_F(TheProgram, JudgesSingleUtterancesInTheirOrder) {
  const auto lines = file("lines.jsonl",
                          "{\"id\":\"b\",\"text\":\"今すぐ土下座しろ\"}\n"
                          "{\"id\":\"a\",\"text\":\"壊れていたので交換していただけますか\"}\n");
  const auto run = guardian({"judge", "--utterances", lines});
  EXPECT_EQ(run.exit_code, 0) << run.messages;
  std::istringstream answers(run.output);
  std::string line;
  std::getline(answers, line);
  const auto first = nlohmann::json::parse(line);
  EXPECT_EQ(first["id"], "b");
  EXPECT_EQ(first["category"], "dogeza_demand");
  EXPECT_THAT(std::string("今すぐ土下座しろ"), HasSubstr(first["quote"].get<std::string>()));
  std::getline(answers, line);
  const auto second = nlohmann::json::parse(line);
  EXPECT_EQ(second["id"], "a");
  EXPECT_EQ(second["category"], "none");
  EXPECT_EQ(second["severity"], 0);
}

TEST_F(TheProgram, ABrokenLineDoesNotStopTheOthers) {
  const auto lines =
      file("lines.jsonl", "{\"id\":1,\"text\":\"はい\"}\nnot json\n{\"id\":3,\"text\":\"ええ\"}\n");
  const auto run = guardian({"judge", "--utterances", lines});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(std::count(run.output.begin(), run.output.end(), '\n'), 2);
  EXPECT_THAT(run.messages, HasSubstr("lines.jsonl:2"));
}

TEST_F(TheProgram, TranscribesWithoutJudging) {
  const auto run = guardian({"transcribe", "--json", copy_of_sample("call.wav")});
  ASSERT_EQ(run.exit_code, 0) << run.messages;
  const auto answer = run.json();
  EXPECT_EQ(answer["recording"]["channels"], 2);
  EXPECT_GT(answer["transcript"].size(), 8U);
  EXPECT_FALSE(answer.contains("findings"));
}

TEST_F(TheProgram, ListsAndChecksItsModels) {
  EXPECT_THAT(guardian({"models", "list"}).output, HasSubstr("whisper-base"));
  EXPECT_EQ(guardian({"models", "verify"}).exit_code, 0);
  EXPECT_EQ(guardian({"models", "verify", "no-such-model"}).exit_code, 1);
}

TEST_F(TheProgram, ShowsWhatANewPolicyWouldChangeOnPastCalls) {
  const auto policy = guardian::test::source_dir() / "policy";
  const auto changed = folder_.path() / "policy";
  std::filesystem::copy(policy, changed, std::filesystem::copy_options::recursive);
  std::filesystem::remove(changed / "rules/dogeza_demand.yaml");
  auto scale = test::content_of(changed / "scale.yaml");
  constexpr std::string_view kKey = "reported_from: ";
  scale.replace(scale.find(kKey) + kKey.size(), std::string_view("0.40").size(), "1.00");
  write(changed / "scale.yaml", scale);
  file("call.json", kTranscript);
  ASSERT_EQ(guardian({"analyze", "--out", out(), "--transcript", (folder_.path() / "call.json").string()})
                .exit_code,
            0);

  const auto same = guardian({"policy", "diff", policy.string(), policy.string(), "--on", out()});
  EXPECT_EQ(same.exit_code, 0) << same.messages;
  EXPECT_THAT(same.output, Not(HasSubstr("dogeza_demand")));
  const auto run =
      guardian({"--lang", "en", "policy", "diff", policy.string(), changed.string(), "--on", out()});
  EXPECT_EQ(run.exit_code, 0) << run.messages;
  EXPECT_THAT(run.output, HasSubstr("- call.report.json  dogeza_demand"));
  EXPECT_THAT(run.output, HasSubstr("1 calls: 0 newly suspected, 1 no longer suspected"));
}

TEST_F(TheProgram, MeasuresItsAccuracyOnLabelledData) {
  const auto lines =
      file("lines.jsonl",
           "{\"id\":\"1\",\"text\":\"今すぐ土下座しろ\",\"category\":\"dogeza_demand\",\"severity\":70,"
           "\"kind\":\"direct\"}\n{\"id\":\"2\",\"text\":\"営業時間を教えてください\",\"category\":\"none\","
           "\"severity\":0,\"kind\":\"ordinary\"}\n");
  const auto run = guardian({"evaluate", "--json", "--utterances", lines});
  ASSERT_EQ(run.exit_code, 0) << run.messages;
  EXPECT_EQ(run.json()["utterances"]["harassment"]["f1"], 1.0);
  EXPECT_EQ(run.json()["utterances"]["flagged_by_kind"]["ordinary"]["flagged"], 0);
  EXPECT_EQ(guardian({"evaluate"}).exit_code, 2);
  EXPECT_EQ(guardian({"evaluate", "--utterances", file("bad.jsonl", "{}")}).exit_code, 1);
}

TEST_F(TheProgram, MeasuresWhatIsStillFoundWhenWordsAreMisheard) {
  const auto lines =
      file("lines.jsonl",
           "{\"id\":\"1\",\"text\":\"今すぐ土下座しろ\",\"category\":\"dogeza_demand\",\"severity\":70}\n");
  const auto pairs = file("pairs.jsonl", "{\"said\":\"慰謝料を払え\",\"heard\":\"医者両を払え\"}\n");
  const auto heard = (folder_.path() / "misheard.jsonl").string();
  const auto run = guardian({"evaluate", "--json", "--utterances", lines, "--degrade", "1", "--heard", pairs,
                             "--misheard-to", heard});
  ASSERT_EQ(run.exit_code, 0) << run.messages;
  EXPECT_EQ(guardian({"evaluate", "--utterances", heard}).exit_code, 0);
  const auto misheard = run.json()["utterances_misheard"];
  EXPECT_EQ(misheard["error_rate_of_pairs"], 0.5);
  EXPECT_EQ(misheard["recall_as_written"]["value"], 1.0);
  EXPECT_TRUE(misheard["fall"].contains("low"));
  EXPECT_EQ(guardian({"evaluate", "--utterances", lines, "--degrade", "1"}).exit_code, 2);
}

TEST_F(TheProgram, TrainsAModelFromACompanysOwnLines) {
  std::string lines;
  std::string dialogues;
  for (int i = 0; i < 24; ++i) {
    const auto n = std::to_string(i);
    lines += R"({"id":"a)" + n + R"(","text":"窓を)" + n +
             R"(枚ぶち壊しに行くからな","category":"threat","severity":80,)" + "\"kind\":\"direct\"}\n" +
             R"({"id":"b)" + n + R"(","text":"窓を)" + n +
             R"(枚注文したいのですが","category":"none","severity":0,"kind":"ordinary"})" + "\n";
    dialogues += R"({"id":"d)" + n + R"(","turns":[{"speaker":"customer","text":"窓を)" + n +
                 R"(枚お願いします","labels":[]},{"speaker":"customer","text":"窓をぶち壊すぞ","labels":[)" +
                 R"({"category":"threat","severity":80,"span":"ぶち壊すぞ"}]}],"call":{"harassment":true,)" +
                 R"("band":"high"}})" + "\n";
  }
  const auto utterances = file("lines.jsonl", lines);
  const std::vector<std::string> arguments = {"train",
                                              "--version-name",
                                              "own-1",
                                              "--utterances",
                                              utterances,
                                              "--weigh-on",
                                              utterances,
                                              "--weigh-on-dialogues",
                                              file("dialogues.jsonl", dialogues),
                                              "--out",
                                              out()};
  const auto run = guardian(arguments);
  EXPECT_EQ(run.exit_code, 0) << run.messages;
  EXPECT_TRUE(std::filesystem::is_regular_file(out()));

  std::filesystem::remove(out());
  auto with_demands = arguments;
  with_demands.insert(with_demands.end(),
                      {"--demands", file("demands.jsonl", "{\"group\":1,\"text\":\"返金して\"}\n"),
                       "--demanding-calls", file("calls.jsonl", "{\"turns\":[]}\n")});
  const auto refused = guardian(with_demands);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.messages, HasSubstr("calls.jsonl:1"));
  EXPECT_FALSE(std::filesystem::exists(out()));
}

TEST_F(TheProgram, SaysWhichCategoriesHaveThinRules) {
  const auto run = guardian({"--lang", "en", "policy", "coverage"});
  EXPECT_EQ(run.exit_code, 0) << run.messages;
  EXPECT_THAT(run.output, HasSubstr("dogeza_demand"));
  EXPECT_THAT(run.output, HasSubstr("categories with thin rules"));
  EXPECT_THAT(run.output, HasSubstr("examples that are not reported in a call of nothing else"));
  EXPECT_THAT(run.output, Not(HasSubstr("recall")));
  const auto lines = file("lines.jsonl",
                          "{\"id\":\"1\",\"text\":\"今すぐ土下座しろ\",\"category\":\"dogeza_demand\","
                          "\"severity\":70}\n");
  EXPECT_THAT(guardian({"--lang", "en", "policy", "coverage", "--on", lines}).output, HasSubstr("100%"));
  EXPECT_EQ(guardian({"policy", "coverage", "--on", file("bad.jsonl", "{}")}).exit_code, 1);
}

TEST_F(TheProgram, EveryExampleOfThePolicyHolds) { EXPECT_EQ(guardian({"policy", "test"}).exit_code, 0); }

}  // namespace
}  // namespace guardian::cli
