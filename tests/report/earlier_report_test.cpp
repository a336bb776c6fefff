// Reports are read back from folders that anybody may have written to.
#include "report/earlier_report.h"

#include <gmock/gmock.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "report/example.h"
#include "report/report_json.h"

namespace guardian::report {
namespace {

using nlohmann::json;
using testing::HasSubstr;

Report example_with_counterpart() {
  auto report = example::report();
  report.recording.counterpart = "C-0042";
  report.recording.started_at = parse_rfc3339("2026-11-20T10:00:00+09:00");
  report.verdict.warned_utterances = {0};
  return report;
}

TEST(EarlierReport, ReadsBackWhatAReportSaid) {
  const auto report = example_with_counterpart();
  const auto read = parse_earlier_report(to_json(report), "a.report.json");
  ASSERT_TRUE(read) << describe(read.error(), Language::english);
  EXPECT_EQ(read->counterpart, "C-0042");
  EXPECT_EQ(read->sha256, report.recording.sha256);
  EXPECT_EQ(format_utc(read->created_at), report.created_at);
  const auto& dealing = read->dealing;
  EXPECT_EQ(dealing.name, "call.wav");
  EXPECT_EQ(format_rfc3339(dealing.started_at.value()), "2026-11-20T10:00:00+09:00");
  EXPECT_NEAR(dealing.duration_s, 12.346, 1e-9);
  EXPECT_NEAR(dealing.counterpart_speech_s, 1.5, 1e-3);
  EXPECT_EQ(dealing.score, 90);
  EXPECT_TRUE(dealing.suspected);
  EXPECT_TRUE(dealing.refused);
}

TEST(EarlierReport, IsTheSameReadBackOrJustMade) {
  const auto report = example_with_counterpart();
  const auto made = earlier_report_of(report);
  const auto read = parse_earlier_report(to_json(report), "a.report.json").value();
  EXPECT_EQ(read.counterpart, made.counterpart);
  EXPECT_EQ(read.sha256, made.sha256);
  EXPECT_EQ(read.created_at, made.created_at);
  EXPECT_EQ(read.dealing.name, made.dealing.name);
  EXPECT_EQ(read.dealing.started_at->instant, made.dealing.started_at->instant);
  EXPECT_NEAR(read.dealing.duration_s, made.dealing.duration_s, 1e-3);
  EXPECT_NEAR(read.dealing.counterpart_speech_s, made.dealing.counterpart_speech_s, 1e-3);
  EXPECT_EQ(read.dealing.score, made.dealing.score);
  EXPECT_EQ(read.dealing.suspected, made.dealing.suspected);
  EXPECT_EQ(read.dealing.refused, made.dealing.refused);
}

TEST(EarlierReport, OfAnOlderReleaseOrWithoutACounterpartIsRead) {
  auto older = json::parse(to_json(example::report()));
  older.erase("warned_utterances");
  const auto read = parse_earlier_report(older.dump(), "a.report.json");
  ASSERT_TRUE(read) << describe(read.error(), Language::english);
  EXPECT_TRUE(read->counterpart.empty());
  EXPECT_FALSE(read->dealing.started_at);
  EXPECT_FALSE(read->dealing.refused);
}

TEST(EarlierReport, NamesComeBackHarmless) {
  auto report = json::parse(to_json(example_with_counterpart()));
  report["recording"]["name"] = "\x1b[2J" + std::string(100'000, 'a') + "\n";
  const auto name = parse_earlier_report(report.dump(), "a.report.json").value().dealing.name;
  EXPECT_LE(name.size(), 255U);
  EXPECT_EQ(name.find('\x1b'), std::string::npos);
}

struct Damage {
  std::string field;  ///< that the error must name
  std::function<void(json&)> cause;

  friend void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.field; }
};

class DamagedReport : public testing::TestWithParam<Damage> {};

TEST_P(DamagedReport, IsRefusedNamingTheField) {
  auto report = json::parse(to_json(example_with_counterpart()));
  GetParam().cause(report);
  const auto read = parse_earlier_report(report.dump(), "a.report.json");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, Error::Kind::damaged);
  EXPECT_EQ(read.error().subject, "a.report.json");
  EXPECT_THAT(read.error().what.en, HasSubstr(GetParam().field));
  EXPECT_FALSE(read.error().what.ja.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Fields, DamagedReport,
    testing::Values(Damage{"schema", [](json& r) { r = json::array(); }},
                    Damage{"schema", [](json& r) { r["schema"] = "kasuhara-guardian/report/2"; }},
                    Damage{"recording", [](json& r) { r.erase("recording"); }},
                    Damage{"sha256", [](json& r) { r["recording"] = "call.wav"; }},
                    Damage{"counterpart", [](json& r) { r["recording"]["counterpart"] = 42; }},
                    Damage{"started_at", [](json& r) { r["recording"]["started_at"] = "yesterday"; }},
                    Damage{"started_at", [](json& r) { r["recording"]["started_at"] = nullptr; }},
                    Damage{"duration_s", [](json& r) { r["recording"]["duration_s"] = -1; }},
                    Damage{"duration_s", [](json& r) { r["recording"]["duration_s"] = 1e300; }},
                    Damage{"score", [](json& r) { r["score"] = true; }},
                    Damage{"score", [](json& r) { r["score"] = 1e300; }},
                    Damage{"suspected", [](json& r) { r["suspected"] = 1; }},
                    Damage{"created_at", [](json& r) { r["created_at"] = 1764000000; }},
                    Damage{"transcript", [](json& r) { r["transcript"] = json::object(); }},
                    Damage{"start_s",
                           [](json& r) {
                             r["transcript"] = {1, 2};
                           }},
                    Damage{"speaker", [](json& r) { r["transcript"][0]["speaker"] = json::array(); }},
                    Damage{"warned_utterances", [](json& r) { r["warned_utterances"] = 3; }}));

TEST(EarlierReport, RefusesWhatIsNotJsonOrTooMuchOfIt) {
  for (const auto& text : {std::string(), std::string("not json"), std::string(100'000, '['),
                           std::string((16U << 20U) + 1, ' '), std::string("\xff\xfe")})
    EXPECT_FALSE(parse_earlier_report(text, "a.report.json"));
}

}  // namespace
}  // namespace guardian::report
