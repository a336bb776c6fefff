#include "speech/invention_guard.h"

#include "listening.h"

namespace guardian::speech {
namespace {

Utterance said(const std::string& text, double length_s, double confidence = 0.8) {
  Utterance utterance;
  utterance.text = text;
  utterance.start_s = 12.0;
  utterance.end_s = 12.0 + length_s;
  utterance.confidence = confidence;
  return utterance;
}

const Recognition kClearSpeech{{}, -0.3, 0.01, 1.2, false};
const Recognition kDoubtful{{}, -1.4, 0.9, 1.2, false};

TEST(InventionGuard, KeepsWhatWasSaid) {
  const auto sound = test::noise(0.1F, 2);
  EXPECT_EQ(find_invention(said("土下座して謝れ。", 2), sound, kClearSpeech), Invention::none);
  EXPECT_EQ(find_invention(said("どうもありがとうございました。", 2), sound, kClearSpeech), Invention::none);
}

TEST(InventionGuard, RejectsWordsWhereThereIsNoSound) {
  EXPECT_EQ(find_invention(said("土下座して謝れ。", 2), test::noise(0.0003F, 2), kClearSpeech),
            Invention::no_sound);
}

TEST(InventionGuard, RejectsTheEndsOfVideos) {
  const auto sound = test::noise(0.1F, 2);
  for (const char* phrase : {"ご視聴ありがとうございました", "チャンネル登録をお願いします",
                             "最後までご視聴いただきありがとうございました。"})
    EXPECT_EQ(find_invention(said(phrase, 2, 0.99), sound, kClearSpeech), Invention::video_phrase) << phrase;
}

TEST(InventionGuard, KeepsASentenceThatOnlyMentionsAChannel) {
  EXPECT_EQ(find_invention(
                said("お前の店のことを俺の動画で流してやる、チャンネル登録している十万人が見るからな", 6),
                test::noise(0.1F, 6), kClearSpeech),
            Invention::none);
}

TEST(InventionGuard, RejectsAllOfAWindowThatTheRecogniserTakesForNoSpeech) {
  EXPECT_EQ(find_invention(said("そうですね", 2), test::noise(0.1F, 2), kDoubtful), Invention::not_speech);
}

TEST(InventionGuard, RejectsMoreThanAnybodyCanSayInTheTime) {
  EXPECT_EQ(find_invention(
                said("責任者を今すぐここに呼んでこいと言っているのが聞こえないのかこの馬鹿者どもが", 0.5),
                test::noise(0.1F, 1), kClearSpeech),
            Invention::impossible_rate);
}

TEST(InventionGuard, SaysWhatItRejectedAndWhen) {
  const auto text = describe_rejection(said("ご視聴ありがとうございました", 2), Invention::video_phrase);
  EXPECT_NE(text.ja.find("ご視聴ありがとうございました"), std::string::npos);
  EXPECT_NE(text.ja.find("0:12"), std::string::npos) << text.ja;
  EXPECT_NE(text.en.find("0:12"), std::string::npos) << text.en;
}

}  // namespace
}  // namespace guardian::speech
