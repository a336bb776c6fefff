#include "speech/transcribe.h"

#include <algorithm>
#include <fstream>

#include "base/text.h"
#include "listening.h"

namespace guardian::speech {
namespace {

using test::Sound;

std::u32string letters(const std::string& text) {
  std::u32string kept;
  const std::string normal = normalize(text).text;
  for (std::size_t i = 0; i < normal.size();) {
    const auto lead = static_cast<unsigned char>(normal[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t code = lead & (length == 1 ? 0x7F : 0xFF >> (length + 1));
    for (std::size_t j = 1; j < length; ++j)
      code = (code << 6U) | (static_cast<unsigned char>(normal[i + j]) & 0x3FU);
    i += length;
    const bool mark = code < 0x30 || (code >= 0x3A && code <= 0x40) || (code >= 0x3000 && code <= 0x303F);
    if (!mark) kept.push_back(code);
  }
  return kept;
}

/// Character error rate by edit distance.
double error_rate(const std::string& reference, const std::string& heard) {
  const auto a = letters(reference);
  const auto b = letters(heard);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return static_cast<double>(row[b.size()]) / static_cast<double>(a.size());
}

std::string joined(const Transcript& transcript) {
  std::string text;
  for (const auto& utterance : transcript.utterances) text += utterance.text;
  return text;
}

HeardSpeech heard(const std::filesystem::path& path, const TranscribeHooks& hooks = {}) {
  auto speech = test::listen(path, test::default_recognizer(), hooks);
  if (!speech) throw std::runtime_error(describe(speech.error(), Language::english));
  return std::move(*speech);
}

HeardSpeech heard(const std::vector<Sound>& channels) {
  const test::TemporaryFolder folder;
  test::write_wav(folder.path() / "made.wav", channels);
  return heard(folder.path() / "made.wav");
}

constexpr const char* kClip = "eval/audio/common_voice_ja/common_voice_ja_38853932_16k.wav";
constexpr const char* kClipText =
    "王もこのやり方は喜んでいません。それにもう一つ、これには困ることがあるのです。";

TEST(Transcribe, WritesDownAClip) {
  GUARDIAN_NEEDS_SHARED(kClip);
  const auto speech = heard(test::shared_dir() / kClip);
  EXPECT_LT(error_rate(kClipText, joined(speech.transcript)), 0.35) << joined(speech.transcript);
  EXPECT_EQ(speech.transcript.asr_model, "whisper-base");
  EXPECT_EQ(speech.cues.size(), speech.transcript.utterances.size());
  for (const auto& utterance : speech.transcript.utterances) {
    EXPECT_FALSE(utterance.words.empty());
    ASSERT_TRUE(utterance.confidence);
    EXPECT_GT(*utterance.confidence, 0.3);
  }
}

TEST(Transcribe, TheSameRecordingGivesTheSameTranscript) {
  GUARDIAN_NEEDS_SHARED(kClip);
  const auto first = heard(test::shared_dir() / kClip);
  const auto second = heard(test::shared_dir() / kClip);
  EXPECT_EQ(joined(first.transcript), joined(second.transcript));
}

TEST(Transcribe, HearsTheSameWordsLouderAndQuieterAndStillSaysHowLoudTheyWere) {
  GUARDIAN_NEEDS_SHARED(kClip);
  const auto clip = test::read_channels(test::shared_dir() / kClip);
  const auto usual = heard(clip);
  for (const double change_db : {-24.0, -12.0, 3.0}) {
    auto changed = clip;
    for (auto& sample : changed[0]) sample *= static_cast<float>(std::pow(10.0, change_db / 20.0));
    const auto speech = heard(changed);
    EXPECT_LT(error_rate(joined(usual.transcript), joined(speech.transcript)), 0.05) << change_db << " dB";
    EXPECT_NEAR(speech.cues.at(0).level_db.value() - usual.cues.at(0).level_db.value(), change_db, 0.5);
  }
}

TEST(Transcribe, FindsSpeechWhereItIsAfterALongSilence) {
  GUARDIAN_NEEDS_SHARED(kClip);
  const Sound clip = test::read_channels(test::shared_dir() / kClip).at(0);
  Sound late = test::silence(100);
  late.insert(late.end(), clip.begin(), clip.end());
  const auto before = heard({clip});
  const auto after = heard({late});
  ASSERT_FALSE(before.transcript.utterances.empty());
  ASSERT_FALSE(after.transcript.utterances.empty());
  EXPECT_NEAR(after.transcript.utterances.front().start_s,
              before.transcript.utterances.front().start_s + 100.0, 0.3);
  EXPECT_LT(error_rate(kClipText, joined(after.transcript)), 0.35);
}

TEST(Transcribe, KeepsTheChannelsApart) {
  GUARDIAN_NEEDS_SHARED("data/calls/d003.wav");
  auto channels = test::read_channels(test::shared_dir() / "data/calls/d003.wav");
  for (auto& channel : channels) channel.resize(std::min<std::size_t>(channel.size(), 25 * 16000));
  const auto speech = heard(channels);
  std::array<std::string, 2> texts;
  double before_s = 0.0;
  for (const auto& utterance : speech.transcript.utterances) {
    texts.at(static_cast<std::size_t>(utterance.channel)) += utterance.text;
    EXPECT_GE(utterance.start_s, before_s);
    before_s = utterance.start_s;
  }
  EXPECT_NE(texts[0], "");
  EXPECT_NE(texts[1], "");
}

TEST(Transcribe, WritesNothingWhereNobodySpeaks) {
  const std::vector<std::pair<std::string, Sound>> sounds = {{"silence", test::silence(12)},
                                                             {"faint noise", test::noise(0.003F, 12)},
                                                             {"loud noise", test::noise(0.2F, 12)},
                                                             {"440 Hz", test::tone(440, 0.3F, 12)},
                                                             {"music", test::waiting_music(12)}};
  for (const auto& [name, sound] : sounds) EXPECT_EQ(joined(heard({sound}).transcript), "") << name;
}

TEST(Transcribe, StopsWhenAsked) {
  GUARDIAN_NEEDS_SHARED(kClip);
  std::stop_source stop;
  stop.request_stop();
  TranscribeHooks hooks;
  hooks.stop = stop.get_token();
  const auto speech = test::listen(test::shared_dir() / kClip, test::default_recognizer(), hooks);
  ASSERT_FALSE(speech);
  EXPECT_EQ(speech.error().kind, Error::Kind::cancelled);
}

TEST(Transcribe, PassesOnTheSourcesError) {
  media::Recording recording;
  recording.channels = 1;
  recording.levels = {{-20.0, 0.5, 0.0, 3.0}};
  const BlockSource broken = []() -> Result<std::optional<media::Pcm>> {
    return fail(Error::Kind::damaged, "x.wav", {"壊れています", "damaged"}, {"", ""});
  };
  const auto speech =
      transcribe({broken, &recording, test::voice_activity_weights()}, test::default_recognizer(), {});
  ASSERT_FALSE(speech);
  EXPECT_EQ(speech.error().subject, "x.wav");
}

TEST(OpenRecognizer, BrokenWhisperFoldersAreErrorsOfTheModel) {
  const test::TemporaryFolder folder;
  const auto good = test::models_dir() / "whisper-base";
  for (const char* file : {"config.json", "vocabulary.json"})
    std::filesystem::copy(good / file, folder.path() / file);
  EXPECT_FALSE(read_model_folder(folder.path()));  // no model.bin
  std::ofstream(folder.path() / "model.bin") << "garbage that is not a model";
  const auto model = read_model_folder(folder.path());
  ASSERT_TRUE(model);
  const auto opened = open_recognizer(*model, 1);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, Error::Kind::model);
  std::ofstream(folder.path() / "vocabulary.json", std::ios::trunc) << "{}";
  const auto without_words = open_recognizer(*model, 1);
  ASSERT_FALSE(without_words);
  EXPECT_NE(without_words.error().subject.find("vocabulary.json"), std::string::npos);
}

}  // namespace
}  // namespace guardian::speech
