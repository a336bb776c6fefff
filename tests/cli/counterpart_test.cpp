// Several dealings with one customer, as a user runs them: --counterpart, --history, --started-at.
#include <gmock/gmock.h>

#include "program.h"

namespace guardian::cli {
namespace {

using nlohmann::json;
using test::guardian;
using test::Run;
using test::write;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Turn {
  std::string speaker;
  std::string text;
};

/// `tag` makes transcripts with the same words different recordings.
std::string transcript(const std::string& tag, const std::vector<Turn>& turns) {
  auto list = json::array();
  double start_s = 0.0;
  for (const auto& [speaker, text] : turns) {
    list.push_back({{"speaker", speaker}, {"text", text}, {"start", start_s}, {"end", start_s + 4.0}});
    start_s += 5.0;
  }
  return json{{"id", tag}, {"turns", list}}.dump();
}

std::string polite(const std::string& tag) {
  return transcript(tag, {{"employee", "お電話ありがとうございます。"},
                          {"customer", "先日の件のお返事を伺いたいのですが。"}});
}

std::string refused(const std::string& tag) {
  return transcript(tag, {{"customer", "返金していただけますか。"},
                          {"employee", "恐れ入りますが、返金はいたしかねます。"}});
}

std::string angry(const std::string& tag) {
  return transcript(tag, {{"employee", "はい。"}, {"customer", "ふざけるな、土下座しろ。"}});
}

std::string silent(const std::string& tag) {
  return transcript(tag, {{"employee", "もしもし、どちら様でしょうか。"}});
}

class Counterpart : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& content) {
    write(folder_.path() / name, content);
    return (folder_.path() / name).string();
  }
  std::string reports() const { return (folder_.path() / "reports").string(); }

  /// Analyses one dealing with C-1, the folder of reports being its history and its target.
  json deal(const std::string& name, const std::string& content, const std::string& started_at,
            const std::string& counterpart = "C-1") {
    std::vector<std::string> arguments = {"analyze",   "--json",  "--counterpart", counterpart,
                                          "--history", reports(), "--out",         reports()};
    if (!started_at.empty()) arguments.insert(arguments.end(), {"--started-at", started_at});
    arguments.insert(arguments.end(), {"--transcript", file(name, content)});
    const auto run = guardian(arguments);
    EXPECT_EQ(run.exit_code, 0) << run.messages;
    EXPECT_THAT(run.messages, IsEmpty());
    return run.json();
  }

  guardian::test::TemporaryFolder folder_;
};

const json* find_whole_call(const json& report, const std::string& category) {
  for (const auto& finding : report["findings"])
    if (finding["category"] == category && finding["utterance"] == -1) return &finding;
  return nullptr;
}

TEST_F(Counterpart, AskingAgainAndAgainAfterARefusalIsFoundWithItsGrounds) {
  deal("mon.json", refused("1"), "2026-11-16T10:00:00+09:00");
  EXPECT_EQ(deal("tue.json", polite("2"), "2026-11-17T10:00:00+09:00")["score"], 0);
  const auto report = deal("wed.json", polite("3"), "2026-11-18T10:00:00+09:00");
  EXPECT_EQ(report["recording"]["counterpart"], "C-1");
  EXPECT_EQ(report["recording"]["started_at"], "2026-11-18T10:00:00+09:00");
  const auto* found = find_whole_call(report, "repetitive_contact");
  ASSERT_NE(found, nullptr) << report["findings"];
  EXPECT_EQ((*found)["quote"], "");
  EXPECT_THAT((*found)["grounds"].dump(), AllOf(HasSubstr("mon.json (2026-11-16 10:00 +09:00)"),
                                                HasSubstr("tue.json (2026-11-17 10:00 +09:00)")));
  EXPECT_FALSE(report["suspected"].get<bool>());
  const auto later = deal("thu.json", polite("4"), "2026-11-19T10:00:00+09:00");
  EXPECT_GT(later["score"], report["score"]);
}

TEST_F(Counterpart, CallingAgainBecauseNobodyCalledBackIsNotFound) {
  for (int day = 10; day < 16; ++day)
    EXPECT_EQ(deal("day" + std::to_string(day) + ".json", polite(std::to_string(day)),
                   "2026-11-" + std::to_string(day) + "T10:00:00+09:00")["score"],
              0);
}

