#include "judgement/demand_space.h"

#include <gmock/gmock.h>

#include <fstream>

#include "base/file.h"
#include "judgement/calls.h"
#include "judgement/model_bytes.h"

namespace guardian::judgement {
namespace {

using test::call;
using test::customer;
using test::employee;

/// Three dimensions, of which the first is what all have in common and says nothing.
DemandSpace small_space() { return {"encoder", {1.0F, 0.0F, 0.0F}, {0.0F, 2.0F, 0.0F, 0.0F, 0.0F, 2.0F}, 0.5F}; }

TEST(DemandSpace, ComparesTurnsAlongItsDirectionsOnly) {
  const auto space = small_space();
  const auto refund = space.place({9.0F, 1.0F, 0.0F});
  EXPECT_NEAR(likeness(refund, space.place({-4.0F, 0.25F, 0.0F})), 1.0, 1e-6);
  EXPECT_NEAR(likeness(refund, space.place({9.0F, 0.0F, 1.0F})), 0.0, 1e-6);
  EXPECT_NEAR(likeness(refund, refund), 1.0, 1e-6);
}

TEST(DemandSpace, ATurnWithoutAPlaceIsLikeNone) {
  EXPECT_EQ(likeness({}, {}), 0.0);
  EXPECT_EQ(likeness({1.0F}, {}), 0.0);
}

class DemandSpaceFile : public testing::Test {
 protected:
  void write(const std::string& bytes) const {
    std::ofstream(path(), std::ios::binary | std::ios::trunc) << bytes;
  }
  std::filesystem::path path() const { return folder_.path() / "demand-space.bin"; }
  guardian::test::TemporaryFolder folder_;
};

TEST_F(DemandSpaceFile, SaysTheSameAfterwards) {
  write(small_space().bytes());
  const auto loaded = DemandSpace::load(path());
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->encoder_sha256, "encoder");
  EXPECT_EQ(loaded->middle, small_space().middle);
  EXPECT_EQ(loaded->directions, small_space().directions);
  EXPECT_EQ(loaded->same_from, 0.5F);
}

TEST_F(DemandSpaceFile, DamageIsNoticed) {
  const auto good = small_space().bytes();
  for (std::size_t i = 0; i < good.size(); i += 5) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    write(bad);
    const auto loaded = DemandSpace::load(path());
    ASSERT_FALSE(loaded) << "byte " << i;
    EXPECT_EQ(loaded.error().kind, Error::Kind::model);
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{5}, std::size_t{64}, good.size() - 1}) {
    write(good.substr(0, length));
    EXPECT_FALSE(DemandSpace::load(path())) << length << " bytes";
  }
  EXPECT_FALSE(DemandSpace::load(folder_.path() / "nowhere.bin"));
}

TEST_F(DemandSpaceFile, AWellHashedLieIsNoticed) {
  for (const auto& [true_part, lie] : {std::pair{"\"width\":2", "\"width\":9"}, {"\"dimension\":3", "\"dimension\":0"},
                                       {"\"same_from\":0.5", "\"same_from\":0.0"}, {"\"same_from\"", "\"same_fron\""}}) {
    auto bytes = small_space().bytes();
    bytes.resize(bytes.size() - 64);
    const auto place = bytes.find(true_part);
    ASSERT_NE(place, std::string::npos) << true_part;
    bytes.replace(place, std::string(true_part).size(), lie);
    write(bytes + sha256(bytes));
    EXPECT_FALSE(DemandSpace::load(path())) << lie;
  }
}

const Finding* find_repetition(const Verdict& verdict) {
  const auto found = std::find_if(verdict.findings.begin(), verdict.findings.end(), [](const Finding& finding) {
    return finding.category == "repetitive_contact" && finding.utterance < 0;
  });
  return found == verdict.findings.end() ? nullptr : &*found;
}

const Judge& shipped_judge() {
  static const Judge shared = test::with_both_witnesses(test::shipped_policy());
  return shared;
}

TEST(RepeatedDemand, IsNoticedInOtherWordsAndQuoted) {
  const auto verdict = shipped_judge().judge(call(
      {employee("開封後のお品の返金はお受けできかねます。"), customer("でも払ったお金は返してもらわないと困ります"),
       employee("恐れ入りますが、規定により返金はできかねます。"), customer("箱は捨てちゃったんですよ、もう"),
       employee("さようでございますか。"), customer("代金を戻してくださいってお願いしてるだけなんですけど"),
       employee("ご希望に沿えず申し訳ございません。"), customer("じゃあ返金はいつしてもらえるんですか"),
       employee("返金はいたしかねます。"), customer("全額こちらの口座に戻していただければそれでいいんです")}));
  const auto* found = find_repetition(verdict);
  ASSERT_NE(found, nullptr);
  const auto grounds = test::all_grounds(*found);
  EXPECT_THAT(grounds, testing::HasSubstr("代金を戻してください"));
  EXPECT_THAT(grounds, testing::Not(testing::HasSubstr("箱は捨てちゃった")));
}

TEST(RepeatedDemand, IsNoneWhereOtherThingsAreAskedAfterARefusal) {
  const auto verdict = shipped_judge().judge(call(
      {employee("開封後のお品の返金はお受けできかねます。"), customer("そうですか、では部品だけ買うことはできますか"),
       employee("はい、お取り寄せできます。"), customer("届くまで何日くらいかかりますか"),
       employee("一週間ほどでございます。"), customer("支払いは代引きでもいいですか"),
       employee("承ります。"), customer("名前は佐藤、電話番号は昼間つながるほうで控えてください"),
       employee("かしこまりました。"), customer("取り付け方は説明書に書いてありますか")}));
  EXPECT_EQ(find_repetition(verdict), nullptr);
}

}  // namespace
}  // namespace guardian::judgement
