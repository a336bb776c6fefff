#include "judgement/sound_alike.h"

#include <gtest/gtest.h>

#include "calls.h"

namespace guardian::judgement {
namespace {

constexpr double kLimit = 0.12;

TEST(SoundAlike, FindsWhatDiffersByOneConsonant) {
  EXPECT_TRUE(find_sound_alike("ねっとにさがしてやる", "ねっとにさらしてやる", kLimit));
  EXPECT_TRUE(find_sound_alike("いますぐとげざしろよ", "どげざしろ", kLimit));
  EXPECT_TRUE(find_sound_alike("どーげざしろ", "どげざしろ", kLimit));
}

TEST(SoundAlike, LeavesOtherWordsAlone) {
  EXPECT_FALSE(find_sound_alike("いますぐおげんきで", "どげざしろ", kLimit));
  EXPECT_FALSE(find_sound_alike("ねっとでさがしてみます", "ねっとにさらしてやる", kLimit));
  EXPECT_FALSE(find_sound_alike("", "どげざしろ", kLimit));
  EXPECT_FALSE(find_sound_alike("しねしねしね", "しね", kLimit)) << "too short to tell by sound";
}

TEST(SoundAlike, SaysWhere) {
  const std::string heard = "あのどげざしろよ";
  const auto found = find_sound_alike(heard, "どげざしろ", kLimit);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->distance, 0.0);
  EXPECT_EQ(heard.substr(found->in_reading.begin, found->in_reading.end - found->in_reading.begin),
            "どげざしろ");
}

TEST(SoundAlike, AMisheardPhraseIsFoundWithLessConfidenceAndSaysSo) {
  const auto written = test::judge().judge(test::call({test::customer("ネットに晒してやる")}));
  const auto heard = test::judge().judge(test::call({test::customer("ネットに探してやる")}));
  ASSERT_FALSE(heard.findings.empty());
  EXPECT_EQ(heard.findings[0].category, "sns_exposure");
  EXPECT_NE(heard.findings[0].grounds[0].en.find("sounds like"), std::string::npos);
  EXPECT_LT(heard.findings[0].confidence, written.findings.at(0).confidence);
}

}  // namespace
}  // namespace guardian::judgement
