// The MP3 inside the report: what is in it, and where a second of the recording is heard.
#include "media/playback.h"

#include <gmock/gmock.h>

#include "media/decoder.h"
#include "media/sounds.h"

namespace guardian::media {
namespace {

using test::onset_s;
using test::Samples;

class PlaybackTest : public testing::Test {
 protected:
  std::filesystem::path recording(int channels, int rate_hz = 8000) {
    const auto path = folder_.path() / "in.wav";
    test::write_wav(path, test::staircase(channels, rate_hz), rate_hz);
    return path;
  }
  Playback encode(const std::filesystem::path& path, const PlaybackOptions& options) {
    auto playback = encode_playback(path, options, {});
    EXPECT_TRUE(playback) << playback.error().what.en;
    return playback ? std::move(*playback) : Playback{};
  }
  Samples heard(const Playback& playback) {
    test::write_bytes(folder_.path() / "out.mp3", playback.mp3);
    auto samples = test::read_all(folder_.path() / "out.mp3");
    EXPECT_TRUE(samples) << samples.error().what.en;
    return samples ? std::move(*samples) : Samples{};
  }

  test::TemporaryFolder folder_;
};

TEST_F(PlaybackTest, KeepsLeftAndRightAndTime) {
  const auto playback = encode(recording(2), {});
  EXPECT_EQ(playback.channels, 2);
  EXPECT_NEAR(playback.duration_s(), 4.0, 0.001);
  EXPECT_NEAR(playback.at(2.5).value_or(-1), 2.5, 0.001);
  const auto samples = heard(playback);
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_NEAR(static_cast<double>(samples[0].size()) / kListeningRate_hz, 4.0, 0.05);
  EXPECT_NEAR(onset_s(samples[0]), 0.5, 0.03);
  EXPECT_NEAR(onset_s(samples[1]), 1.3, 0.03);
}

TEST_F(PlaybackTest, HasAConstantBitRate) {
  test::write_wav(folder_.path() / "in.wav",
                  {test::noise(20.0, 8000, 0.3, 1), test::noise(20.0, 8000, 0.3, 2)}, 8000);
  EXPECT_NEAR(static_cast<double>(encode(folder_.path() / "in.wav", {}).mp3.size()), 20.0 * 48000 / 8, 2000);
  test::write_wav(folder_.path() / "in.wav", {std::vector<float>(20 * 8000)}, 8000);
  EXPECT_NEAR(static_cast<double>(encode(folder_.path() / "in.wav", {}).mp3.size()), 20.0 * 32000 / 8, 2000);
}

TEST_F(PlaybackTest, TakesOneChannelWhereAllAreTheSame) {
  const auto left = test::tone({0.5, 1.0, 440.0, 0.5}, 2.0, 8000);
  auto inverted = left;
  for (auto& sample : inverted) sample = -sample;
  test::write_wav(folder_.path() / "in.wav", {left, inverted}, 8000);
  PlaybackOptions options;
  options.first_channel_only = true;
  const auto playback = encode(folder_.path() / "in.wav", options);
  EXPECT_EQ(playback.channels, 1);
  EXPECT_NEAR(onset_s(heard(playback)[0]), 0.5, 0.03);
}

TEST_F(PlaybackTest, MixesMoreThanTwoChannels) {
  const auto playback = encode(recording(4), {});
  EXPECT_EQ(playback.channels, 1);
  const auto samples = heard(playback);
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_NEAR(onset_s(samples[0], 0.05F), 0.5, 0.03);
}

TEST_F(PlaybackTest, PutsClipsOneAfterTheOther) {
  PlaybackOptions options;
  options.clips = {
      {3.0, 3.5}, {1.2, 1.8}, {1.7, 2.0}, {9.0, 10.0}};  // unordered, two overlap, one is beyond the end
  const auto playback = encode(recording(2), options);
  ASSERT_EQ(playback.spans.size(), 2U);
  EXPECT_NEAR(playback.duration_s(), 1.3, 0.001);
  EXPECT_NEAR(playback.at(1.3).value_or(-1), 0.1, 0.001);
  EXPECT_NEAR(playback.at(3.2).value_or(-1), 1.0, 0.001);
  EXPECT_FALSE(playback.at(0.5));
  EXPECT_FALSE(playback.at(2.5));
  EXPECT_FALSE(playback.at(9.5));
  const auto samples = heard(playback);
  EXPECT_NEAR(static_cast<double>(samples[0].size()) / kListeningRate_hz, 1.3, 0.05);
  EXPECT_NEAR(onset_s(samples[1]), 0.1, 0.03);  // the second channel's tone begins at 1.3 s
}

TEST_F(PlaybackTest, EndsAClipWithTheRecording) {
  PlaybackOptions options;
  options.clips = {{3.0, 60.0}};
  EXPECT_NEAR(encode(recording(1), options).duration_s(), 1.0, 0.001);
}

TEST_F(PlaybackTest, RefusesAClipThatEndsBeforeItStarts) {
  PlaybackOptions options;
  options.clips = {{2.0, 1.0}};
  const auto playback = encode_playback(recording(1), options, {});
  ASSERT_FALSE(playback);
  EXPECT_EQ(playback.error().kind, Error::Kind::usage);
}

TEST_F(PlaybackTest, StopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  const auto playback = encode_playback(recording(1), {}, stop.get_token());
  ASSERT_FALSE(playback);
  EXPECT_EQ(playback.error().kind, Error::Kind::cancelled);
}

TEST_F(PlaybackTest, TheSameRecordingGivesTheSameBytes) {
  const auto path = recording(2);
  EXPECT_EQ(encode(path, {}).mp3, encode(path, {}).mp3);
}

}  // namespace
}  // namespace guardian::media
