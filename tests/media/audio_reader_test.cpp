// The sound as speech/ gets it: 16 kHz, every channel for itself, on the timeline that a player shows.
#include "media/audio_reader.h"

#include <gmock/gmock.h>

#include "media/sounds.h"

namespace guardian::media {
namespace {

using test::converted;
using test::onset_s;
using test::read_all;

TEST(AudioReader, GivesBlocksOfASecondThatFollowEachOther) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "in.wav";
  test::write_wav(path, test::staircase(2, 44100), 44100);
  auto reader = AudioReader::open(path);
  ASSERT_TRUE(reader);
  double expected_s = 0.0;
  for (;;) {
    const auto block = reader->read();
    ASSERT_TRUE(block);
    if (!*block) break;
    EXPECT_NEAR((*block)->start_s, expected_s, 1e-6);
    ASSERT_EQ((*block)->channels.size(), 2U);
    EXPECT_EQ((*block)->channels[0].size(), (*block)->channels[1].size());
    EXPECT_LT((*block)->channels[0].size(), 3U * kListeningRate_hz);
    expected_s += static_cast<double>((*block)->channels[0].size()) / kListeningRate_hz;
  }
  EXPECT_NEAR(expected_s, 4.0, 0.001);
  const auto after_the_end = reader->read();
  ASSERT_TRUE(after_the_end);
  EXPECT_FALSE(*after_the_end);
}

TEST(AudioReader, KeepsTheSamplesOfAFileThatAlreadyFits) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "in.wav";
  const auto original = test::staircase(2, kListeningRate_hz);
  test::write_wav(path, original, kListeningRate_hz);
  const auto samples = read_all(path);
  ASSERT_TRUE(samples);
  ASSERT_EQ((*samples)[1].size(), original[1].size());
  for (std::size_t i = 0; i < original[1].size(); ++i)
    ASSERT_NEAR((*samples)[1][i], original[1][i], 2.0 / 32768) << i;
}

TEST(AudioReader, BoundsWhatFloatFilesContain) {
  GUARDIAN_NEEDS_FFMPEG();
  const test::TemporaryFolder folder;
  test::write_wav(folder.path() / "in.wav", {test::noise(1.0, 16000, 0.5, 1)}, 16000);
  const auto path = converted(folder.path() / "in.wav", "f.wav", "-c:a pcm_f32le");
  auto bytes = test::read_bytes(path);
  for (std::size_t i = bytes.size() - 4000; i < bytes.size(); ++i) bytes[i] = '\xFF';         // not a number
  for (std::size_t i = bytes.size() - 8000; i < bytes.size() - 4000; ++i) bytes[i] = '\x7E';  // 8e37
  test::write_bytes(path, bytes);
  const auto samples = read_all(path);
  ASSERT_TRUE(samples);
  for (const float sample : (*samples)[0]) ASSERT_TRUE(sample >= -1.0F && sample <= 1.0F);
}

TEST(AudioReader, FillsGapsInTheTimestampsWithSilence) {
  GUARDIAN_NEEDS_FFMPEG();
  const test::TemporaryFolder folder;
  test::write_wav(folder.path() / "in.wav", {test::tone({3.5, 4.0, 440.0, 0.5}, 4.0, 16000)}, 16000);
  const auto path =
      converted(folder.path() / "in.wav", "gap.mkv", "-af \"aselect='lt(t,1)+gt(t,3)'\" -c:a pcm_s16le");
  ASSERT_FALSE(path.empty());
  const auto samples = read_all(path);
  ASSERT_TRUE(samples);
  EXPECT_NEAR(onset_s((*samples)[0]), 3.5, 0.05);
  EXPECT_NEAR(static_cast<double>((*samples)[0].size()) / kListeningRate_hz, 4.0, 0.05);
}

TEST(AudioReader, StartsTheClockWithThePicture) {
  GUARDIAN_NEEDS_FFMPEG();
  const test::TemporaryFolder folder;
  test::write_wav(folder.path() / "in.wav", {test::tone({0.5, 1.0, 440.0, 0.5}, 2.0, 16000)}, 16000);
  const auto path = converted(
      folder.path() / "in.wav", "late.mkv",
      "-f lavfi -i testsrc=size=64x64:rate=10:duration=4 -af asetpts=PTS+1.5/TB -c:v mpeg4 -c:a pcm_s16le");
  ASSERT_FALSE(path.empty());
  const auto samples = read_all(path);
  ASSERT_TRUE(samples);
  EXPECT_NEAR(onset_s((*samples)[0]), 2.0, 0.05);
}

TEST(AudioReader, GoesOnAfterADamagedPart) {
  GUARDIAN_NEEDS_FFMPEG();
  const test::TemporaryFolder folder;
  auto sound = test::tone({8.0, 9.0, 440.0, 0.5}, 10.0, 16000);
  const auto background = test::noise(10.0, 16000, 0.1, 1);
  for (std::size_t i = 0; i < sound.size(); ++i) sound[i] += background[i];
  test::write_wav(folder.path() / "in.wav", {sound}, 16000);
  for (const auto& [name, arguments] :
       std::vector<std::pair<std::string, std::string>>{{"a.flac", "-c:a flac"},
                                                        {"a.m4a", "-c:a aac"},
                                                        {"a.ogg", "-c:a libopus"},
                                                        {"a.mp3", "-c:a libmp3lame -b:a 32k"}}) {
    const auto path = converted(folder.path() / "in.wav", name, arguments);
    auto bytes = test::read_bytes(path);
    for (std::size_t i = bytes.size() * 3 / 10; i < bytes.size() * 4 / 10; ++i)
      bytes[i] = static_cast<char>(i * 37);
    test::write_bytes(path, bytes);
    const auto samples = read_all(path);
    ASSERT_TRUE(samples) << name << samples.error().what.en;
    EXPECT_GT(onset_s((*samples)[0], 0.4F), 0.0) << name;  // the tone near the end is still heard
  }
}

}  // namespace
}  // namespace guardian::media
