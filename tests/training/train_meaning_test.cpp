#include "training/train_meaning.h"

#include <gmock/gmock.h>

#include "judgement/calls.h"

namespace guardian::training {
namespace {

using evaluation::LabelledUtterance;

const judgement::SentenceEncoder& encoder() {
  static const auto shared =
      judgement::SentenceEncoder::load(test::source_dir() / ".deps/models/e5-customer/e5-customer-q4.bin", "")
          .value();
  return shared;
}

/// Threats against a shop and orders at it, in `count` wordings each.
std::vector<LabelledUtterance> examples(int first, int count) {
  static const std::vector<std::string> kThings = {"窓ガラス", "看板", "机", "電話機",
                                                   "自動ドア", "棚",   "車", "椅子"};
  static const std::vector<std::string> kDays = {"今日", "明日", "来週", "今夜", "日曜"};
  std::vector<LabelledUtterance> utterances;
  for (int i = first; i < first + count; ++i) {
    const auto& thing = kThings[static_cast<std::size_t>(i) % kThings.size()];
    const auto& day = kDays[static_cast<std::size_t>(i) % kDays.size()];
    utterances.push_back({"a" + std::to_string(i), day + "そっちの" + thing + "をぶち壊しに行くからな",
                          "threat", 80, "direct", ""});
    utterances.push_back({"b" + std::to_string(i), day + thing + "を一つ届けてください、よろしくお願いします",
                          "", 0, "ordinary", ""});
  }
  return utterances;
}

/// Each two turns of a customer's: an order, then every other time a threat.
std::vector<evaluation::LabelledDialogue> dialogues(int first, int count) {
  std::vector<evaluation::LabelledDialogue> all;
  const auto said = examples(first, count);
  for (std::size_t i = 0; i + 3 < said.size(); i += 2) {
    evaluation::LabelledDialogue dialogue;
    dialogue.harassment = i % 4 == 0;
    const auto& second = said[dialogue.harassment ? i : i + 3];
    dialogue.transcript = judgement::test::call(
        {judgement::test::customer(said[i + 1].text), judgement::test::customer(second.text)});
    dialogue.labels.resize(2);
    if (dialogue.harassment) dialogue.labels[1].push_back({second.category, second.severity, second.text});
    all.push_back(std::move(dialogue));
  }
  return all;
}

/// Calls in which a customer asks for the money back twice, for a bill once, and tells something.
std::vector<evaluation::DemandingCall> demanding_calls() {
  std::vector<evaluation::DemandingCall> calls;
  for (const char* thing : {"机", "棚", "車", "椅子", "電話機", "看板", "時計", "鞄"}) {
    const std::string name(thing);
    calls.push_back({{name + "のお金を返してください", "昨日" + name + "が届いたところです",
                      name + "のお金、返してほしいんです", "請求書を送ってください"},
                     {0, -1, 0, 1}});
  }
  return calls;
}

std::vector<evaluation::AskingLine> asking_lines() {
  std::vector<evaluation::AskingLine> lines;
  for (const char* thing : {"本", "皿", "傘", "靴", "布団", "鍋", "絵", "帽子"}) {
    lines.push_back({std::string(thing) + "の代金を返してください", true});
    lines.push_back({std::string(thing) + "を見せてほしいんです", true});
    lines.push_back({std::string(thing) + "が届いたのは昨日です", false});
    lines.push_back({std::string(thing) + "は箱に入っていました", false});
  }
  return lines;
}

Result<Trained> trained(int count) {
  TrainingOptions options;
  options.version = "test";
  options.data_sha256 = "data";
  options.encoder_sha256 = "encoder";
  return train_meaning(
      {examples(0, count), examples(100, count), dialogues(200, count), asking_lines(), demanding_calls()},
      encoder(), judgement::test::judge(), options, [](double) {});
}

TEST(TrainMeaning, LearnsWhatTheExamplesMean) {
  const auto result = trained(60);
  ASSERT_TRUE(result);
  EXPECT_GT(result->report.f1, 0.95);
  const judgement::MeaningWitness witness(
      result->model,
      judgement::SentenceEncoder::load(test::source_dir() / ".deps/models/e5-customer/e5-customer-q4.bin", "")
          .value());
  const auto opinions = witness.opinions({"今から店の入口を叩き壊しに行くぞ", "机を二つ注文したいのですが"});
  EXPECT_GT(opinions[0].logit, opinions[1].logit);
  EXPECT_GT(opinions[0].categories.at("threat"), opinions[1].categories.at("threat"));
  for (const auto* belief : {&result->model.alone, &result->model.in_call}) {
    EXPECT_GE(belief->probability({opinions[1].logit, -2.0, 0.9, -3.0}),
              belief->probability({opinions[1].logit, -2.0, 0.0, -3.0}))
        << "a rule's word never counts against";
    EXPECT_GT(belief->probability({opinions[0].logit, 2.0, 0.0, -3.0}), 0.5);
  }
}

TEST(TrainMeaning, GivesTheSameModelEveryTime) {
  const auto first = trained(44);
  const auto second = trained(44);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->model.harassment.wording, second->model.harassment.wording);
  EXPECT_EQ(first->model.harassment.meaning, second->model.harassment.meaning);
  EXPECT_EQ(first->model.categories.at("threat").wording, second->model.categories.at("threat").wording);
  EXPECT_EQ(first->model.threshold, second->model.threshold);
}

TEST(TrainMeaning, LearnsWhichTurnsAskForTheSame) {
  const auto result = trained(44);
  ASSERT_TRUE(result && result->model.demands);
  const auto asking = [&](const std::string& text) {
    return result->model.opinion(text, encoder().encode(std::vector{text})[0]).asking;
  };
  const auto& same = result->model.demands->same;
  const auto refund = asking("花瓶のお金を返してください");
  EXPECT_GT(refund.log_odds, asking("花瓶が届いたのは昨日です").log_odds);
  EXPECT_GT(same.probability(refund, refund), same.probability(refund, asking("花瓶が届いたのは昨日です")));
}

TEST(TrainMeaning, StatesWhereItComesFrom) {
  const auto result = trained(44);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->model.origin.data_sha256, "data");
  EXPECT_EQ(result->model.origin.encoder_sha256, "encoder");
  EXPECT_EQ(result->model.origin.utterances, 88);
  EXPECT_FALSE(result->model.origin.licence.empty());
}

TEST(TrainMeaning, RefusesTooFewExamples) {
  const auto result = trained(5);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Error::Kind::usage);
}

}  // namespace
}  // namespace guardian::training
