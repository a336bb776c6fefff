#include "speech/diarization.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "media/audio_reader.h"
#include "speech/speaker_clustering.h"
#include "support.h"

namespace guardian::speech {
namespace {

using testing::IsEmpty;

std::filesystem::path model_folder() { return test::source_dir() / ".deps/models/speaker-ge2e"; }

// ---- clustering ----

/// Points around one of several directions that share a common part, as the embeddings of voices do.
std::vector<SpeakerEncoder::Embedding> points(const std::vector<int>& voices, float apart) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> noise(0.0F, 0.5F);
  std::vector<SpeakerEncoder::Embedding> embeddings;
  for (const int voice : voices) {
    auto& embedding = embeddings.emplace_back();
    for (std::size_t i = 0; i < embedding.size(); ++i) {
      embedding[i] = 1.0F + noise(random) + (static_cast<int>(i / 32) == voice ? apart : 0.0F);
    }
    float square = 0.0F;
    for (const float value : embedding) square += value * value;
    for (float& value : embedding) value /= std::sqrt(square);
  }
  return embeddings;
}

std::vector<int> repeated(const std::vector<int>& pattern, std::size_t count) {
  std::vector<int> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(pattern[i % pattern.size()]);
  return all;
}

TEST(SpeakerClustering, TwoVoicesAreTwoAndOneIsOne) {
  EXPECT_EQ(find_voices(points(repeated({0, 1}, 40), 4.0F), {}).size(), 2U);
  EXPECT_EQ(find_voices(points(repeated({0}, 40), 4.0F), {}).size(), 1U);
}

TEST(SpeakerClustering, ThirdAndFourthVoicesMustBeClear) {
  EXPECT_EQ(find_voices(points(repeated({0, 1, 2}, 60), 8.0F), {}).size(), 3U);
  EXPECT_LE(find_voices(points(repeated({0, 1, 2, 3, 4, 5}, 120), 8.0F), {}).size(), 4U);
}

TEST(SpeakerClustering, AFewStrayWindowsAreNoVoice) {
  std::vector<int> voices = repeated({0}, 40);
  voices[7] = voices[8] = 3;
  EXPECT_EQ(find_voices(points(voices, 8.0F), {}).size(), 1U);
}

TEST(SpeakerClustering, SixHoursOfWindowsAreSampled) {
  // 30,000 embeddings: all pairs of them would be 450 million comparisons.
  EXPECT_EQ(find_voices(points(repeated({0, 1, 1}, 30000), 4.0F), {}).size(), 2U);
}

TEST(SpeakerClustering, NothingGivesNothing) { EXPECT_THAT(find_voices({}, {}), IsEmpty()); }

// ---- transcript ----

Utterance spoken(double start_s, double end_s, const std::vector<const char*>& words) {
  Utterance utterance;
  utterance.start_s = start_s;
  utterance.end_s = end_s;
  utterance.confidence = 0.5;
  const double step_s = (end_s - start_s) / static_cast<double>(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    utterance.text += words[i];
    utterance.words.push_back({words[i], start_s + static_cast<double>(i) * step_s,
                               start_s + static_cast<double>(i + 1) * step_s,
                               0.25 * static_cast<double>(i + 1)});
  }
  return utterance;
}

TEST(Diarization, UtterancesAreCutBetweenWordsWhereTheVoiceChanges) {
  Transcript transcript;
  transcript.utterances = {spoken(0, 4, {"お電話", "ありがとう", "届かない", "んです"}),
                           spoken(5, 6, {"はい"})};
  transcript.utterances[1].index = 1;
  std::vector<RawCues> cues(2);
  cues[0].level_db = -20;
  cues[1].level_db = -30;
  apply_speakers(transcript, cues, {{0, 2.1, 0}, {2.1, 4, 1}, {5, 6, 0}});
  ASSERT_EQ(transcript.utterances.size(), 3U);
  EXPECT_EQ(transcript.utterances[0].text, "お電話ありがとう");
  EXPECT_EQ(transcript.utterances[1].text, "届かないんです");
  EXPECT_EQ(transcript.utterances[0].channel, 0);
  EXPECT_EQ(transcript.utterances[1].channel, 1);
  EXPECT_EQ(transcript.utterances[2].channel, 0);
  EXPECT_DOUBLE_EQ(transcript.utterances[0].end_s, 2.0);
  EXPECT_DOUBLE_EQ(transcript.utterances[1].start_s, 2.0);
  EXPECT_DOUBLE_EQ(transcript.utterances[1].end_s, 4.0);
  EXPECT_DOUBLE_EQ(transcript.utterances[1].confidence.value(), 0.875);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(transcript.utterances[static_cast<std::size_t>(i)].index, i);
  ASSERT_EQ(cues.size(), 3U);
  EXPECT_FALSE(cues[0].level_db) << "measured over both voices";
  EXPECT_EQ(cues[2].level_db, -30);
}

TEST(Diarization, AFlickerShorterThanAWordOfSpeechCutsNothing) {
  Transcript transcript;
  transcript.utterances = {spoken(0, 2, {"荷物", "が", "まだ", "届き", "ません", "が", "ええ", "はい"})};
  std::vector<RawCues> cues(1);
  apply_speakers(transcript, cues, {{0, 1.0, 0}, {1.0, 1.25, 1}, {1.25, 2, 0}});
  ASSERT_EQ(transcript.utterances.size(), 1U);
  EXPECT_EQ(transcript.utterances[0].channel, 0);
}

TEST(Diarization, WithoutSpansNobodyIsToldApart) {
  Transcript transcript;
  transcript.utterances = {spoken(0, 1, {"はい"}), spoken(2, 3, {"いいえ"})};
  std::vector<RawCues> cues;
  apply_speakers(transcript, cues, {});
  EXPECT_EQ(transcript.utterances[0].channel, -1);
  EXPECT_EQ(transcript.utterances[1].channel, -1);
  EXPECT_EQ(cues.size(), 2U);
}

TEST(Diarization, UtterancesWithoutWordsGetTheVoiceHeardLongest) {
  Transcript transcript;
  transcript.utterances = {spoken(0, 4, {"はい"})};
  transcript.utterances[0].words.clear();
  std::vector<RawCues> cues(1);
  apply_speakers(transcript, cues, {{0, 1, 0}, {1, 4, 1}});
  ASSERT_EQ(transcript.utterances.size(), 1U);
  EXPECT_EQ(transcript.utterances[0].channel, 1);
}

// ---- sound ----

class DiarizerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(model_folder() / "ge2e.bin")) GTEST_SKIP() << "needs " << model_folder();
    auto loaded = Diarizer::load(model_folder());
    ASSERT_TRUE(loaded) << describe(loaded.error(), Language::english);
    diarizer_.emplace(std::move(*loaded));
  }
  std::optional<Diarizer> diarizer_;
};

