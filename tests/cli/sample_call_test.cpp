// The bundled call, from its file to its report: what a new user sees first.
#include <gmock/gmock.h>

#include "program.h"

namespace guardian::cli {
namespace {

using test::guardian;
using testing::HasSubstr;

constexpr double kTolerance_s = 0.5;

const nlohmann::json& report() {
  static const auto shared = guardian({"analyze", "--json", test::sample_call().string()}).json();
  return shared;
}

const nlohmann::json& truth() {
  static const auto shared =
      nlohmann::json::parse(test::content_of(guardian::test::source_dir() / "data/sample/call.json"));
  return shared;
}

bool is_found(const nlohmann::json& label) {
  for (const auto& finding : report()["findings"]) {
    const double start_s = finding["start_s"];
    const double end_s = finding["end_s"];
    if (finding["category"] == label["category"] && start_s >= label["start"].get<double>() - kTolerance_s &&
        end_s <= label["end"].get<double>() + kTolerance_s)
      return true;
  }
  return false;
}

TEST(SampleCall, IsAnEmergency) {
  EXPECT_EQ(report()["band"], truth()["call"]["bands"][0]);
  EXPECT_EQ(report()["suspected"], true);
}

TEST(SampleCall, EveryPlantedSentenceIsFoundWhereItWasSaid) {
  int planted = 0;
  for (const auto& turn : truth()["turns"])
    for (const auto& label : turn["labels"]) {
      ++planted;
      EXPECT_TRUE(is_found(label)) << label.dump();
    }
  EXPECT_EQ(planted, 6);
}

TEST(SampleCall, TheFairComplaintIsKeptAndNotFlagged) {
  const double complaint_end_s = truth()["turns"][1]["end"];
  for (const auto& finding : report()["findings"])
    EXPECT_GT(finding["start_s"].get<double>(), complaint_end_s);
  EXPECT_THAT(report()["legitimate_complaint"].get<std::string>(), HasSubstr("壊れて"));
}

TEST(SampleCall, TheEmployeeIsNeverFlagged) {
  for (const auto& finding : report()["findings"])
    EXPECT_EQ(report()["transcript"][finding["utterance"].get<std::size_t>()]["speaker"], "customer")
        << finding.dump();
}

TEST(SampleCall, SaysWhoSpeaksUnlessToldOtherwise) {
  const auto told =
      guardian({"analyze", "--json", "--customer-channel", "left", test::sample_call().string()}).json();
  EXPECT_EQ(report()["transcript"][0]["speaker"], "employee");
  EXPECT_EQ(told["transcript"][0]["speaker"], "customer");
}

TEST(SampleCall, TheSameBytesApartFromTheTimeOfCreation) {
  auto again = guardian({"analyze", "--json", test::sample_call().string()}).json();
  again["created_at"] = report()["created_at"];
  EXPECT_EQ(again.dump(), report().dump());
}

}  // namespace
}  // namespace guardian::cli
