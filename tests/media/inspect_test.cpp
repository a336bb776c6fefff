// What is measured of a recording, and which of its faults are told to the user.
#include "media/inspect.h"

#include <gmock/gmock.h>

#include "base/file.h"
#include "media/sounds.h"

namespace guardian::media {
namespace {

using test::converted;
using test::Samples;
using test::tone;
using test::warns_of;

constexpr int kTelephone_hz = 8000;

class Inspect : public testing::Test {
 protected:
  Recording of(const Samples& samples, int rate_hz = kTelephone_hz) {
    test::write_wav(wav(), samples, rate_hz);
    return of(wav());
  }
  Recording of(const std::filesystem::path& path) {
    auto recording = inspect(path, {}, {});
    EXPECT_TRUE(recording) << path << recording.error().what.en;
    return recording ? *recording : Recording{};
  }
  std::filesystem::path wav() const { return folder_.path() / "in.wav"; }

  test::TemporaryFolder folder_;
};

TEST_F(Inspect, MeasuresLoudnessAsTheStandardDefinesIt) {
  // ITU-R BS.1770-4: a 997 Hz sine at 0 dBFS in one channel reads -3.01 LKFS, so at -20 dBFS -23.01.
  const auto recording = of({tone({0.0, 10.0, 997.0, 0.1}, 10.0, 48000)}, 48000);
  EXPECT_NEAR(recording.levels[0].loudness_lufs, -23.01, 0.1);
  EXPECT_NEAR(recording.levels[0].peak, 0.1, 0.001);
  EXPECT_NEAR(recording.levels[0].active_s, 10.0, 0.11);
  EXPECT_EQ(recording.levels[0].clipped_share, 0.0);
}

TEST_F(Inspect, HashesTheFile) {
  const auto recording = of(test::staircase(1, kTelephone_hz));
  EXPECT_EQ(recording.sha256, sha256(test::read_bytes(wav())));
}

TEST_F(Inspect, DrawsAWaveformOfBoundedSize) {
  auto samples = test::noise(600.0, kTelephone_hz, 0.01, 1);
  samples[samples.size() / 4] = 0.9F;
  const auto recording = of({samples});
  const auto& slices = recording.peaks[0];
  ASSERT_GE(slices.size(), 500U);
  ASSERT_LE(slices.size(), 2000U);
  const auto highest =
      std::max_element(slices.begin(), slices.end(), [](auto a, auto b) { return a.high < b.high; });
  EXPECT_NEAR(highest->high, 0.9, 0.001);
  EXPECT_NEAR(static_cast<double>(highest - slices.begin()) / static_cast<double>(slices.size()), 0.25, 0.01);
}

TEST_F(Inspect, NoticesSilence) {
  EXPECT_TRUE(warns_of(of({test::noise(5.0, kTelephone_hz, 0.0003, 1)}), Warning::Code::silence));
}

TEST_F(Inspect, ReadsAnHourOfSilence) {
  test::write_long_silence(wav(), 3600.0);
  const auto recording = of(wav());
  EXPECT_NEAR(recording.duration_s, 3600.0, 0.01);
  EXPECT_TRUE(warns_of(recording, Warning::Code::silence));
  EXPECT_EQ(recording.warnings.size(), 1U) << test::warnings_of(recording);
}

TEST_F(Inspect, NoticesOneSilentChannelOfTwo) {
  const auto recording =
      of({tone({0.0, 5.0, 400.0, 0.3}, 5.0, kTelephone_hz), std::vector<float>(5 * kTelephone_hz)});
  EXPECT_TRUE(warns_of(recording, Warning::Code::silent_channel));
  EXPECT_FALSE(recording.dual_mono);
  EXPECT_FALSE(warns_of(recording, Warning::Code::silence));
}

TEST_F(Inspect, NoticesSpeechThatIsTooQuiet) {
  EXPECT_TRUE(warns_of(of({tone({0.0, 5.0, 1000.0, 0.004}, 5.0, kTelephone_hz)}), Warning::Code::very_quiet));
  EXPECT_FALSE(warns_of(of({tone({0.0, 5.0, 1000.0, 0.05}, 5.0, kTelephone_hz)}), Warning::Code::very_quiet));
}

TEST_F(Inspect, NoticesClippingAlsoInTelephoneCoding) {
  const auto overdriven = of({tone({0.0, 3.0, 400.0, 3.0}, 3.0, kTelephone_hz)});
  EXPECT_TRUE(warns_of(overdriven, Warning::Code::clipping));
  EXPECT_FALSE(warns_of(of({tone({0.0, 3.0, 400.0, 0.9}, 3.0, kTelephone_hz)}), Warning::Code::clipping));
  if (!test::have_ffmpeg()) return;
  test::write_wav(wav(), {tone({0.0, 3.0, 400.0, 3.0}, 3.0, kTelephone_hz)}, kTelephone_hz);
  for (const std::string codec : {"pcm_mulaw", "pcm_alaw"})
    EXPECT_TRUE(warns_of(of(converted(wav(), codec + ".wav", "-c:a " + codec)), Warning::Code::clipping))
        << codec;
}

TEST_F(Inspect, NoticesTheSameSoundOnBothChannels) {
  const auto voice = test::noise(5.0, kTelephone_hz, 0.3, 1);
  auto quieter = voice;
  auto inverted = voice;
  const auto hiss = test::noise(5.0, kTelephone_hz, 0.01, 2);
  for (std::size_t i = 0; i < voice.size(); ++i) {
    quieter[i] = 0.5F * voice[i] + hiss[i];
    inverted[i] = -voice[i];
  }
  EXPECT_TRUE(of({voice, voice}).dual_mono);
  EXPECT_TRUE(of({voice, quieter}).dual_mono);
  EXPECT_TRUE(of({voice, inverted}).dual_mono);
  EXPECT_TRUE(warns_of(of({voice, voice}), Warning::Code::dual_mono));
  EXPECT_FALSE(of({voice}).dual_mono);
  EXPECT_FALSE(of({voice, test::noise(5.0, kTelephone_hz, 0.3, 3)}).dual_mono);
}

TEST_F(Inspect, NoticesTheSameSoundThroughLossyCoding) {
  GUARDIAN_NEEDS_FFMPEG();
  const auto voice = tone({0.5, 4.5, 700.0, 0.3}, 5.0, kTelephone_hz);
  auto noisy = voice;
  const auto hiss = test::noise(5.0, kTelephone_hz, 0.002, 2);
  for (std::size_t i = 0; i < noisy.size(); ++i) noisy[i] = 0.7F * noisy[i] + hiss[i];
  test::write_wav(wav(), {voice, noisy}, kTelephone_hz);
  EXPECT_TRUE(of(converted(wav(), "m.wav", "-c:a pcm_mulaw")).dual_mono);
  EXPECT_TRUE(of(converted(wav(), "m.mp3", "-c:a libmp3lame -b:a 24k -joint_stereo 0")).dual_mono);
}

TEST_F(Inspect, AnOffsetOfTheHardwareDoesNotMakeChannelsAlike) {
  auto left = tone({0.0, 2.0, 400.0, 0.02}, 5.0, kTelephone_hz);
  auto right = tone({3.0, 5.0, 700.0, 0.02}, 5.0, kTelephone_hz);
  for (auto& sample : left) sample += 0.2F;
  for (auto& sample : right) sample += 0.2F;
  EXPECT_FALSE(of({left, right}).dual_mono);
}

TEST_F(Inspect, TwoSidesOfACallAreNotTheSame) {
  GUARDIAN_NEEDS_SHARED("data/calls");
  for (const auto& entry : std::filesystem::directory_iterator(test::shared_dir() / "data/calls")) {
    if (entry.path().extension() != ".wav") continue;
    const auto recording = of(entry.path());
    EXPECT_FALSE(recording.dual_mono) << entry.path();
    EXPECT_EQ(test::warnings_of(recording), "") << entry.path();
  }
}

TEST_F(Inspect, NoticesARecordingTooShortToJudge) {
  const auto recording = of({tone({0.0, 0.2, 400.0, 0.3}, 0.2, kTelephone_hz)});
  EXPECT_NEAR(recording.duration_s, 0.2, 0.001);
  EXPECT_TRUE(warns_of(recording, Warning::Code::short_recording));
}

TEST_F(Inspect, NoticesAFileThatWasCopiedOnlyInPart) {
  test::write_wav(wav(), {test::noise(20.0, kTelephone_hz, 0.2, 1)}, kTelephone_hz);
  std::filesystem::resize_file(wav(), std::filesystem::file_size(wav()) / 2);
  const auto recording = of(wav());
  EXPECT_NEAR(recording.duration_s, 10.0, 0.1);
  EXPECT_TRUE(warns_of(recording, Warning::Code::truncated)) << test::warnings_of(recording);
}

TEST_F(Inspect, NoticesCompressedFilesThatWereCopiedOnlyInPart) {
  GUARDIAN_NEEDS_FFMPEG();
  test::write_wav(wav(), {test::noise(20.0, 16000, 0.2, 1)}, 16000);
  for (const auto& [name, arguments] :
       std::vector<std::pair<std::string, std::string>>{{"a.m4a", "-c:a aac -movflags +faststart"},
                                                        {"a.mp3", "-c:a libmp3lame"},
                                                        {"a.flac", "-c:a flac"},
                                                        {"a.webm", "-c:a libopus"}}) {
    const auto path = converted(wav(), name, arguments);
    ASSERT_FALSE(path.empty()) << name;
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
    const auto recording = of(path);
    EXPECT_NEAR(recording.duration_s, 10.0, 1.5) << name;
    EXPECT_TRUE(warns_of(recording, Warning::Code::truncated))
        << name << ": " << test::warnings_of(recording);
  }
}

TEST_F(Inspect, NoticesALengthThatIsNotTrue) {
  GUARDIAN_NEEDS_FFMPEG();
  test::write_wav(wav(), {test::noise(10.0, 16000, 0.2, 1)}, 16000);
  const auto path = converted(wav(), "a.flac", "-c:a flac");
  auto bytes = test::read_bytes(path);
  bytes.replace(22, 4, {'\0', '\0', '\x7D', '\0'});  // STREAMINFO's number of samples: two seconds
  test::write_bytes(path, bytes);
  const auto recording = of(path);
  EXPECT_NEAR(recording.duration_s, 10.0, 0.01);
  EXPECT_TRUE(warns_of(recording, Warning::Code::wrong_length)) << test::warnings_of(recording);
}

TEST_F(Inspect, DoesNotBlameFilesForALengthThatTheyNeverStated) {
  GUARDIAN_NEEDS_FFMPEG();
  auto samples = test::noise(30.0, 16000, 0.3, 1);
  std::fill(samples.begin() + 16000, samples.end() - 16000,
            0.0F);  // variable rates: guessing from the start goes wrong
  test::write_wav(wav(), {samples}, 16000);
  for (const auto& [name, arguments] : std::vector<std::pair<std::string, std::string>>{
           {"vbr.mp3", "-c:a libmp3lame -q:a 2 -write_xing 0"}, {"raw.aac", "-c:a aac -q:a 1 -f adts"}}) {
    const auto recording = of(converted(wav(), name, arguments));
    EXPECT_NEAR(recording.duration_s, 30.0, 0.2) << name;
    EXPECT_EQ(test::warnings_of(recording), "") << name;
  }
}

TEST_F(Inspect, ReadsRecordersThatNeverWroteTheLength) {
  const auto samples = test::noise(5.0, kTelephone_hz, 0.2, 1);
  test::write_wav(wav(), {samples}, kTelephone_hz);
  const auto data = test::read_bytes(wav()).substr(44);
  for (const std::uint32_t stated : {0U, 0xFFFFFFFFU}) {
    test::write_bytes(wav(), test::wav_header(1, kTelephone_hz, stated) + data);
    const auto recording = of(wav());
    EXPECT_NEAR(recording.duration_s, 5.0, 0.01) << stated;
    EXPECT_EQ(test::warnings_of(recording), "") << stated;
  }
}

TEST_F(Inspect, ToleratesATagAtTheEnd) {
  GUARDIAN_NEEDS_FFMPEG();
  test::write_wav(wav(), {test::noise(5.0, 16000, 0.2, 1)}, 16000);
  const auto path = converted(wav(), "a.mp3", "-c:a libmp3lame -write_id3v1 1 -metadata title=call");
  EXPECT_EQ(test::warnings_of(of(path)), "");
}

TEST_F(Inspect, ShowsNamesWithoutControlCharacters) {
  const auto path = folder_.path() / "a\n\x1b[31mb.wav";
  test::write_wav(path, test::staircase(1, kTelephone_hz), kTelephone_hz);
  for (const char c : of(path).name) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
}

TEST_F(Inspect, TellsHowFarItIs) {
  test::write_long_silence(wav(), 120.0);
  std::vector<double> shares;
  ASSERT_TRUE(inspect(wav(), [&](double share) { shares.push_back(share); }, {}));
  ASSERT_GT(shares.size(), 10U);
  EXPECT_TRUE(std::is_sorted(shares.begin(), shares.end()));
  EXPECT_GT(shares.front(), 0.0);
  EXPECT_LE(shares.back(), 1.0);
}

TEST_F(Inspect, StopsWhenAsked) {
  test::write_long_silence(wav(), 3600.0);
  std::stop_source stop;
  int calls = 0;
  const auto count_and_stop = [&](double) {
    ++calls;
    stop.request_stop();
  };
  const auto recording = inspect(wav(), count_and_stop, stop.get_token());
  ASSERT_FALSE(recording);
  EXPECT_EQ(recording.error().kind, Error::Kind::cancelled);
  EXPECT_EQ(calls, 1);
}

TEST_F(Inspect, UsesFlatMemory) {
  if (!test::kMemoryIsMeasurable) GTEST_SKIP() << "memory says nothing under AddressSanitizer";
  test::write_long_silence(wav(), 60.0);
  of(wav());
  const long before_MB = test::peak_memory_MB();
  test::write_long_silence(wav(), 2.0 * 3600.0);  // 115 MB of samples
  EXPECT_NEAR(of(wav()).duration_s, 7200.0, 0.01);
  EXPECT_LT(test::peak_memory_MB() - before_MB, 32);
}

TEST_F(Inspect, SaysEveryWarningInBothLanguages) {
  const auto recording = of(
      {tone({0.0, 0.5, 400.0, 3.0}, 0.5, kTelephone_hz), tone({0.0, 0.5, 400.0, 3.0}, 0.5, kTelephone_hz)});
  EXPECT_GE(recording.warnings.size(), 3U);
  for (const auto& warning : recording.warnings) {
    EXPECT_FALSE(warning.text.ja.empty());
    EXPECT_FALSE(warning.text.en.empty());
  }
}

}  // namespace
}  // namespace guardian::media
