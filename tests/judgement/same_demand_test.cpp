#include "judgement/same_demand.h"

#include <gmock/gmock.h>

#include "judgement/calls.h"

namespace guardian::judgement {
namespace {

using test::both_witnesses;
using test::call;
using test::customer;
using test::employee;
using test::find_whole_call;

TEST(SharedWording, IsTheCosineOfBoth) {
  const Asking a{0.0, {{1, 0.6F}, {4, 0.8F}}};
  const Asking b{0.0, {{0, 0.6F}, {4, 0.8F}}};
  EXPECT_NEAR(shared_wording(a, a), 1.0, 1e-6);
  EXPECT_NEAR(shared_wording(a, b), 0.64, 1e-6);
  EXPECT_NEAR(shared_wording(a, b), shared_wording(b, a), 1e-9);
  EXPECT_EQ(shared_wording(a, {}), 0.0);
}

TEST(SameDemand, NeedsBothToAskAndWordsInCommon) {
  const SameDemand same{5.0, 0.5, 0.25, -3.0};
  const Asking refund{4.0, {{1, 1.0F}}};
  const Asking refund_again{2.0, {{1, 0.8F}, {2, 0.6F}}};
  const Asking name{-6.0, {{1, 0.8F}, {3, 0.6F}}};
  const Asking other{4.0, {{7, 1.0F}}};
  EXPECT_GT(same.probability(refund, refund_again), 0.9);
  EXPECT_EQ(same.probability(refund, refund_again), same.probability(refund_again, refund));
  EXPECT_LT(same.probability(refund, name), same.probability(refund, refund_again));
  EXPECT_LT(same.probability(refund, other), same.probability(refund, refund_again));
}

TEST(RepeatedDemand, IsNoticedInOtherWordsAndQuoted) {
  const auto transcript = call(
      {employee("開封後のお品の返金はお受けできかねます。"),
       customer("でも払ったお金は返してもらわないと困ります"),
       employee("恐れ入りますが、規定により返金はできかねます。"), customer("箱は捨てちゃったんですよ、もう"),
       employee("さようでございますか。"), customer("代金を戻してくださいってお願いしてるだけなんですけど"),
       employee("ご希望に沿えず申し訳ございません。"), customer("じゃあお金はいつ返してくださるんですか"),
       employee("返金はいたしかねます。"),
       customer("全額こちらの口座にお金を返していただければそれでいいんです")});
  const auto verdict = both_witnesses().judge(transcript);
  const auto* found = find_whole_call(verdict, "repetitive_contact");
  ASSERT_NE(found, nullptr);
  const auto grounds = test::all_grounds(*found);
  EXPECT_THAT(grounds, testing::HasSubstr("代金を戻してください"));
  EXPECT_THAT(grounds, testing::Not(testing::HasSubstr("箱は捨てちゃった")));
  EXPECT_EQ(find_whole_call(test::judge().judge(transcript), "repetitive_contact"), nullptr)
      << "the words alone do not tell";
}

TEST(RepeatedDemand, IsNoneWhereOtherThingsAreAskedAfterARefusal) {
  const auto verdict = both_witnesses().judge(
      call({employee("開封後のお品の返金はお受けできかねます。"),
            customer("そうですか、では部品だけ買うことはできますか"), employee("はい、お取り寄せできます。"),
            customer("届くまで何日くらいかかりますか"), employee("一週間ほどでございます。"),
            customer("支払いは代引きでもいいですか"), employee("承ります。"),
            customer("名前は佐藤、電話番号は昼間つながるほうで控えてください"),
            employee("かしこまりました。"), customer("取り付け方は説明書に書いてありますか")}));
  EXPECT_EQ(find_whole_call(verdict, "repetitive_contact"), nullptr);
}

TEST(RepeatedDemand, BeforeARefusalIsNone) {
  const auto verdict = both_witnesses().judge(
      call({customer("払ったお金を返してください"), employee("確認いたします。"),
            customer("お金を返してほしいんです"), employee("少々お待ちください。"),
            customer("代金を返してもらえますか"), employee("はい、返金いたします。"),
            customer("お金は全額返してもらえるんですよね"), employee("はい、全額でございます。")}));
  EXPECT_EQ(find_whole_call(verdict, "repetitive_contact"), nullptr);
}

}  // namespace
}  // namespace guardian::judgement
