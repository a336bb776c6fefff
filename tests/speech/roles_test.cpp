#include "speech/roles.h"

#include <gmock/gmock.h>

#include "support.h"

namespace guardian::speech {
namespace {

using testing::HasSubstr;

RolePolicy shipped_policy() {
  auto policy = RolePolicy::load(test::source_dir() / "policy/roles.yaml");
  if (!policy) throw std::runtime_error(describe(policy.error(), Language::english));
  return std::move(*policy);
}

struct Line {
  int channel;
  const char* text;
};

Transcript transcript_of(const std::vector<Line>& lines) {
  Transcript transcript;
  for (const Line& line : lines) {
    Utterance utterance;
    utterance.index = static_cast<int>(transcript.utterances.size());
    utterance.channel = line.channel;
    utterance.text = line.text;
    transcript.utterances.push_back(utterance);
  }
  return transcript;
}

std::string all_warnings(const Transcript& transcript) {
  std::string all;
  for (const Text& warning : transcript.warnings) all += warning.ja + "\n" + warning.en + "\n";
  return all;
}

/// A call in which `employee` and `customer` are the channels.
Transcript call(int employee, int customer) {
  return transcript_of({{employee, "お電話ありがとうございます。みどり商店でございます。"},
                        {customer, "あの、頼んだものがまだ届かないんですけど、どうなってるんですか。"},
                        {employee, "ご迷惑をおかけして申し訳ございません。お調べいたします。"},
                        {customer, "もう三回目だよ。いい加減にしてくれよ。"},
                        {employee, "かしこまりました。明日お届けいたします。"}});
}

constexpr RecordingLayout kStereo{2, false};
constexpr RecordingLayout kMono{1, false};

TEST(Roles, TheOneWhoGreetsForTheCompanyIsTheEmployee) {
  Transcript transcript = call(0, 1);
  const auto decision = assign_roles(transcript, kStereo, {}, shipped_policy());
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->basis, RoleDecision::Basis::wording);
  EXPECT_GT(decision->confidence, 0.9);
  EXPECT_FALSE(decision->contradiction);
  EXPECT_EQ(transcript.utterances[0].speaker, Speaker::employee);
  EXPECT_EQ(transcript.utterances[1].speaker, Speaker::customer);
  EXPECT_THAT(all_warnings(transcript), HasSubstr("推定"));
}

TEST(Roles, SwappedChannelsAreFollowedAndNoticed) {
  Transcript transcript = call(1, 0);
  const auto decision = assign_roles(transcript, kStereo, {}, shipped_policy());
  ASSERT_TRUE(decision);
  EXPECT_TRUE(decision->contradiction);
  EXPECT_EQ(transcript.utterances[0].speaker, Speaker::employee);
  EXPECT_EQ(transcript.utterances[1].speaker, Speaker::customer);
  EXPECT_THAT(all_warnings(transcript), HasSubstr("the customer is on the left channel"));
}

TEST(Roles, TheUserIsObeyedAndToldWhenTheWordsSayOtherwise) {
  Transcript transcript = call(0, 1);
  const auto decision = assign_roles(transcript, kStereo, {.customer_channel = 0}, shipped_policy());
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->basis, RoleDecision::Basis::option);
  EXPECT_TRUE(decision->contradiction);
  EXPECT_EQ(transcript.utterances[0].speaker, Speaker::customer);
  EXPECT_THAT(all_warnings(transcript), HasSubstr("入れ替わって"));
}

TEST(Roles, NothingIsSaidOfContradictionWhereTheWordsAgreeWithTheUser) {
  Transcript transcript = call(1, 0);
  const auto decision = assign_roles(transcript, kStereo, {.customer_channel = 0}, shipped_policy());
  ASSERT_TRUE(decision);
  EXPECT_FALSE(decision->contradiction);
  EXPECT_TRUE(transcript.warnings.empty());
}

TEST(Roles, AChannelThatDoesNotExistIsAnError) {
  Transcript transcript = call(0, 1);
  const auto decision = assign_roles(transcript, kStereo, {.customer_channel = 2}, shipped_policy());
  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().kind, Error::Kind::usage);
}

TEST(Roles, ThinEvidenceStaysUnknownAndSaysSo) {
  Transcript transcript = transcript_of({{0, "はい。"}, {1, "はい、はい。"}, {0, "三時です。"}});
  const auto decision = assign_roles(transcript, kStereo, {}, shipped_policy());
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->basis, RoleDecision::Basis::undecided);
  for (const Utterance& utterance : transcript.utterances) EXPECT_EQ(utterance.speaker, Speaker::unknown);
  EXPECT_THAT(all_warnings(transcript), HasSubstr("--customer-channel"));
}

TEST(Roles, APoliteHarasserIsStillTheCustomer) {
  Transcript transcript =
      transcript_of({{0, "お客様相談室でございます。"},
                     {1, "社長さんの謝罪文は、まだですか。出していただけますね。"},
                     {0, "恐れ入りますが、文書のお約束はいたしておりません。"},
                     {1, "その「申し訳ございません」は、どなたの申し訳ございませんですか。"},
                     {0, "会社を代表して、私が申し上げております。"}});
  ASSERT_TRUE(assign_roles(transcript, kStereo, {}, shipped_policy()));
  EXPECT_EQ(transcript.utterances[1].speaker, Speaker::customer);
  EXPECT_EQ(transcript.utterances[0].speaker, Speaker::employee);
}

