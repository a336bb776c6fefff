#include "pipeline/listener.h"

#include <algorithm>
#include <fstream>

#include "speech/listening.h"

namespace guardian::pipeline {
namespace {

Listener load() {
  auto listener = Listener::load({"", test::source_dir() / "policy", 2});
  if (!listener) throw std::runtime_error(describe(listener.error(), Language::english));
  return std::move(*listener);
}

/// The first half minute of a call, both channels.
std::vector<test::Sound> half_minute(const std::string& call) {
  auto channels = test::read_channels(test::shared_dir() / "data/calls" / (call + ".wav"));
  for (auto& channel : channels) channel.resize(std::min<std::size_t>(channel.size(), 30 * 16000));
  return channels;
}

TEST(Listener, HearsBothSidesOfACallAndHowTheySounded) {
  GUARDIAN_NEEDS_SHARED("data/calls/d003.wav");
  const test::TemporaryFolder folder;
  test::write_wav(folder.path() / "call.wav", half_minute("d003"));
  double last_share = 0.0;
  const auto progress = [&](double share) {
    EXPECT_GE(share, last_share);
    last_share = share;
  };
  auto listener = load();
  const auto heard = listener.listen(folder.path() / "call.wav", {1}, progress, {});
  ASSERT_TRUE(heard) << describe(heard.error(), Language::english);
  EXPECT_DOUBLE_EQ(last_share, 1.0);
  EXPECT_EQ(heard->recording.channels, 2);
  EXPECT_GT(heard->transcript.utterances.size(), 2U);
  for (const auto& utterance : heard->transcript.utterances) {
    EXPECT_EQ(utterance.speaker,
              utterance.channel == 1 ? speech::Speaker::customer : speech::Speaker::employee);
    EXPECT_TRUE(utterance.cues.loudness_db) << utterance.text;
  }
}

TEST(Listener, SaysThatAModelIsNotInstalled) {
  const auto listener = Listener::load({"no-such-model", test::source_dir() / "policy", 2});
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error().subject, "no-such-model");
}

TEST(Listener, AFileThatIsNoRecordingIsAnErrorAndTheNextOneIsHeard) {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path() / "text.wav") << "this is not sound";
  test::write_wav(folder.path() / "quiet.wav", {test::silence(3)});
  auto listener = load();
  EXPECT_FALSE(listener.listen(folder.path() / "text.wav", {}, {}, {}));
  const auto quiet = listener.listen(folder.path() / "quiet.wav", {}, {}, {});
  ASSERT_TRUE(quiet) << describe(quiet.error(), Language::english);
  EXPECT_TRUE(quiet->transcript.utterances.empty());
}

TEST(ReadyTranscript, TakesItsLengthFromTheLastTurn) {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path() / "t.json")
      << R"({"turns":[{"speaker":"customer","text":"もしもし","start":1,"end":7.5},{"speaker":"employee","text":"はい","start":3,"end":4}]})";
  const auto heard = read_ready_transcript(folder.path() / "t.json");
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->recording.name, "t.json");
  EXPECT_DOUBLE_EQ(heard->recording.duration_s, 7.5);
  EXPECT_EQ(heard->recording.kind, media::Kind::transcript);
  EXPECT_EQ(heard->recording.sha256.size(), 64U);
}

}  // namespace
}  // namespace guardian::pipeline
