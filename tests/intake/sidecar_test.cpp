#include "intake/sidecar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "intake/pickup.h"
#include "support.h"

namespace guardian::intake {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr const char* kOffset = "+09:00";

std::string why(const Result<SidecarTable>& table) { return table ? "" : table.error().what.en; }

TEST(AJsonSidecar, TellsWhoseDealingItIs) {
  const auto fields = read_json_sidecar(
      R"({"employee":"e-17","counterpart":4711,"direction":"着信","started_at":"2026/11/25 10:05","customer_channel":null})",
      "call.json", kOffset);
  ASSERT_TRUE(fields) << fields.error().what.en;
  EXPECT_THAT(*fields,
              ElementsAre(Pair("counterpart", "4711"), Pair("direction", "inbound"), Pair("employee", "e-17"),
                          Pair("started_at", "2026-11-25T10:05:00+09:00")));
}

TEST(AJsonSidecar, ThatIsWrongSaysWhere) {
  for (const auto& [text, reason] : std::vector<std::pair<std::string, std::string>>{
           {R"({"empolyee":"e-17"})", "empolyee"},
           {R"({"employee":["e-17"]})", "employee"},
           {R"({"file":"x.wav"})", "file"},
           {R"({"direction":"sideways"})", "direction"},
           {R"({"started_at":"yesterday"})", "started_at"},
           {R"({"started_at":"2999-01-01 00:00"})", "started_at"},
           {R"(["e-17"])", "not an object"}}) {
    const auto fields = read_json_sidecar(text, "call.json", kOffset);
    ASSERT_FALSE(fields) << text;
    EXPECT_THAT(fields.error().what.en, HasSubstr(reason));
    EXPECT_EQ(fields.error().subject, "call.json");
  }
  EXPECT_FALSE(read_json_sidecar("{", "call.json", kOffset));
  EXPECT_FALSE(read_json_sidecar(std::string(100, '['), "call.json", kOffset));
}

TEST(ACsvSidecar, HasALineForEachRecordingHoweverItIsEncoded) {
  const std::string utf8 =
      "ファイル,従業員番号,方向,開始日時\r\n通話1.wav,e-17,発信,2026-11-25 10:00:05\r\nb.wav,,,\r\n";
  const std::string cp932 =
      "\x83\x74\x83\x40\x83\x43\x83\x8b,\x8f\x5d\x8b\xc6\x88\xf5\x94\xd4\x8d\x86\n\x92\xca\x98\x62"
      "1.wav,e-17\n";
  std::string utf16 = "\xff\xfe";
  for (const char c : std::string("file,employee\na.wav,7")) utf16 += {c, '\0'};
  for (const auto& text : {utf8, "\xef\xbb\xbf" + utf8}) {
    const auto table = read_csv_sidecar(text, "calls.csv", kOffset);
    ASSERT_TRUE(table) << why(table);
    EXPECT_THAT(table->at("通話1.wav"), ElementsAre(Pair("direction", "outbound"), Pair("employee", "e-17"),
                                                    Pair("started_at", "2026-11-25T10:00:05+09:00")));
    EXPECT_TRUE(table->at("b.wav").empty());
  }
  const auto excel = read_csv_sidecar(cp932, "calls.csv", kOffset);
  ASSERT_TRUE(excel) << why(excel);
  EXPECT_EQ(excel->at("通話1.wav").at("employee"), "e-17");
  const auto wide = read_csv_sidecar(utf16, "calls.csv", kOffset);
  ASSERT_TRUE(wide) << why(wide);
  EXPECT_EQ(wide->at("a.wav").at("employee"), "7");
}

TEST(ACsvSidecar, KeepsWhatIsQuoted) {
  const auto table =
      read_csv_sidecar("file,counterpart\n\"a, \"\"b\"\".wav\",\"1,2\"\n", "calls.csv", kOffset);
  ASSERT_TRUE(table) << why(table);
  EXPECT_EQ(table->at("a, \"b\".wav").at("counterpart"), "1,2");
}

TEST(ACsvSidecar, ThatIsWrongSaysInWhichLine) {
  for (const auto& [text, reason] : std::vector<std::pair<std::string, std::string>>{
           {"", "empty"},
           {"employee\ne-17\n", "no column `file`"},
           {"file,colour\na.wav,red\n", "colour"},
           {"file,employee,従業員番号\n", "twice"},
           {"file,employee\na.wav\n", "2: another number of columns"},
           {"file,employee\na.wav,1\na.wav,2\n", "3: the file is there twice"},
           {"file,employee\n../a.wav,1\n", "2: it is not the name of a file"},
           {"file,employee\n\"a\nb.wav\",1\n", "2: it is not the name of a file"},
           {"file,direction\na.wav,=1+1\n", "2: direction"},
           {"file\n\"a.wav", "not CSV"},
           {"file,employee\na.wav," + std::string(5000, 'x') + "\n", "too large"},
           {"file\n\x82\n", "encoding"}}) {
    const auto table = read_csv_sidecar(text, "calls.csv", kOffset);
    ASSERT_FALSE(table) << text.substr(0, 60);
    EXPECT_THAT(why(table), HasSubstr(reason));
  }
}

TEST(AnAddress, IsEncryptedUnlessItIsInTheHouse) {
  for (const char* good :
       {"https://guardian.example.jp", "https://guardian.example.jp:8443/", "http://127.0.0.1:8080",
        "http://192.168.1.5", "http://localhost:1", "http://[::1]:8080"})
    EXPECT_TRUE(check_server_url(good)) << good;
  for (const char* bad :
       {"", "guardian", "ftp://x", "https://", "http://guardian.example.jp", "http://8.8.8.8", "https://a@b",
        "https://a/b", "https://a?b", "https://a b", "https://a\r\nX: y"})
    EXPECT_FALSE(check_server_url(bad)) << bad;
}

TEST(APickup, NeedsItsFolderAndASoundJournal) {
  const test::TemporaryFolder folder;
  PickupOptions options;
  options.folder = folder.path() / "none";
  EXPECT_EQ(Pickup::open(options, {}).error().kind, Error::Kind::not_found);
  options.folder = folder.path();
  for (const char* journal : {"", "[]", "{}", R"({"files":{"a.wav":{"bytes":-1}}})"}) {
    ASSERT_TRUE(write_file(folder.path() / ".guardian-watch.json", journal));
    EXPECT_EQ(Pickup::open(options, {}).error().kind, Error::Kind::damaged) << journal;
  }
  ASSERT_TRUE(write_file(folder.path() / ".guardian-watch.json", R"({"files":{}})"));
  EXPECT_TRUE(Pickup::open(options, {}));
}

}  // namespace
}  // namespace guardian::intake