TEST_F(Counterpart, OtherCustomersDealingsAreNotHeldAgainstThisOne) {
  deal("a.json", refused("1"), "2026-11-16T10:00:00+09:00", "C-2");
  deal("b.json", polite("2"), "2026-11-17T10:00:00+09:00", "C-2");
  EXPECT_EQ(deal("c.json", polite("3"), "2026-11-18T10:00:00+09:00")["score"], 0);
}

TEST_F(Counterpart, WhatCameLaterIsNoHistory) {
  deal("a.json", refused("1"), "2026-11-20T10:00:00+09:00");
  deal("b.json", polite("2"), "2026-11-21T10:00:00+09:00");
  EXPECT_EQ(deal("c.json", polite("3"), "2026-11-18T10:00:00+09:00")["score"], 0);
}

TEST_F(Counterpart, TheSameRecordingIsCountedOnceHoweverOftenItIsAnalysed) {
  deal("mon.json", refused("1"), "2026-11-16T10:00:00+09:00");
  for (const char* name : {"tue.json", "copy.json", "again.json"})
    EXPECT_EQ(deal(name, polite("2"), "2026-11-17T10:00:00+09:00")["score"], 0) << name;
  const auto report = deal("wed.json", polite("3"), "2026-11-18T10:00:00+09:00");
  EXPECT_THAT((*find_whole_call(report, "repetitive_contact"))["grounds"].dump(), HasSubstr("3 回"));
}

TEST_F(Counterpart, FiveSilentCallsInADayAreFound) {
  for (int hour = 10; hour < 14; ++hour)
    EXPECT_EQ(deal(std::to_string(hour) + ".json", silent(std::to_string(hour)),
                   "2026-11-16T" + std::to_string(hour) + ":00:00+09:00")["score"],
              0);
  const auto report = deal("last.json", silent("last"), "2026-11-16T14:00:00+09:00");
  ASSERT_NE(find_whole_call(report, "business_obstruction"), nullptr) << report["findings"];
  EXPECT_TRUE(report["suspected"].get<bool>());
}

TEST_F(Counterpart, FilesOfOneRunAreHistoryOfEachOtherInTheirOrder) {
  const auto calm = file("1.json", polite("1"));
  const auto rough = file("2.json", transcript("2", {{"employee", "はい。"}, {"customer", "うるせえな。"}}));
  const auto gravest = file("3.json", angry("3"));
  const auto run =
      guardian({"analyze", "--json", "--counterpart", "C-1", "--transcript", calm, rough, gravest});
  ASSERT_EQ(run.exit_code, 0) << run.messages;
  std::istringstream lines(run.output);
  std::vector<json> all;
  for (std::string line; std::getline(lines, line);) all.push_back(json::parse(line));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_THAT(all[2]["findings"].dump(), AllOf(HasSubstr("1.json"), HasSubstr("2.json"), HasSubstr("今回")));
  EXPECT_GE(all[2]["axes"]["persistence"], all[2]["score"]);
  EXPECT_THAT(all[0]["recording"]["warnings"], IsEmpty()) << "nothing came before it";
  EXPECT_THAT(all[2]["recording"]["warnings"].dump(), HasSubstr("--started-at"));
}

TEST_F(Counterpart, WithoutTheTimeTheReportSaysWhatCouldNotBeFound) {
  deal("mon.json", refused("1"), "2026-11-16T10:00:00+09:00");
  deal("tue.json", polite("2"), "2026-11-17T10:00:00+09:00");
  const auto report = deal("wed.json", polite("3"), "");
  EXPECT_EQ(report["score"], 0);
  EXPECT_FALSE(report["recording"].contains("started_at"));
  EXPECT_THAT(report["recording"]["warnings"].dump(), HasSubstr("--started-at"));
}

TEST_F(Counterpart, ADealingWithoutItsTimeIsNamedAsNotCounted) {
  deal("mon.json", refused("1"), "");
  const auto report = deal("tue.json", polite("2"), "2099-11-17T10:00:00+09:00");
  EXPECT_THAT(report["recording"]["warnings"].dump(), HasSubstr("過去の応対 1 件"));
}

