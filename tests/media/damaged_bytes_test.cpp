// Valid files of every format with bytes flipped and ends cut off: whatever comes out, the program lives and
// stays small.
#include <gmock/gmock.h>

#include "media/inspect.h"
#include "media/sounds.h"

namespace guardian::media {
namespace {

constexpr int kVariants = 12;
constexpr long kMemoryGrowth_MB = 400;

struct Format {
  const char* name;
  const char* arguments;
};

void PrintTo(const Format& format, std::ostream* stream) { *stream << format.name; }

class DamagedBytes : public testing::TestWithParam<Format> {};

/// Flips some bytes, more of them near the start where headers are, and every third time cuts the end off.
std::string damaged(std::string bytes, std::mt19937& random, int variant) {
  const std::size_t flips = 1 + random() % 40;
  for (std::size_t i = 0; i < flips; ++i) {
    const std::size_t range = i % 2 == 0 ? std::min<std::size_t>(bytes.size(), 512) : bytes.size();
    bytes[random() % range] = static_cast<char>(random() & 0xFFU);
  }
  if (variant % 3 == 0) bytes.resize(1 + random() % bytes.size());
  return bytes;
}

TEST_P(DamagedBytes, NeverCrashOrFillTheMemory) {
  GUARDIAN_NEEDS_FFMPEG();
  const test::TemporaryFolder folder;
  test::write_wav(folder.path() / "in.wav", test::staircase(2, 16000), 16000);
  const auto path = test::converted(folder.path() / "in.wav", GetParam().name, GetParam().arguments);
  if (path.empty()) GTEST_SKIP() << "this ffmpeg cannot write " << GetParam().name;
  const auto original = test::read_bytes(path);
  const long before_MB = test::peak_memory_MB();
  std::mt19937 random(20261124);
  for (int variant = 0; variant < kVariants; ++variant) {
    test::write_bytes(path, damaged(original, random, variant));
    const auto recording = inspect(path, {}, {});
    const auto samples = test::read_all(path);
    if (!recording) {
      EXPECT_THAT(recording.error().kind,
                  testing::AnyOf(Error::Kind::damaged, Error::Kind::no_speech_source));
      continue;
    }
    ASSERT_TRUE(samples) << samples.error().what.en;
    EXPECT_GT(recording->duration_s, 0.0);
    EXPECT_LE(recording->peaks[0].size(), 2000U);
    for (const auto& level : recording->levels) EXPECT_TRUE(level.peak >= 0.0 && level.peak <= 1.0);
    for (const float sample : (*samples)[0]) ASSERT_TRUE(sample >= -1.0F && sample <= 1.0F);
  }
  if (test::kMemoryIsMeasurable) {
    EXPECT_LT(test::peak_memory_MB() - before_MB, kMemoryGrowth_MB);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, DamagedBytes,
    testing::Values(Format{"pcm.wav", "-c:a pcm_s16le"}, Format{"mulaw.wav", "-c:a pcm_mulaw"},
                    Format{"a.mp3", "-c:a libmp3lame"}, Format{"a.m4a", "-c:a aac"},
                    Format{"raw.aac", "-c:a aac -f adts"}, Format{"opus.ogg", "-c:a libopus"},
                    Format{"vorbis.ogg", "-c:a libvorbis"}, Format{"a.flac", "-c:a flac"},
                    Format{"a.webm", "-c:a libopus"}, Format{"a.mov", "-c:a pcm_s16le"},
                    Format{"a.ts", "-c:a aac"}, Format{"a.wma", "-c:a wmav2"}),
    [](const auto& test) {
      std::string name = test.param.name;
      std::replace(name.begin(), name.end(), '.', '_');
      return name;
    });

}  // namespace
}  // namespace guardian::media
