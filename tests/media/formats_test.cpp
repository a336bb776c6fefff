// Every format that customers record in: what inspect says of it, and that sound comes out at the right time.
#include <gmock/gmock.h>

#include "media/inspect.h"
#include "media/sounds.h"

namespace guardian::media {
namespace {

using test::converted;
using test::onset_s;
using test::read_all;
using test::staircase;

struct Format {
  std::string name;
  std::string arguments;
  std::string codec;
  int channels;
  int rate_hz;
  double encoder_delay_s = 0.0;  ///< where the format has no place to state it; players start late by it too
};

void PrintTo(const Format& format, std::ostream* stream) { *stream << format.name; }

class Formats : public testing::TestWithParam<Format> {};

TEST_P(Formats, AreReadWithEverySoundAtItsTime) {
  GUARDIAN_NEEDS_FFMPEG();
  const auto& format = GetParam();
  const test::TemporaryFolder folder;
  test::write_wav(folder.path() / "in.wav", staircase(format.channels, format.rate_hz), format.rate_hz);
  const auto path = converted(folder.path() / "in.wav", format.name, format.arguments);
  if (path.empty()) GTEST_SKIP() << "this ffmpeg cannot write " << format.name;

  const auto recording = inspect(path, {}, {});
  ASSERT_TRUE(recording) << recording.error().what.en;
  EXPECT_EQ(recording->kind, Kind::audio);
  EXPECT_EQ(recording->codec, format.codec);
  EXPECT_EQ(recording->channels, format.channels);
  EXPECT_EQ(recording->sample_rate_hz, format.rate_hz);
  EXPECT_NEAR(recording->duration_s, 4.0, 0.12);
  EXPECT_EQ(recording->name, format.name);
  EXPECT_EQ(test::warnings_of(*recording), "");

  const auto samples = read_all(path);
  ASSERT_TRUE(samples) << samples.error().what.en;
  ASSERT_EQ(samples->size(), static_cast<std::size_t>(format.channels));
  for (std::size_t i = 0; i < samples->size(); ++i) {
    EXPECT_NEAR(static_cast<double>((*samples)[i].size()) / kListeningRate_hz, 4.0, 0.12);
    EXPECT_NEAR(onset_s((*samples)[i]), 0.5 + 0.8 * static_cast<double>(i) + format.encoder_delay_s, 0.03)
        << "channel " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Formats,
                         testing::Values(Format{"pcm16.wav", "-c:a pcm_s16le", "pcm_s16le", 2, 8000},
                                         Format{"pcm24.wav", "-c:a pcm_s24le", "pcm_s24le", 2, 48000},
                                         Format{"float.wav", "-c:a pcm_f32le", "pcm_f32le", 1, 16000},
                                         Format{"u8.wav", "-c:a pcm_u8", "pcm_u8", 1, 11025},
                                         Format{"alaw.wav", "-c:a pcm_alaw", "pcm_alaw", 2, 8000},
                                         Format{"mulaw.wav", "-c:a pcm_mulaw", "pcm_mulaw", 2, 8000},
                                         Format{"mulaw.au", "-c:a pcm_mulaw", "pcm_mulaw", 1, 8000},
                                         Format{"adpcm.wav", "-c:a adpcm_ima_wav", "adpcm_ima_wav", 1, 8000},
                                         Format{"four.wav", "-c:a pcm_s16le", "pcm_s16le", 4, 16000},
                                         Format{"cbr.mp3", "-c:a libmp3lame -b:a 64k", "mp3", 2, 44100},
                                         Format{"vbr_without_length.mp3",
                                                "-c:a libmp3lame -q:a 5 -write_xing 0", "mp3", 2, 22050,
                                                0.05},
                                         Format{"low.mp3", "-c:a libmp3lame -b:a 16k", "mp3", 1, 8000},
                                         Format{"a.m4a", "-c:a aac -b:a 64k", "aac", 2, 44100},
                                         Format{"four.m4a", "-c:a aac -b:a 128k", "aac", 4, 48000},
                                         Format{"raw.aac", "-c:a aac -f adts", "aac", 1, 16000, 0.064},
                                         Format{"opus.ogg", "-c:a libopus", "opus", 2, 48000},
                                         Format{"vorbis.ogg", "-c:a libvorbis", "vorbis", 2, 32000},
                                         Format{"a.flac", "-c:a flac", "flac", 2, 24000},
                                         Format{"four.flac", "-c:a flac", "flac", 4, 16000},
                                         Format{"opus.webm", "-c:a libopus", "opus", 1, 48000},
                                         Format{"pcm.mkv", "-c:a pcm_s16le", "pcm_s16le", 2, 16000},
                                         Format{"pcm.mov", "-c:a pcm_s16le", "pcm_s16le", 2, 16000},
                                         Format{"old.wma", "-c:a wmav2", "wmav2", 2, 44100, 0.046},
                                         Format{"broadcast.ts", "-c:a aac", "aac", 2, 48000}),
                         [](const auto& test) {
                           std::string name = test.param.name;
                           std::replace_if(
                               name.begin(), name.end(),
                               [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
                           return name;
                         });

// No free AMR encoder is packaged, so these are frames of arbitrary parameters: what counts is that they are
// decoded.
TEST(Amr, IsDecodedFrameByFrame) {
  const test::TemporaryFolder folder;
  std::mt19937 random(1);
  std::string bytes = "#!AMR\n";
  for (int frame = 0; frame < 100; ++frame) {  // 20 ms each
    bytes += '\x3C';                           // 12.2 kbit/s, good quality
    for (int i = 0; i < 31; ++i) bytes += static_cast<char>(random() & 0xFFU);
  }
  test::write_bytes(folder.path() / "call.amr", bytes);
  const auto recording = inspect(folder.path() / "call.amr", {}, {});
  ASSERT_TRUE(recording) << recording.error().what.en;
  EXPECT_EQ(recording->codec, "amr_nb");
  EXPECT_EQ(recording->sample_rate_hz, 8000);
  EXPECT_NEAR(recording->duration_s, 2.0, 0.001);
  EXPECT_GT(recording->levels[0].peak, 0.01);
  EXPECT_FALSE(test::warns_of(*recording, Warning::Code::wrong_length)) << test::warnings_of(*recording);
  EXPECT_FALSE(test::warns_of(*recording, Warning::Code::truncated)) << test::warnings_of(*recording);
}

class Videos : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Videos, AreHeardByTheirSoundTrack) {
  GUARDIAN_NEEDS_FFMPEG();
  const test::TemporaryFolder folder;
  test::write_wav(folder.path() / "in.wav", staircase(2, 48000), 48000);
  const auto path =
      converted(folder.path() / "in.wav", GetParam().first,
                std::string("-f lavfi -i testsrc=size=64x64:rate=10:duration=4 ") + GetParam().second);
  if (path.empty()) GTEST_SKIP() << "this ffmpeg cannot write " << GetParam().first;
  const auto recording = inspect(path, {}, {});
  ASSERT_TRUE(recording) << recording.error().what.en;
  EXPECT_EQ(recording->kind, Kind::video);
  EXPECT_EQ(recording->channels, 2);
  EXPECT_EQ(test::warnings_of(*recording), "");
  const auto samples = read_all(path);
  ASSERT_TRUE(samples);
  EXPECT_NEAR(onset_s((*samples)[0]), 0.5, 0.03);
  EXPECT_NEAR(onset_s((*samples)[1]), 1.3, 0.03);
}

INSTANTIATE_TEST_SUITE_P(All, Videos,
                         testing::Values(std::pair{"a.mp4", "-c:v mpeg4 -c:a aac"},
                                         std::pair{"a.mov", "-c:v mpeg4 -c:a pcm_s16le"},
                                         std::pair{"a.webm", "-c:v libvpx -deadline realtime -c:a libopus"},
                                         std::pair{"a.avi", "-c:v mpeg4 -c:a libmp3lame"},
                                         std::pair{"a.flv", "-c:v flv1 -c:a aac"}),
                         [](const auto& test) { return std::string(test.param.first).substr(2); });

TEST(Videos, WithoutSoundAreRefusedAsSuch) {
  GUARDIAN_NEEDS_FFMPEG();
  const test::TemporaryFolder folder;
  test::write_wav(folder.path() / "in.wav", staircase(1, 8000), 8000);
  const auto path = converted(folder.path() / "in.wav", "mute.mp4",
                              "-f lavfi -i testsrc=size=64x64:rate=10:duration=2 -map 1 -c:v mpeg4");
  ASSERT_FALSE(path.empty());
  const auto recording = inspect(path, {}, {});
  ASSERT_FALSE(recording);
  EXPECT_EQ(recording.error().kind, Error::Kind::no_speech_source);
}

TEST(Videos, ACoverPictureDoesNotMakeAVideo) {
  GUARDIAN_NEEDS_FFMPEG();
  const test::TemporaryFolder folder;
  test::write_wav(folder.path() / "in.wav", staircase(1, 16000), 16000);
  const auto path =
      converted(folder.path() / "in.wav", "cover.mp3",
                "-f lavfi -i testsrc=size=64x64:rate=1:duration=1 -map 0 -map 1 -frames:v 1 -c:v png "
                "-disposition:v attached_pic -c:a libmp3lame");
  ASSERT_FALSE(path.empty());
  const auto recording = inspect(path, {}, {});
  ASSERT_TRUE(recording) << recording.error().what.en;
  EXPECT_EQ(recording->kind, Kind::audio);
}

TEST(Tracks, TheDefaultOneOfSeveralIsTaken) {
  GUARDIAN_NEEDS_FFMPEG();
  const test::TemporaryFolder folder;
  test::write_wav(folder.path() / "in.wav", staircase(1, 16000), 16000);
  const auto path = converted(folder.path() / "in.wav", "two.mkv",
                              "-f lavfi -i anullsrc=r=16000:cl=mono:d=4 -map 1 -map 0 -c:a pcm_s16le "
                              "-disposition:a:0 0 -disposition:a:1 default");
  ASSERT_FALSE(path.empty());
  const auto samples = read_all(path);
  ASSERT_TRUE(samples);
  EXPECT_NEAR(onset_s((*samples)[0]), 0.5, 0.03);
}

}  // namespace
}  // namespace guardian::media