TEST(Roles, DiarizedVoicesAreComparedLikeChannels) {
  Transcript transcript = call(1, 0);
  const auto decision = assign_roles(transcript, kMono, {}, shipped_policy());
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->basis, RoleDecision::Basis::wording);
  EXPECT_FALSE(decision->contradiction) << "voices have no usual order";
  EXPECT_EQ(transcript.utterances[0].speaker, Speaker::employee);
  EXPECT_THAT(all_warnings(transcript), HasSubstr("声2 = 従業員"));
}

TEST(Roles, WithoutVoicesOnlyClearUtterancesGetARole) {
  Transcript transcript = transcript_of({{-1, "お電話ありがとうございます。みどり商店でございます。"},
                                         {-1, "ふざけんなよ、お前のせいで届かないだろ。"},
                                         {-1, "申し訳ございません。お調べいたします。"},
                                         {-1, "ええ。"},
                                         {-1, "はい。"},
                                         {-1, "ええ。"},
                                         {-1, "はい。"},
                                         {-1, "ええ。"}});
  const auto decision = assign_roles(transcript, kMono, {}, shipped_policy());
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->basis, RoleDecision::Basis::per_utterance);
  EXPECT_EQ(transcript.utterances[0].speaker, Speaker::employee);
  EXPECT_EQ(transcript.utterances[1].speaker, Speaker::customer);
  EXPECT_EQ(transcript.utterances[2].speaker, Speaker::employee);
  EXPECT_EQ(transcript.utterances[6].speaker, Speaker::unknown);
  EXPECT_THAT(all_warnings(transcript), HasSubstr("不明"));
}

TEST(Roles, OneVoiceForBothIsNotTakenForAMonologue) {
  Transcript transcript = call(0, 0);
  const auto decision = assign_roles(transcript, kMono, {}, shipped_policy());
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->basis, RoleDecision::Basis::per_utterance);
  EXPECT_EQ(transcript.utterances[0].speaker, Speaker::employee);
  EXPECT_EQ(transcript.utterances[3].speaker, Speaker::customer);
}

TEST(Roles, MusicAsTheSecondVoiceDoesNotMakeOneOfTwoPeople) {
  Transcript transcript = call(0, 0);
  Utterance music;
  music.channel = 1;
  music.text = "♪";
  transcript.utterances.push_back(music);
  const auto decision = assign_roles(transcript, kMono, {}, shipped_policy());
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->basis, RoleDecision::Basis::per_utterance);
  EXPECT_EQ(transcript.utterances[0].speaker, Speaker::employee);
  EXPECT_EQ(transcript.utterances[3].speaker, Speaker::customer);
}

TEST(Roles, TheOptionMeansNothingWithoutChannelsAndThatIsSaid) {
  Transcript transcript = call(-1, -1);
  ASSERT_TRUE(assign_roles(transcript, {2, true}, {.customer_channel = 1}, shipped_policy()));
  EXPECT_THAT(all_warnings(transcript), HasSubstr("--customer-channel was not used"));
}

TEST(Roles, AnEmptyTranscriptIsNoReasonToFail) {
  Transcript transcript;
  EXPECT_TRUE(assign_roles(transcript, kStereo, {}, shipped_policy()));
}

class BrokenRolePolicy : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(BrokenRolePolicy, IsRefusedByNamingTheField) {
  const auto policy = RolePolicy::parse(GetParam().first, "roles.yaml");
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().kind, Error::Kind::policy);
  EXPECT_THAT(policy.error().what.en, HasSubstr(GetParam().second));
}

const char* const kDecision =
    "version: 1\ndecision: {confident: 0.9, fewest_groups: 1, speaks_first: 0, changes_speaker: 0.5}\n";
const std::string kNoPhrases =
    std::string(kDecision) + "evidence: [{name: a, weight: 1, most_counted: 1, phrases: x}]";
const std::string kNotANumber =
    std::string(kDecision) + "evidence: [{name: a, weight: .nan, most_counted: 1, phrases: [x]}]";
const std::string kEmptyPhrase =
    std::string(kDecision) + "evidence: [{name: a, weight: 1, most_counted: 1, phrases: [\" \"]}]";

INSTANTIATE_TEST_SUITE_P(
    Roles, BrokenRolePolicy,
    testing::Values(std::pair{"a: [", "YAML"}, std::pair{"7", "map"}, std::pair{"version: 2", "version"},
                    std::pair{"version: 1", "decision"},
                    std::pair{"version: 1\ndecision: {confident: 7}", "confident"},
                    std::pair{kDecision, "evidence"}, std::pair{kNoPhrases.c_str(), "phrases"},
                    std::pair{kNotANumber.c_str(), "weight"}, std::pair{kEmptyPhrase.c_str(), "empty"}));

}  // namespace
}  // namespace guardian::speech
