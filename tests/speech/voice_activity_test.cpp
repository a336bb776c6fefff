#include "speech/voice_activity.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "listening.h"

namespace guardian::speech {
namespace {

using test::Sound;

VoiceActivity load() {
  auto voice_activity = VoiceActivity::load(test::voice_activity_weights(), {});
  if (!voice_activity) throw std::runtime_error(describe(voice_activity.error(), Language::english));
  return std::move(*voice_activity);
}

std::vector<Span> find_spans(const Sound& sound, std::size_t step) {
  auto voice_activity = load();
  std::vector<Span> spans;
  for (std::size_t begin = 0; begin < sound.size(); begin += step) {
    const auto found =
        voice_activity.push(std::span(sound).subspan(begin, std::min(step, sound.size() - begin)));
    spans.insert(spans.end(), found.begin(), found.end());
  }
  const auto last = voice_activity.finish();
  spans.insert(spans.end(), last.begin(), last.end());
  return spans;
}

double overlap_s(const std::vector<Span>& spans, double start_s, double end_s) {
  double sum = 0.0;
  for (const auto& span : spans)
    sum += std::max(0.0, std::min(end_s, span.end_s) - std::max(start_s, span.start_s));
  return sum;
}

/// The call's first two channels: employee and customer, as its timeline names them.
struct Call {
  std::vector<Sound> channels;
  nlohmann::json turns;
};

Call read_call(const std::string& name) {
  const auto folder = test::shared_dir() / "data/calls";
  std::ifstream timeline(folder / (name + ".json"));
  return {test::read_channels(folder / (name + ".wav")), nlohmann::json::parse(timeline)["turns"]};
}

TEST(VoiceActivity, CoversWhatTheTimelineOfACallSays) {
  GUARDIAN_NEEDS_SHARED("data/calls/d003.wav");
  const auto call = read_call("d003");
  std::vector<Span> spans;
  for (const auto& channel : call.channels) {
    const auto found = find_spans(channel, 16000);
    spans.insert(spans.end(), found.begin(), found.end());
  }
  ASSERT_FALSE(call.turns.empty());
  double missing_s = 0.0;
  double spoken_s = 0.0;
  for (const auto& turn : call.turns) {
    const double start_s = turn["start"];
    const double end_s = turn["end"];
    const double heard_s = overlap_s(spans, start_s, end_s);
    EXPECT_GT(heard_s, 0.5 * (end_s - start_s)) << "turn at " << start_s;
    missing_s += std::max(0.0, end_s - start_s - heard_s);
    spoken_s += end_s - start_s;
  }
  EXPECT_LT(missing_s, 0.15 * spoken_s);
}

TEST(VoiceActivity, SpansAreOrderedAndDoNotOverlap) {
  GUARDIAN_NEEDS_SHARED("data/calls/d003.wav");
  const auto call = read_call("d003");
  const auto spans = find_spans(call.channels[0], 16000);
  const double length_s = static_cast<double>(call.channels[0].size()) / 16000.0;
  ASSERT_GT(spans.size(), 1U);
  double before_s = 0.0;
  for (const auto& span : spans) {
    EXPECT_GE(span.start_s, before_s);
    EXPECT_GT(span.end_s, span.start_s);
    before_s = span.end_s;
  }
  EXPECT_LE(before_s, length_s + 0.04);
}

TEST(VoiceActivity, DoesNotDependOnHowThePcmIsCut) {
  GUARDIAN_NEEDS_SHARED("data/calls/d003.wav");
  Sound sound = read_call("d003").channels[1];
  sound.resize(std::min<std::size_t>(sound.size(), 20 * 16000));
  const auto whole = find_spans(sound, sound.size());
  const auto pieces = find_spans(sound, 777);
  ASSERT_FALSE(whole.empty());
  ASSERT_EQ(whole.size(), pieces.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_DOUBLE_EQ(whole[i].start_s, pieces[i].start_s);
    EXPECT_DOUBLE_EQ(whole[i].end_s, pieces[i].end_s);
  }
}

TEST(VoiceActivity, HearsNothingInSilenceAndTones) {
  EXPECT_TRUE(find_spans(test::silence(5), 16000).empty());
  EXPECT_TRUE(find_spans(test::tone(440, 0.3F, 5), 16000).empty());
}

TEST(VoiceActivity, NeverForgetsSpeechThatIsStillToCome) {
  GUARDIAN_NEEDS_SHARED("data/calls/d003.wav");
  const Sound sound = read_call("d003").channels[0];
  auto voice_activity = load();
  double open_since_s = 0.0;
  for (std::size_t begin = 0; begin < sound.size(); begin += 8000) {
    const auto spans = voice_activity.push(
        std::span(sound).subspan(begin, std::min<std::size_t>(8000, sound.size() - begin)));
    for (const auto& span : spans) EXPECT_GE(span.start_s, open_since_s);
    open_since_s = voice_activity.open_since_s();
  }
  for (const auto& span : voice_activity.finish()) EXPECT_GE(span.start_s, open_since_s);
}

TEST(VoiceActivity, NamesWeightsThatAreMissing) {
  const auto missing = VoiceActivity::load("/nowhere/silero_vad.onnx", {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, Error::Kind::model);
  EXPECT_EQ(missing.error().subject, "/nowhere/silero_vad.onnx");
}

TEST(VoiceActivity, RefusesWeightsThatAreNone) {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path() / "silero_vad.onnx") << "not a network";
  const auto broken = VoiceActivity::load(folder.path() / "silero_vad.onnx", {});
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().kind, Error::Kind::model);
}

}  // namespace
}  // namespace guardian::speech
