#include "speech/turns.h"

#include <gtest/gtest.h>

namespace guardian::speech {
namespace {

Utterance said(int channel, const char* text, double start_s, double end_s) {
  Utterance utterance;
  utterance.channel = channel;
  utterance.speaker = channel == 1 ? Speaker::customer : Speaker::employee;
  utterance.text = text;
  utterance.start_s = start_s;
  utterance.end_s = end_s;
  utterance.words = {{text, start_s, end_s, 0.5}};
  utterance.confidence = 0.5;
  return utterance;
}

std::vector<std::string> texts_of(const Transcript& transcript) {
  std::vector<std::string> texts;
  for (const auto& utterance : transcript.utterances) texts.push_back(utterance.text);
  return texts;
}

Transcript joined(std::vector<Utterance> utterances) {
  Transcript transcript;
  transcript.utterances = std::move(utterances);
  std::vector<RawCues> cues;
  join_turns(transcript, cues);
  EXPECT_EQ(cues.size(), transcript.utterances.size());
  return transcript;
}

TEST(JoinTurns, JoinsWhatOnePersonSaysAfterAPauseForBreath) {
  const auto turns =
      joined({said(1, "ネットにお前の顔を載せるって", 0.0, 2.0), said(1, "言われたんです", 3.0, 4.0),
              said(0, "さようでしたか", 5.0, 6.0), said(1, "はい", 6.2, 6.5)});
  EXPECT_EQ(texts_of(turns), (std::vector<std::string>{"ネットにお前の顔を載せるって、言われたんです",
                                                       "さようでしたか", "はい"}));
  EXPECT_DOUBLE_EQ(turns.utterances[0].end_s, 4.0);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(turns.utterances[static_cast<std::size_t>(i)].index, i);
}

TEST(JoinTurns, PutsNoCommaAfterAMarkOfEitherWidth) {
  for (const char* mark : {"?", "？", "!", "！", "。", "、"}) {
    const std::string first = std::string("なんですって") + mark;
    const auto turns = joined({said(1, first.c_str(), 0.0, 1.0), said(1, "もう一度どうぞ", 2.0, 3.0)});
    EXPECT_EQ(texts_of(turns), std::vector<std::string>{first + "もう一度どうぞ"});
  }
}

TEST(JoinTurns, TextStaysTheWordsInOrderSoThatQuotesHaveTimes) {
  for (const auto& turn : joined({said(1, "一つ", 0.0, 1.0), said(1, "二つ", 2.0, 3.0)}).utterances) {
    std::string words;
    for (const auto& word : turn.words) words += word.text;
    EXPECT_EQ(words, turn.text);
  }
}

TEST(JoinTurns, WritesNoPauseWhereThereWasNone) {
  EXPECT_EQ(texts_of(joined({said(1, "違", 0.0, 1.0), said(1, "いない", 1.0, 2.0)})),
            std::vector<std::string>{"違いない"});
  EXPECT_EQ(texts_of(joined({said(1, "はい。", 0.0, 1.0), said(1, "そうです", 2.0, 3.0)})),
            std::vector<std::string>{"はい。そうです"});
}

TEST(JoinTurns, KeepsApartLongPausesLongTurnsAndVoicesNotToldApart) {
  EXPECT_EQ(joined({said(1, "一", 0.0, 1.0), said(1, "二", 4.0, 5.0)}).utterances.size(), 2U);
  EXPECT_EQ(joined({said(1, "一", 0.0, 15.0), said(1, "二", 15.5, 25.0)}).utterances.size(), 2U);
  EXPECT_EQ(joined({said(-1, "一", 0.0, 1.0), said(-1, "二", 1.5, 2.0)}).utterances.size(), 2U);
}

TEST(JoinTurns, AnOutburstIsNotLostAmongCalmWords) {
  Transcript transcript;
  transcript.utterances = {said(1, "一", 0.0, 1.0), said(1, "二", 2.0, 3.0), said(1, "三", 4.0, 5.0)};
  std::vector<RawCues> cues(3);
  cues[0].level_db = -30.0;
  cues[1].level_db = -12.0;
  join_turns(transcript, cues);
  ASSERT_EQ(cues.size(), 1U);
  EXPECT_EQ(cues[0].level_db, -12.0);
}

}  // namespace
}  // namespace guardian::speech
