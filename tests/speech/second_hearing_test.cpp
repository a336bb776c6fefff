#include "speech/second_hearing.h"

#include <gmock/gmock.h>

#include "speech/listening.h"
#include "speech/whisper_vocabulary.h"

namespace guardian::speech {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Answers with the loudest sample it was given, so that a test sees which stretch that was.
class LoudestSample : public Recognizer {
 public:
  const std::string& model_name() const override { return name_; }
  std::size_t batch_size() const override { return 2; }
  Result<std::vector<Recognition>> recognize(std::span<const std::vector<float>> windows) override {
    return std::vector<Recognition>(windows.size());
  }
  bool can_weigh() const override { return true; }
  Result<std::vector<std::vector<double>>> weigh(std::span<const Wordings> stretches) override {
    std::vector<std::vector<double>> answers;
    for (const auto& stretch : stretches)
      answers.emplace_back(stretch.texts.size(), *std::max_element(stretch.pcm.begin(), stretch.pcm.end()));
    return answers;
  }

 private:
  std::string name_ = "loudest-sample";
};

/// Cannot be made to say a given text.
class ListensOnly : public Recognizer {
 public:
  const std::string& model_name() const override { return name_; }
  std::size_t batch_size() const override { return 1; }
  Result<std::vector<Recognition>> recognize(std::span<const std::vector<float>> windows) override {
    return std::vector<Recognition>(windows.size());
  }

 private:
  std::string name_ = "listens-only";
};

/// Two channels that grow louder each second: 0.1 a second on the left, 0.05 on the right.
std::vector<test::Sound> staircase(std::size_t seconds) {
  std::vector<test::Sound> channels(2);
  for (std::size_t i = 0; i < seconds * 16000; ++i) {
    const auto step = static_cast<float>(i / 16000 + 1);
    channels[0].push_back(0.1F * step);
    channels[1].push_back(0.05F * step);
  }
  return channels;
}

media::Recording two_channels() {
  media::Recording recording;
  recording.channels = 2;
  recording.levels = {{-23.0, 0.9, 0.0, 8.0}, {-23.0, 0.45, 0.0, 8.0}};
  return recording;
}

/// Hands out blocks of a second.
BlockSource blocks_of(const std::vector<test::Sound>& channels) {
  return [channels, position = std::size_t{0}]() mutable -> Result<std::optional<media::Pcm>> {
    if (position >= channels[0].size()) return std::nullopt;
    media::Pcm block;
    block.start_s = static_cast<double>(position) / 16000.0;
    for (const auto& channel : channels) {
      const auto first = channel.begin() + static_cast<std::ptrdiff_t>(position);
      block.channels.emplace_back(first, first + 16000);
    }
    position += 16000;
    return block;
  };
}

TEST(SecondHearing, ListensToEachStretchOnItsChannelAndAnswersInOrder) {
  LoudestSample recognizer;
  const std::vector<Doubt> doubts = {
      {1, 4.2, 4.7, {"a", "b"}}, {0, 1.2, 1.7, {"a"}}, {0, 6.2, 9.0, {"a", "b", "c"}}};
  const auto answers = hear_again(blocks_of(staircase(8)), two_channels(), doubts, recognizer, {});
  ASSERT_TRUE(answers) << describe(answers.error(), Language::english);
  ASSERT_THAT(*answers, SizeIs(3));
  EXPECT_THAT((*answers)[0], ElementsAre(testing::DoubleNear(0.25, 1e-6), testing::DoubleNear(0.25, 1e-6)));
  EXPECT_THAT((*answers)[1], ElementsAre(testing::DoubleNear(0.2, 1e-6)));
  EXPECT_THAT((*answers)[2], SizeIs(3)) << "cut short by the recording's end, yet heard";
}

TEST(SecondHearing, HasNoAnswerForWhatIsNotThereOrTooLong) {
  LoudestSample recognizer;
  const std::vector<Doubt> doubts = {{0, 20.0, 21.0, {"a"}}, {5, 1.0, 2.0, {"a"}}, {0, 0.0, 40.0, {"a"}}};
  const auto answers = hear_again(blocks_of(staircase(4)), two_channels(), doubts, recognizer, {});
  ASSERT_TRUE(answers);
  EXPECT_THAT(*answers, ElementsAre(IsEmpty(), IsEmpty(), IsEmpty()));
}

TEST(SecondHearing, CanBeCancelled) {
  LoudestSample recognizer;
  std::stop_source stop;
  stop.request_stop();
  const auto answers = hear_again(blocks_of(staircase(4)), two_channels(), {{0, 1.0, 2.0, {"a"}}}, recognizer,
                                  stop.get_token());
  ASSERT_FALSE(answers);
  EXPECT_EQ(answers.error().kind, Error::Kind::cancelled);
}

TEST(SecondHearing, ARecogniserThatCannotDoItSaysSo) {
  ListensOnly recognizer;
  EXPECT_FALSE(recognizer.can_weigh());
  const auto answers =
      hear_again(blocks_of(staircase(4)), two_channels(), {{0, 1.0, 2.0, {"a"}}}, recognizer, {});
  ASSERT_FALSE(answers);
  EXPECT_EQ(answers.error().subject, "listens-only");
  EXPECT_THAT(describe(answers.error(), Language::japanese), HasSubstr("照合"));
}

TEST(WhisperRecognizer, WeighsWhatWasSaidAboveWhatWasNotAndTheSameTwice) {
  GUARDIAN_NEEDS_SHARED("data/calls/d017.wav");
  const auto customer = test::read_channels(test::shared_dir() / "data/calls/d017.wav")[1];
  const std::vector<Wordings> question = {
      {test::Sound(customer.begin() + 14 * 16000, customer.begin() + 21 * 16000),
       {"修理費はいいんです。慰謝料として500万ほど、包んでいただければ、",
        "修理費はいいんです。紹介状として500万ほど、包んでいただければ、"}}};
  auto& recognizer = test::default_recognizer();
  ASSERT_TRUE(recognizer.can_weigh());
  const auto first = recognizer.weigh(question);
  ASSERT_TRUE(first) << describe(first.error(), Language::english);
  ASSERT_THAT(first->at(0), SizeIs(2));
  EXPECT_LT((*first)[0][0], 0.0);
  EXPECT_GT((*first)[0][0], (*first)[0][1]);
  EXPECT_EQ(*first, *recognizer.weigh(question));
}

TEST(WhisperVocabulary, CutsTextsAsTrainingDidAndLosesNothing) {
  const auto vocabulary = WhisperVocabulary::load(test::models_dir() / "whisper-base").value();
  // From the model's own tokenizer.json through the tokenizers library.
  EXPECT_THAT(
      vocabulary.tokens("SNSに晒すぞ、500万 払え!"),
      ElementsAre(32481, 50, 4108, 5094, 240, 2659, 31563, 1231, 7526, 23570, 220, 3416, 243, 6474, 0));
  for (const std::string text :
       {"", " ", "慰謝料として500万ほど、包んで", "SNS に 晒す  ぞ!?", "𠮷野家ー々〜"}) {
    std::string joined;
    for (const auto token : vocabulary.tokens(text)) joined += vocabulary.bytes(token);
    EXPECT_EQ(joined, text);
  }
}

}  // namespace
}  // namespace guardian::speech
