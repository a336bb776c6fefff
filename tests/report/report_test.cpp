#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "report/example.h"
#include "report/report_html.h"
#include "report/report_json.h"
#include "report/srt.h"
#include "report/summary.h"
#include "support.h"

namespace guardian::report {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

TEST(ReportJson, HoldsWhatTheContractAsksFor) {
  const auto report = json::parse(to_json(example::report()));
  EXPECT_EQ(report["schema"], "kasuhara-guardian/report/1");
  EXPECT_EQ(report["recording"]["duration_s"], 12.346);
  EXPECT_EQ(report["recording"]["warnings"], json::array({"音割れ"}));
  EXPECT_EQ(report["transcript"][1]["speaker"], "customer");
  EXPECT_EQ(report["transcript"][1]["text"], example::kHostile);
  EXPECT_EQ(report["findings"][0]["start_s"], 2.5);
  EXPECT_EQ(report["findings"][0]["quote"], "殺すぞ");
  EXPECT_EQ(report["band"], "emergency");
  EXPECT_TRUE(report["legitimate_complaint"].is_null());
  EXPECT_EQ(report["stress"]["contributions"].size(), 1U);
}

TEST(ReportJson, SaysWhoTheCounterpartIsAndWhenItBeganOnlyWhereThatIsKnown) {
  auto report = example::report();
  const auto unknown = json::parse(to_json(report));
  EXPECT_FALSE(unknown["recording"].contains("counterpart"));
  EXPECT_FALSE(unknown["recording"].contains("started_at"));
  report.recording.counterpart = "C-0042";
  report.recording.started_at = parse_rfc3339("2026-11-20T10:00:00+09:00");
  const auto known = json::parse(to_json(report));
  EXPECT_EQ(known["recording"]["counterpart"], "C-0042");
  EXPECT_EQ(known["recording"]["started_at"], "2026-11-20T10:00:00+09:00");
}

TEST(ReportJson, SaysWhereTheEmployeeWarnedOrRefused) {
  auto report = example::report();
  report.verdict.warned_utterances = {0};
  EXPECT_EQ(json::parse(to_json(report))["warned_utterances"], json::array({0}));
}

TEST(ReportJson, SameReportSameBytes) { EXPECT_EQ(to_json(example::report()), to_json(example::report())); }

TEST(ReportJson, MalformedTextAndImpossibleNumbersStillGiveJson) {
  auto report = example::report();
  report.transcript.utterances[0].text = "\xFF\xC0\x80 \xED\xA0\x80";
  report.transcript.utterances[0].cues.pitch_hz = std::numeric_limits<double>::infinity();
  report.transcript.utterances[1].end_s = std::numeric_limits<double>::quiet_NaN();
  report.verdict.findings[0].confidence = 7.0;
  const auto text = to_json(report);
  EXPECT_TRUE(is_utf8(text));
  const auto parsed = json::parse(text);
  EXPECT_TRUE(parsed["transcript"][1]["end_s"].is_number());
  EXPECT_EQ(parsed["findings"][0]["confidence"], 1.0);
}

/// A finding about the whole call as earlier dealings give it.
Report example_with_history() {
  auto report = example::report();
  report.recording.counterpart = "C-0042";
  report.recording.started_at = parse_rfc3339("2026-11-20T10:00:00+09:00");
  report.verdict.warned_utterances = {0};
  judgement::Finding finding;
  finding.category = "repetitive_contact";
  finding.label = {"執拗な繰り返し", "Persistent repetition"};
  finding.severity = 40;
  finding.grounds = {{"30 日間に 5 回", "5 in 30 days"}};
  report.verdict.findings.push_back(finding);
  return report;
}

TEST(ReportJson, AgreesWithTheSchemaOfTheContract) {
  GUARDIAN_NEEDS_SHARED("contract/report.schema.json");
  if (std::system("python3 -c 'import jsonschema' 2>/dev/null") != 0)
    GTEST_SKIP() << "needs Python's jsonschema";
  const test::TemporaryFolder folder;
  const auto file = (folder.path() / "report.json").string();
  const auto schema = (test::shared_dir() / "contract/report.schema.json").string();
  const std::string validate =
      "import json,sys,jsonschema;jsonschema.validate(*[json.load(open(f)) for f in sys.argv[1:]])";
  for (const auto& report : {example::report(), example_with_history()}) {
    std::ofstream(file) << to_json(report);
    EXPECT_EQ(std::system(("python3 -c '" + validate + "' '" + file + "' '" + schema + "'").c_str()), 0);
  }
}

TEST(TranscriptJson, HoldsRecordingAndTranscriptOnly) {
  const auto report = example::report();
  const auto parsed = json::parse(transcript_to_json(report.recording, report.transcript));
  EXPECT_EQ(parsed.size(), 2U);
  EXPECT_EQ(parsed["transcript"].size(), 2U);
}

TEST(Srt, OneBlockPerUtteranceWhateverTheTextHolds) {
  const auto srt = to_srt(example::report().transcript);
  EXPECT_THAT(srt, HasSubstr("2\n00:00:02,500 --> 00:00:04,000\nお客様: 殺すぞ"));
  EXPECT_THAT(srt, Not(HasSubstr("\n9\n")));
}

TEST(Summary, SaysWhatWasFoundWhereAndThatAPersonDecides) {
  const auto text = summarize(example::report(), {});
  for (const char* part :
       {"90 / 100", "緊急", "0:02", "脅迫", "「殺すぞ」", "責任者に代わります", "人が判断"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(summarize(example::report(), {Language::english, false}), HasSubstr("Threat"));
}

TEST(Summary, TerminalCodesOnlyWhenAskedForAndNeverFromTheRecording) {
  auto report = example::report();
  report.verdict.findings[0].quote = "\x1b[2J";
  report.verdict.legitimate_complaint = "\x1b]0;title\x07";
  EXPECT_THAT(summarize(report, {}), Not(HasSubstr("\x1b")));
  const auto coloured = summarize(report, {Language::japanese, true});
  EXPECT_THAT(coloured, HasSubstr("\x1b[1;31m"));
  EXPECT_THAT(coloured, Not(HasSubstr("\x1b[2J")));
}

TEST(Html, RecordedWordsCannotBecomeMarkup) {
  const auto page = to_html(example::report(), std::nullopt);
  EXPECT_THAT(page, Not(HasSubstr("alert(1)</script>")));
  EXPECT_THAT(page, HasSubstr("\\u003c/script\\u003e"));
  EXPECT_THAT(page, Not(HasSubstr("\xE2\x80\xA8")));
  EXPECT_THAT(page, HasSubstr("{{audio}}"));  // the customer's words, not a place to fill
  EXPECT_THAT(page, Not(HasSubstr("<audio")));
}

TEST(Html, AllowsNoAddressAndCarriesTheSound) {
  media::Playback playback;
  playback.mp3 = "ID3";
  playback.spans = {{0.0, 0.0, 12.0}};
  const auto page = to_html(example::report(), playback);
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, HasSubstr("script-src 'sha256-"));
  EXPECT_THAT(page, Not(HasSubstr("unsafe-inline")));
  EXPECT_THAT(page, HasSubstr("data:audio/mpeg;base64,SUQz"));
  EXPECT_THAT(page, Not(HasSubstr("https://")));
}

TEST(Html, LongRecordingsKeepOnlyTheirEvidence) {
  auto report = example::report();
  EXPECT_TRUE(playback_options(report).clips.empty());
  report.recording.duration_s = 7200.0;
  report.verdict.findings[0].start_s = 3600.0;
  report.verdict.findings[0].end_s = 3605.0;
  const auto clips = playback_options(report).clips;
  ASSERT_EQ(clips.size(), 1U);
  EXPECT_LE(clips[0].start_s, 3595.0);
  EXPECT_GE(clips[0].end_s, 3610.0);
  report.verdict.findings.clear();
  EXPECT_EQ(playback_options(report).clips.size(), 1U);  // never the whole of a long recording
}

}  // namespace
}  // namespace guardian::report
