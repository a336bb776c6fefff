#include "evaluation/accuracy.h"

#include <gmock/gmock.h>

#include <fstream>

#include "judgement/calls.h"

namespace guardian::evaluation {
namespace {

using judgement::test::judge;

class LabelledData : public testing::Test {
 protected:
  std::filesystem::path file(const std::string& content) {
    const auto path = folder_.path() / "data.jsonl";
    std::ofstream(path) << content;
    return path;
  }
  guardian::test::TemporaryFolder folder_;
};

constexpr const char* kUtterances =
    R"({"id":"1","text":"今すぐ土下座しろ","category":"dogeza_demand","severity":70,"kind":"direct"})"
    "\n"
    R"({"id":"2","text":"ここに座ってお待ちします","category":"refusal_to_leave","severity":60,"kind":"indirect"})"
    "\n"
    R"({"id":"3","text":"時代劇で「土下座しろ」と言う場面が好きで","category":"none","severity":0,"kind":"hard_negative","slice":"quotation"})"
    "\n\n"
    R"({"id":"4","text":"営業時間を教えてください","category":"none","severity":0,"kind":"ordinary"})"
    "\n";

TEST_F(LabelledData, CountsWhatIsFoundMissedAndWronglyFlagged) {
  const auto accuracy = measure_utterances(judge(), read_utterances(file(kUtterances)).value());
  EXPECT_EQ(accuracy.size, 4);
  EXPECT_EQ(accuracy.harassment.found_right, 1);
  EXPECT_EQ(accuracy.harassment.missed, 1);
  EXPECT_EQ(accuracy.harassment.found_wrong, 0);
  EXPECT_EQ(accuracy.categories.at("dogeza_demand").found_right, 1);
  EXPECT_EQ(accuracy.categories.at("refusal_to_leave").missed, 1);
  EXPECT_DOUBLE_EQ(accuracy.macro_f1.value, 0.5);
  EXPECT_EQ(accuracy.flagged_by_slice.at("quotation").flagged, 0);
  EXPECT_EQ(accuracy.flagged_by_slice.at("quotation").all, 1);
}

TEST_F(LabelledData, DialoguesAreMeasuredAsCalls) {
  const auto dialogues = read_dialogues(file(
      R"({"id":"d1","turns":[{"speaker":"employee","text":"はい","start":0,"end":1},{"speaker":"customer","text":"今すぐ土下座しろ","start":1,"end":3,"labels":[{"category":"dogeza_demand","severity":78,"span":"土下座しろ"}]}],"call":{"harassment":true,"band":"high"}})"
      "\n"
      R"({"id":"d2","turns":[{"speaker":"customer","text":"営業時間は","start":0,"end":1}],"call":{"harassment":false,"band":"none"},"slice":"ordinary"})"));
  ASSERT_TRUE(dialogues);
  const auto accuracy = measure_dialogues(judge(), *dialogues, false);
  EXPECT_DOUBLE_EQ(accuracy.auroc.value, 1.0);
  EXPECT_DOUBLE_EQ(accuracy.band_exact.value, 1.0);
  EXPECT_EQ(accuracy.suspected.found_right, 1);
  EXPECT_GT(accuracy.span_overlap, 0.5);
  EXPECT_EQ(accuracy.flagged_by_slice.at("ordinary").flagged, 0);
}

TEST_F(LabelledData, CustomersTurnsBecomeUtterancesWithTheirGravestLabel) {
  const auto dialogues = read_dialogues(file(
      R"({"id":"d1","turns":[{"speaker":"employee","text":"はい"},{"speaker":"customer","text":"a","labels":[{"category":"legit_complaint","severity":10,"span":"a"}]},{"speaker":"customer","text":"b","labels":[{"category":"threat","severity":90,"span":"b"},{"category":"verbal_abuse","severity":50,"span":"b"}]}],"call":{"harassment":true,"band":"high"}})"));
  ASSERT_TRUE(dialogues);
  const auto turns = customer_turns(*dialogues);
  ASSERT_EQ(turns.size(), 2U);
  EXPECT_FALSE(turns[0].is_harassment());
  EXPECT_EQ(turns[0].slice, "fair_complaint");
  EXPECT_EQ(turns[1].category, "threat");
}

TEST_F(LabelledData, NamesTheLineThatIsWrong) {
  for (const char* line :
       {"{\"id\":\"1\"}", "not json", "[]", "{\"id\":1,\"text\":2,\"category\":3,\"severity\":4}"}) {
    const auto read = read_utterances(file(std::string(kUtterances) + line));
    ASSERT_FALSE(read) << line;
    EXPECT_EQ(read.error().kind, Error::Kind::damaged);
    EXPECT_THAT(read.error().subject, testing::EndsWith("data.jsonl:6"));
  }
  EXPECT_FALSE(
      read_dialogues(file("{\"id\":\"d\",\"turns\":[],\"call\":{\"harassment\":true,\"band\":\"huge\"}}")));
}

}  // namespace
}  // namespace guardian::evaluation
