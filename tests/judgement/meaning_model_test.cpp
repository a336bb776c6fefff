#include "judgement/meaning_model.h"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>

#include "base/file.h"
#include "judgement/ngrams.h"
#include "support.h"

namespace guardian::judgement {
namespace {

std::filesystem::path encoder_file() {
  return test::source_dir() / ".deps/models/e5-customer/e5-customer-q4.bin";
}

const SentenceEncoder& encoder() {
  static const SentenceEncoder shared = SentenceEncoder::load(encoder_file(), "").value();
  return shared;
}

double likeness(const std::string& a, const std::string& b) {
  const auto vectors = encoder().encode(std::vector<std::string>{a, b});
  double sum = 0.0;
  for (std::size_t i = 0; i < vectors[0].size(); ++i)
    sum += static_cast<double>(vectors[0][i]) * vectors[1][i];
  return sum;
}

TEST(SentenceEncoder, SentencesThatMeanTheSameLieCloser) {
  EXPECT_GT(likeness("商品が壊れていました", "届いた品が故障しています"),
            likeness("商品が壊れていました", "明日の天気は晴れです"));
}

TEST(SentenceEncoder, TheSameTextGivesTheSameVectorWhateverStandsBesideIt) {
  std::vector<std::string> many(20, "お電話ありがとうございます");
  many.push_back("夜道に気をつけろよ");
  EXPECT_EQ(encoder().encode(many).back(),
            encoder().encode(std::vector<std::string>{"夜道に気をつけろよ"}).front());
}

TEST(SentenceEncoder, WrittenAndRecognisedPunctuationMeanTheSame) {
  const auto vectors = encoder().encode(
      std::vector<std::string>{"もういい。「帰れ」と言ったんだ。", "もういい、帰れと言ったんだ", "。"});
  EXPECT_EQ(vectors[0], vectors[1]);
}

TEST(SentenceEncoder, ANumberReadOutDoesNotDrownWhatIsSaid) {
  const auto vectors = encoder().encode(
      std::vector<std::string>{"番号は090-1234-5678です、夜道に気をつけろよ",
                               "番号は12345678901234です、夜道に気をつけろよ", "ハイフン-と2024は残る"});
  EXPECT_EQ(vectors[0], vectors[1]);
  EXPECT_NE(vectors[2], encoder().encode(std::vector<std::string>{"ハイフン-と0は残る"})[0]);
}

TEST(SentenceEncoder, TakesEmptyAndVeryLongTexts) {
  std::string longest;
  for (int i = 0; i < 20000; ++i) longest += "あ";
  for (const auto& vector : encoder().encode(std::vector<std::string>{"", longest, "\n\t"}))
    for (const float number : vector) ASSERT_TRUE(std::isfinite(number));
}

TEST(SentenceEncoder, RefusesAnotherFile) {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path() / "other.bin") << "E5S1 and then nothing of use";
  const auto loaded = SentenceEncoder::load(folder.path() / "other.bin", std::string(64, '0'));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind, Error::Kind::model);
  EXPECT_FALSE(SentenceEncoder::load(folder.path() / "nowhere.bin", ""));
}

TEST(Ngrams, IgnoreMarksWidthAndCase) {
  EXPECT_EQ(count_ngrams("ネットに、晒す。"), count_ngrams("ﾈｯﾄに晒す"));
  EXPECT_EQ(count_ngrams("ab").size(), 3U);  // a, b, ab
  EXPECT_TRUE(count_ngrams("、。!").empty());
}

/// Two n-grams, two dimensions, one category.
MeaningModel small_model() {
  MeaningModel model;
  model.origin = {"1", "Apache-2.0", "data", "encoder", 7};
  for (const auto& [hash, count] : count_ngrams("壊す")) model.space.vocabulary.push_back(hash);
  model.space.rarity.assign(model.space.vocabulary.size(), 1.5F);
  model.space.middle = {0.25F, -0.5F};
  model.space.scale = 2.0F;
  model.harassment = {std::vector<float>(model.space.vocabulary.size(), 0.75F), {1.0F, -2.0F}, 0.125F};
  model.severity = model.harassment;
  model.categories["threat"] = model.harassment;
  model.alone = {1.0, 0.75, 2.0, 0.0, 0.0, -0.5};
  model.in_call = {0.5, 0.5, 1.0, 0.25, 0.5, -1.0};
  model.threshold = 0.6;
  return model;
}

