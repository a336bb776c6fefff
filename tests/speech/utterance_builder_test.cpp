#include "speech/utterance_builder.h"

#include <gtest/gtest.h>

namespace guardian::speech {
namespace {

PackedWindow two_pieces(double second_start_s) {
  PackedWindow window;
  window.channel = 1;
  window.pieces = {{0.0, 10.0, 2.0}, {2.3, second_start_s, 2.0}};
  window.pcm.resize(16000 * 43 / 10);
  return window;
}

Recognition spoken(std::vector<Token> tokens) {
  Recognition recognition;
  recognition.tokens = std::move(tokens);
  return recognition;
}

const std::vector<Token> kTwoSentences = {
    {"もし", 0.1, 0.8, 0.9}, {"もし。", 0.8, 1.6, 0.7}, {"はい", 2.5, 3.0, 0.8}, {"。", 3.0, 3.0, 0.6}};

TEST(UtteranceBuilder, SplitsAtAPauseAndPutsBothOnTheRecordingsTimeline) {
  const auto utterances = build_utterances(two_pieces(60.0), spoken(kTwoSentences));
  ASSERT_EQ(utterances.size(), 2U);
  const auto& first = utterances[0].utterance;
  EXPECT_EQ(first.text, "もしもし。");
  EXPECT_EQ(first.channel, 1);
  EXPECT_DOUBLE_EQ(first.start_s, 10.1);
  EXPECT_DOUBLE_EQ(first.end_s, 11.6);
  EXPECT_DOUBLE_EQ(*first.confidence, 0.8);
  ASSERT_EQ(first.words.size(), 2U);
  EXPECT_DOUBLE_EQ(first.words[1].start_s, 10.8);
  EXPECT_EQ(utterances[1].utterance.text, "はい。");
  EXPECT_DOUBLE_EQ(utterances[1].utterance.start_s, 60.2);
  EXPECT_DOUBLE_EQ(utterances[1].window_start_s, 2.5);
}

TEST(UtteranceBuilder, KeepsTogetherWhatWasSaidWithoutALongPause) {
  const auto utterances = build_utterances(two_pieces(12.3), spoken(kTwoSentences));
  ASSERT_EQ(utterances.size(), 1U);
  EXPECT_EQ(utterances[0].utterance.text, "もしもし。はい。");
  EXPECT_DOUBLE_EQ(utterances[0].utterance.end_s, 13.0);
}

TEST(UtteranceBuilder, TextIsTheWordsInOrderSoThatQuotesHaveTimes) {
  for (const auto& [utterance, start_s, end_s] : build_utterances(two_pieces(60.0), spoken(kTwoSentences))) {
    std::string joined;
    double before_s = 0.0;
    for (const auto& word : utterance.words) {
      joined += word.text;
      EXPECT_GE(word.start_s, before_s);
      EXPECT_GE(word.end_s, word.start_s);
      before_s = word.start_s;
    }
    EXPECT_EQ(joined, utterance.text);
    EXPECT_LE(start_s, end_s);
  }
}

TEST(UtteranceBuilder, MakesNothingOfNothing) {
  EXPECT_TRUE(build_utterances(two_pieces(60.0), spoken({})).empty());
  EXPECT_TRUE(build_utterances(two_pieces(60.0), spoken({{" ", 0.1, 0.2, 0.5}})).empty());
  EXPECT_TRUE(build_utterances(PackedWindow{}, spoken(kTwoSentences)).empty());
}

}  // namespace
}  // namespace guardian::speech
