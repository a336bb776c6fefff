#include "pipeline/second_hearing.h"

#include <gmock/gmock.h>

#include "pipeline/assessor.h"
#include "support.h"

namespace guardian::pipeline {
namespace {

using testing::HasSubstr;

const judgement::Judge& judge() {
  static const auto assessor = Assessor::load(test::source_dir() / "policy").value();
  return assessor.judge();
}

Listener& listener() {
  static auto shared = Listener::load({"", test::source_dir() / "policy", 2}).value();
  return shared;
}

struct Heard {
  HeardRecording recording;
  std::vector<judgement::Hearing> hearings;
};

Heard hear_twice(const std::filesystem::path& file) {
  auto recording = listener().listen(file, {}, {}, {}).value();
  auto hearings = hear_again(listener(), judge(), file, recording, {}).value();
  return {std::move(recording), std::move(hearings)};
}

const judgement::Finding* find_heard_as(const judgement::Verdict& verdict, const std::string& written) {
  for (const auto& finding : verdict.findings)
    if (finding.grounds[0].ja.find("聞き直すと音は「" + written) != std::string::npos) return &finding;
  return nullptr;
}

TEST(SecondHearing, FindsWhatACallMisheardAtItsPlace) {
  const auto file = test::shared_dir() / "data/calls/d017.wav";
  GUARDIAN_NEEDS_SHARED("data/calls/d017.wav");
  const auto [heard, hearings] = hear_twice(file);
  const auto verdict = judge().judge(heard.transcript, {}, {}, hearings);
  const auto* money = find_heard_as(verdict, "慰謝料として");
  ASSERT_NE(money, nullptr);
  EXPECT_EQ(money->category, "monetary_demand");
  EXPECT_NEAR(money->start_s, 16.5, 1.5);
  const auto* road = find_heard_as(verdict, "夜道は暗いですから");
  ASSERT_NE(road, nullptr);
  EXPECT_EQ(road->category, "threat");
  EXPECT_NEAR(road->start_s, 57.5, 1.5);
  EXPECT_THAT(road->grounds[0].en, HasSubstr("heard as"));
  for (const auto& utterance : heard.transcript.utterances)
    EXPECT_EQ(utterance.text.find("夜道"), std::string::npos) << "the transcript stays as it was heard";
}

TEST(SecondHearing, InventsNothingInHarmlessSpeech) {
  const auto folder = test::shared_dir() / "eval/audio/common_voice_ja";
  GUARDIAN_NEEDS_SHARED("eval/audio/common_voice_ja");
  for (const char* clip : {"common_voice_ja_38853932_16k.wav", "common_voice_ja_38878413_16k.wav"}) {
    const auto heard = hear_twice(folder / clip);
    for (const auto& hearing : heard.hearings)
      EXPECT_FALSE(judgement::is_supported(hearing)) << hearing.suspicion.written;
  }
}

TEST(SecondHearing, IsCancelledWithoutAnyHearing) {
  const auto file = test::source_dir() / "data/sample/call.wav";
  HeardRecording heard;
  heard.recording.name = "call.wav";
  heard.recording.channels = 2;
  heard.recording.levels.resize(2);
  speech::Utterance said;
  said.index = 0;
  said.speaker = speech::Speaker::customer;
  said.text = "読み地は暗いですから";
  said.end_s = 2.0;
  heard.transcript.utterances.push_back(said);
  std::stop_source stop;
  stop.request_stop();
  const auto hearings = hear_again(listener(), judge(), file, heard, stop.get_token());
  ASSERT_FALSE(hearings);
  EXPECT_EQ(hearings.error().kind, Error::Kind::cancelled);
}

}  // namespace
}  // namespace guardian::pipeline
