// Short plain words when nothing else is said, and the same among business: what anybody would notice has to
// be noticed.
#include <gmock/gmock.h>

#include "judgement/calls.h"

namespace guardian::judgement {
namespace {

using test::both_witnesses;
using test::call;
using test::customer;
using test::employee;

Verdict judge_alone(const std::string& words) {
  return both_witnesses().judge(call({employee("はい、お電話ありがとうございます。"), customer(words)}));
}

TEST(PlainWords, AreFoundThoughNothingElseIsSaid) {
  for (const char* words : {"ふざけるな、バカ野郎", "うるせえな", "黙れ", "もう死ねよ、お前",
                            "首洗って待ってろ", "今日は帰さないぞ", "今日の下着何色", "家まで行くぞ",
                            "殴るぞ", "この能無し", "金を出せ", "土下座しろ"})
    EXPECT_FALSE(judge_alone(words).findings.empty()) << words;
}

TEST(PlainWords, AreSuspectedWhereTheyAreGrave) {
  for (const char* words : {"殺すぞ", "ぶっ殺してやる", "店に火つけるぞ", "お前の家族どうなっても知らんぞ"})
    EXPECT_TRUE(judge_alone(words).suspected) << words;
}

TEST(PlainWords, AreFoundAmidBusiness) {
  for (const char* words : {"注文番号は4417です、さっさとしろこのボケ",
                            "解約したいんだけど、お前みたいなバカじゃ話にならん、早くして"})
    EXPECT_FALSE(judge_alone(words).findings.empty()) << words;
}

TEST(PlainWords, AreNoFindingWhereTheyAreHarmless) {
  for (const char* words :
       {"早くして", "責任者お願い", "どうなってんの", "もういいです", "消費者センターに言います",
        "死ぬほど暑い", "うるせえんだよ、この洗濯機", "助けて"})
    EXPECT_TRUE(judge_alone(words).findings.empty()) << words;
}

}  // namespace
}  // namespace guardian::judgement