TEST_F(DiarizerTest, NothingHeardIsNobody) {
  diarizer_->add(3.0, {});
  EXPECT_THAT(diarizer_->finish(), IsEmpty());
}

TEST_F(DiarizerTest, AScrapOfSoundIsOneVoice) {
  diarizer_->add(3.0, std::vector<float>(800, 0.1F));
  const auto spans = diarizer_->finish();
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_DOUBLE_EQ(spans[0].start_s, 3.0);
  EXPECT_DOUBLE_EQ(spans[0].end_s, 3.05);
  EXPECT_EQ(spans[0].voice, 0);
}

TEST_F(DiarizerTest, TellsTheTwoVoicesOfACallApart) {
  GUARDIAN_NEEDS_SHARED("data/calls/d003.wav");
  auto reader = media::AudioReader::open(test::shared_dir() / "data/calls/d003.wav");
  ASSERT_TRUE(reader);
  std::vector<float> mono;
  for (auto block = reader->read(); block && *block; block = reader->read()) {
    const auto& channels = (*block)->channels;
    for (std::size_t i = 0; i < channels[0].size(); ++i)
      mono.push_back((channels[0][i] + channels[1][i]) / 2.0F);
  }
  std::ifstream file(test::shared_dir() / "data/calls/d003.json");
  const auto truth = nlohmann::json::parse(file);
  // Two turns at a time as one stretch, so that the change must be found inside it.
  const auto& turns = truth.at("turns");
  for (std::size_t i = 0; i < turns.size(); i += 2) {
    const double start_s = turns[i].at("start");
    const double end_s = turns[std::min(i + 1, turns.size() - 1)].at("end");
    diarizer_->add(start_s, std::span(mono).subspan(static_cast<std::size_t>(start_s * 16000),
                                                    static_cast<std::size_t>((end_s - start_s) * 16000)));
  }
  double right_s = 0.0;
  double wrong_s = 0.0;
  for (const SpeakerSpan& span : diarizer_->finish()) {
    for (const auto& turn : turns) {
      const double start_s = std::max<double>(span.start_s, turn.at("start"));
      const double end_s = std::min<double>(span.end_s, turn.at("end"));
      if (end_s <= start_s) continue;
      // The employee speaks first and is voice 0 therefore.
      ((turn.at("speaker") == "employee") == (span.voice == 0) ? right_s : wrong_s) += end_s - start_s;
    }
  }
  EXPECT_GT(right_s, 40.0);
  EXPECT_LT(wrong_s, 0.08 * right_s);
}

}  // namespace
}  // namespace guardian::speech
