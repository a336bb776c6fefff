#include "report/stored_report.h"

#include <gmock/gmock.h>

#include "report/example.h"
#include "report/report_html.h"
#include "report/report_json.h"

namespace guardian::report {
namespace {

TEST(AStoredReport, ComesBackAsItWasInBothLanguages) {
  const auto report = example::report();
  const auto stored = to_stored(report);
  const auto back = parse_stored(stored, "x");
  ASSERT_TRUE(back) << describe(back.error(), Language::english);
  EXPECT_EQ(to_stored(*back), stored);
  for (const auto language : {Language::japanese, Language::english})
    EXPECT_EQ(to_json(*back, language), to_json(report, language));
  EXPECT_EQ(to_html(*back, std::nullopt), to_html(report, std::nullopt));
}

TEST(AStoredReport, IsOneLine) { EXPECT_EQ(to_stored(example::report()).find('\n'), std::string::npos); }

TEST(AStoredReport, OfAnEarlierVersionIsReadWithoutWhatThatDidNotKnow) {
  auto stored = to_stored_value(example::report());
  ASSERT_FALSE(stored["verdict"]["findings"].empty());
  for (auto& finding : stored["verdict"]["findings"]) finding.erase("speaker_share");
  const auto back = parse_stored(stored.dump(), "x");
  ASSERT_TRUE(back) << describe(back.error(), Language::english);
  EXPECT_EQ(back->verdict.findings[0].speaker_share, 1.0);
}

TEST(AStoredReport, IsNotBelievedWhenAFieldIsMissingOrPointsNowhere) {
  const auto good = to_stored_value(example::report());
  const auto refused = [](const nlohmann::json& json) {
    const auto parsed = parse_stored(json.dump(), "x");
    return !parsed && parsed.error().kind == Error::Kind::damaged;
  };
  for (const auto& [key, value] : good.items()) {
    auto without = good;
    without.erase(key);
    EXPECT_TRUE(refused(without)) << key;
  }
  const std::vector<std::pair<std::string, nlohmann::json>> lies = {
      {"/verdict/score", 101},
      {"/verdict/score", "50"},
      {"/verdict/band", 5},
      {"/verdict/findings/0/utterance", 1000},
      {"/verdict/findings/0/severity", -1},
      {"/verdict/findings/0/speaker_share", 0.0},
      {"/recording/duration_s", -1.0},
      {"/recording/duration_s", 1e300},
      {"/recording/silence_s", 1e5},
      {"/transcript/utterances/0/index", 7},
      {"/created_at", "yesterday"}};
  for (const auto& [place, lie] : lies) {
    auto changed = good;
    changed[nlohmann::json::json_pointer(place)] = lie;
    EXPECT_TRUE(refused(changed)) << place << " " << lie;
  }
}

}  // namespace
}  // namespace guardian::report