TEST(MeanOfRest, LeavesOutTheTurnItselfAndBoundsTheOthers) {
  EXPECT_EQ(mean_of_rest({4.0, -1.0, 0.0}), (std::vector<double>{-2.0, -1.0, -1.2}));
  EXPECT_EQ(mean_of_rest({100.0, 0.0})[1], mean_of_rest({6.0, 0.0})[1]);
  EXPECT_EQ(mean_of_rest({5.0}), std::vector<double>{-3.0}) << "no other turn: as in usual talk";
  EXPECT_TRUE(mean_of_rest({}).empty());
  std::vector<double> long_call(20, -4.0);
  const auto before = mean_of_rest(long_call);
  long_call.back() = 6.0;
  EXPECT_EQ(mean_of_rest(long_call)[10], before[10]) << "far away";
  EXPECT_GT(mean_of_rest(long_call)[16], before[16]) << "near";
}

TEST(WithTurnBefore, PutsTheEndOfTheTurnBeforeInFront) {
  EXPECT_EQ(with_turn_before({"一つ目", "二つ目", "三つ目"}),
            (std::vector<std::string>{"一つ目", "一つ目二つ目", "二つ目三つ目"}));
  std::string longest;
  for (int i = 0; i < 5000; ++i) longest += "あ";
  EXPECT_LT(with_turn_before({longest, "夜道に気をつけろよ"})[1].size(), 500U);
  EXPECT_TRUE(with_turn_before({}).empty());
}

class MeaningModelFile : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "meaning.bin"; }
  test::TemporaryFolder folder_;
};

TEST_F(MeaningModelFile, SaysTheSameAfterwards) {
  ASSERT_TRUE(small_model().save(path()));
  const auto loaded = MeaningModel::load(path());
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->origin.data_sha256, "data");
  EXPECT_EQ(loaded->threshold, 0.6);
  for (const auto belief : {&MeaningModel::alone, &MeaningModel::in_call})
    EXPECT_EQ(((*loaded).*belief).probability({1.0, -1.0, 0.5, -2.0, 1.5}),
              (small_model().*belief).probability({1.0, -1.0, 0.5, -2.0, 1.5}));
  const std::vector<float> vector = {0.5F, 0.5F};
  for (const char* text : {"壊す", "壊", "直す", ""})
    EXPECT_NEAR(apply(loaded->harassment, loaded->space.features(text, vector)),
                apply(small_model().harassment, small_model().space.features(text, vector)), 1e-4)
        << text;
}

TEST_F(MeaningModelFile, KeepsWhatItKnowsOfDemands) {
  auto model = small_model();
  model.demands = {model.harassment, {4.0, 0.5, 0.25, -2.0}};
  ASSERT_TRUE(model.save(path()));
  const auto loaded = MeaningModel::load(path());
  ASSERT_TRUE(loaded && loaded->demands);
  EXPECT_EQ(loaded->demands->same.offset, -2.0);
  const auto asking = loaded->opinion("壊す", {0.5F, 0.5F}).asking;
  EXPECT_NEAR(loaded->demands->same.probability(asking, asking),
              model.demands->same.probability(model.opinion("壊す", {0.5F, 0.5F}).asking, asking), 1e-4);
  ASSERT_TRUE(small_model().save(path()));
  EXPECT_FALSE(MeaningModel::load(path())->demands) << "a company's own model may know none";
}

TEST_F(MeaningModelFile, AnyDamagedByteIsNoticed) {
  ASSERT_TRUE(small_model().save(path()));
  const auto good = read_file(path(), 1U << 20U).value();
  for (std::size_t i = 0; i < good.size(); i += 7) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    std::ofstream(path(), std::ios::binary | std::ios::trunc) << bad;
    EXPECT_FALSE(MeaningModel::load(path())) << "byte " << i;
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{3}, std::size_t{70}, good.size() - 1}) {
    std::ofstream(path(), std::ios::binary | std::ios::trunc) << good.substr(0, length);
    EXPECT_FALSE(MeaningModel::load(path())) << length << " bytes";
  }
}

TEST_F(MeaningModelFile, AWellHashedLieAboutItsSizesIsNoticed) {
  ASSERT_TRUE(small_model().save(path()));
  auto bytes = read_file(path(), 1U << 20U).value();
  bytes.resize(bytes.size() - 64);
  const auto place = bytes.find("\"dimension\":2");
  ASSERT_NE(place, std::string::npos);
  bytes[place + 12] = '9';
  std::ofstream(path(), std::ios::binary | std::ios::trunc) << bytes << sha256(bytes);
  EXPECT_FALSE(MeaningModel::load(path()));
}

}  // namespace
}  // namespace guardian::judgement
