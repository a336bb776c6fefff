#include "speech/speaker_encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <numbers>
#include <numeric>

#include "support.h"

namespace guardian::speech {
namespace {

std::filesystem::path model_folder() { return test::source_dir() / ".deps/models/speaker-ge2e"; }

/// A train of damped pulses with a swelling envelope: the signal of the reference values below.
std::vector<float> pulse_train() {
  std::vector<float> pcm(SpeakerEncoder::kWindowSamples);
  for (std::size_t i = 0; i < pcm.size(); ++i) {
    const auto in_period = static_cast<double>(i % 133);
    const double pulse = in_period < 40 ? 0.1 * std::cos(2 * std::numbers::pi * in_period / 20) : 0.0;
    const double swell = 0.6 + 0.4 * std::sin(2 * std::numbers::pi * static_cast<double>(i) / 6400);
    pcm[i] = static_cast<float>(pulse * swell);
  }
  return pcm;
}

std::vector<float> one_window(const SpeakerEncoder& encoder, std::span<const float> pcm) {
  std::vector<float> frames = encoder.mel_frames(pcm);
  frames.resize(SpeakerEncoder::kWindowFrames * SpeakerEncoder::kMels);
  return frames;
}

class SpeakerEncoderTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(model_folder() / "ge2e.bin")) GTEST_SKIP() << "needs " << model_folder();
    auto loaded = SpeakerEncoder::load(model_folder());
    ASSERT_TRUE(loaded) << describe(loaded.error(), Language::english);
    encoder_.emplace(std::move(*loaded));
  }
  std::optional<SpeakerEncoder> encoder_;
};

TEST_F(SpeakerEncoderTest, GivesTheValuesOfTheReferenceImplementation) {
  // From the same weights and equations in NumPy with 64-bit floats.
  const std::vector<float> mels = one_window(*encoder_, pulse_train());
  EXPECT_NEAR(mels[80 * SpeakerEncoder::kMels + 2], 5.32940009e-04, 1e-8);
  const auto embedding = encoder_->embed(mels).at(0);
  const std::pair<std::size_t, double> expected[] = {{212, 0.26201}, {17, 0.23081},  {239, 0.21251},
                                                     {143, 0.20424}, {124, 0.20055}, {89, 0.19879}};
  for (const auto& [index, value] : expected) EXPECT_NEAR(embedding[index], value, 1e-4) << index;
}

TEST_F(SpeakerEncoderTest, WindowsOfABatchDoNotTouchEachOther) {
  const std::vector<float> voice = one_window(*encoder_, pulse_train());
  std::vector<float> many(voice.size() * 2, 0.001F);
  for (int i = 0; i < 17; ++i) many.insert(many.end(), voice.begin(), voice.end());
  const auto alone = encoder_->embed(voice).at(0);
  const auto embeddings = encoder_->embed(many);
  ASSERT_EQ(embeddings.size(), 19U);
  for (std::size_t i = 0; i < alone.size(); ++i) {
    EXPECT_NEAR(embeddings[2][i], alone[i], 1e-4);
    EXPECT_NEAR(embeddings[18][i], alone[i], 1e-4);
  }
}

TEST_F(SpeakerEncoderTest, SilenceGivesNumbersToo) {
  const auto embedding = encoder_->embed(one_window(*encoder_, std::vector<float>(25600, 0.0F))).at(0);
  for (const float value : embedding) EXPECT_TRUE(std::isfinite(value));
  EXPECT_TRUE(encoder_->embed({}).empty());
}

TEST_F(SpeakerEncoderTest, DamagedWeightsAreRefused) {
  const test::TemporaryFolder folder;
  std::filesystem::copy(model_folder() / "ge2e.json", folder.path() / "ge2e.json");
  std::filesystem::copy(model_folder() / "ge2e.bin", folder.path() / "ge2e.bin");
  std::fstream(folder.path() / "ge2e.bin", std::ios::in | std::ios::out | std::ios::binary) << "not a number";
  const auto refused = SpeakerEncoder::load(folder.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::model);
}

TEST(SpeakerEncoder, MissingModelIsNamed) {
  const test::TemporaryFolder folder;
  const auto missing = SpeakerEncoder::load(folder.path());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, Error::Kind::model);
  EXPECT_EQ(missing.error().subject, folder.path().string());
}

}  // namespace
}  // namespace guardian::speech