TEST_F(Counterpart, WithoutAnIdNothingChanges) {
  const auto call = file("call.json", angry("1"));
  const auto report_of = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"analyze", "--json", "--transcript", call});
    auto report = nlohmann::ordered_json::parse(guardian(more).output);
    report.erase("created_at");
    return report;
  };
  const auto alone = report_of({});
  EXPECT_FALSE(alone["recording"].contains("counterpart"));
  auto first = report_of({"--counterpart", "C-1"});
  EXPECT_EQ(first["recording"]["counterpart"], "C-1");
  first["recording"].erase("counterpart");
  EXPECT_EQ(first.dump(), alone.dump());
  deal("before.json", angry("0"), "2026-11-16T10:00:00+09:00");
  EXPECT_EQ(report_of({}).dump(), alone.dump());
}

TEST_F(Counterpart, HostileFilesInTheHistoryAreSkippedWithAMessage) {
  deal("mon.json", refused("1"), "2026-11-16T10:00:00+09:00");
  deal("tue.json", polite("2"), "2026-11-17T10:00:00+09:00");
  const std::filesystem::path history = reports();
  write(history / "empty.report.json", "");
  write(history / "noise.report.json", "\xff\xfe not json");
  write(history / "deep.report.json", std::string(1'000'000, '['));
  write(history / "huge.report.json", std::string(17U << 20U, ' '));
  write(history / "types.report.json",
        R"({"schema":"kasuhara-guardian/report/1","recording":{"counterpart":["C-1"]}})");
  write(history / "other.report.json", R"({"schema":"somebody/else/1","recording":{"counterpart":"C-1"}})");
  write(history / "bad\x1bname.report.json", "{}");
  std::filesystem::create_directory(history / "folder.report.json");
  std::filesystem::create_symlink("/dev/zero", history / "endless.report.json");
  std::filesystem::create_symlink("nowhere", history / "dangling.report.json");
  ASSERT_EQ(::mkfifo((history / "pipe.report.json").c_str(), 0600), 0);
  write(history / "notes.txt", "not a report, and not meant to be one");
  const auto run =
      guardian({"analyze", "--json", "--counterpart", "C-1", "--history", reports(), "--started-at",
                "2026-11-18T10:00:00+09:00", "--transcript", file("wed.json", polite("3"))});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.message_lines(), 11U) << run.messages;
  for (const char* name :
       {"empty", "noise", "deep", "huge", "types", "other", "folder", "endless", "dangling", "pipe"})
    EXPECT_THAT(run.messages, HasSubstr(std::string(name) + ".report.json"));
  EXPECT_THAT(run.messages, AllOf(Not(HasSubstr("notes.txt")), Not(HasSubstr("\x1b"))));
  EXPECT_NE(find_whole_call(run.json(), "repetitive_contact"), nullptr);
}

TEST_F(Counterpart, AFolderThatIsNotThereIsAnErrorBeforeAnythingIsAnalysed) {
  const auto run = guardian({"analyze", "--counterpart", "C-1", "--history", reports(), "--transcript",
                             file("a.json", polite("1"))});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(run.message_lines(), 1U) << run.messages;
  EXPECT_THAT(run.messages, HasSubstr("--history"));
  EXPECT_THAT(run.output, IsEmpty());
}

TEST_F(Counterpart, WrongUsageIsTwo) {
  const auto a = file("a.json", polite("1"));
  const auto b = file("b.json", polite("2"));
  for (const auto& wrong : std::vector<std::vector<std::string>>{
           {"--history", reports(), "--transcript", a},
           {"--counterpart", "", "--transcript", a},
           {"--counterpart", "\xff", "--transcript", a},
           {"--counterpart", "C\n1", "--transcript", a},
           {"--counterpart", std::string(300, 'x'), "--transcript", a},
           {"--started-at", "yesterday", "--transcript", a},
           {"--started-at", "2026-11-18T10:00:00", "--transcript", a},
           {"--counterpart", "C-1", "--started-at", "2026-11-18T10:00:00Z", "--transcript", a, b}}) {
    auto arguments = wrong;
    arguments.insert(arguments.begin(), "analyze");
    const auto run = guardian(arguments);
    EXPECT_EQ(run.exit_code, 2) << testing::PrintToString(wrong);
    EXPECT_THAT(run.messages, Not(IsEmpty()));
  }
}

TEST_F(Counterpart, TheStartIsKeptEvenWithoutAnId) {
  const auto run = guardian({"analyze", "--json", "--started-at", "2026-11-18T10:00:00Z", "--transcript",
                             file("a.json", polite("1"))});
  EXPECT_EQ(run.json()["recording"]["started_at"], "2026-11-18T10:00:00Z");
}

}  // namespace
}  // namespace guardian::cli
