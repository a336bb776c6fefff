#include "base/morphology.h"

#include <gtest/gtest.h>

#include <thread>

namespace guardian {
namespace {

std::string reading_of(const Morphology& morphology, std::string_view text) {
  std::string reading;
  for (const auto& morpheme : morphology.analyze(text)) reading += morpheme.reading;
  return reading;
}

TEST(Morphology, GivesOneReadingToSeveralSpellings) {
  const auto morphology = Morphology::load().value();
  EXPECT_EQ(reading_of(morphology, "土下座しろ"), "どげざしろ");
  EXPECT_EQ(reading_of(morphology, "慰謝料を払え"), "いしゃりょうをはらえ");
}

TEST(Morphology, WordsLieInOrderWhereTheyStand) {
  const auto morphology = Morphology::load().value();
  const std::string text = "責任者に代わって、ABCホテル ですか😀";
  std::size_t end = 0;
  for (const auto& morpheme : morphology.analyze(text)) {
    EXPECT_GE(morpheme.begin, end);
    EXPECT_EQ(text.substr(morpheme.begin, morpheme.end - morpheme.begin), morpheme.surface);
    end = morpheme.end;
  }
  EXPECT_EQ(end, text.size());
}

TEST(Morphology, KnowsDictionaryFormAndPartOfSpeech) {
  const auto words = Morphology::load().value().analyze("走った");
  ASSERT_EQ(words.size(), 2U);
  EXPECT_EQ(words[0].lemma, "走る");
  EXPECT_EQ(words[0].part_of_speech, "動詞,自立");
  EXPECT_EQ(Morphology::load().value().analyze("田中")[0].part_of_speech, "名詞,固有名詞,人名,姓");
}

TEST(Morphology, EndsOnAnything) {
  const auto morphology = Morphology::load().value();
  EXPECT_TRUE(morphology.analyze("").empty());
  EXPECT_FALSE(morphology.analyze(std::string(100'000, 'a')).empty());
  EXPECT_FALSE(morphology.analyze("\n\t,*,\"").empty());
}

TEST(Morphology, AnswersSeveralThreadsAlike) {
  const auto morphology = Morphology::load().value();
  const auto expected = reading_of(morphology, "今すぐ土下座しろ");
  std::vector<std::string> readings(4);
  {
    std::vector<std::jthread> threads;
    for (auto& reading : readings)
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) reading = reading_of(morphology, "今すぐ土下座しろ");
      });
  }
  for (const auto& reading : readings) EXPECT_EQ(reading, expected);
}

TEST(CountMorae, JoinsSmallKanaAndCountsLongSounds) {
  EXPECT_EQ(count_morae("きょうとしゃ"), 4U);
  EXPECT_EQ(count_morae("がっこー"), 4U);
  EXPECT_EQ(count_morae("しんぶん"), 4U);
  EXPECT_EQ(count_morae("、。abc"), 0U);
}

}  // namespace
}  // namespace guardian
