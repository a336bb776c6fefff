#include "evaluation/labelled_data.h"

#include <gmock/gmock.h>

#include <fstream>

#include "support.h"

namespace guardian::evaluation {
namespace {

class LabelledDataFile : public testing::Test {
 protected:
  std::filesystem::path file(const std::string& content) const {
    std::ofstream(folder_.path() / "data.jsonl") << content;
    return folder_.path() / "data.jsonl";
  }
  guardian::test::TemporaryFolder folder_;
};

TEST_F(LabelledDataFile, LinesOfGroupZeroAskForNothing) {
  const auto lines =
      read_asking_lines(file("{\"group\":3,\"text\":\"返金して\"}\n{\"group\":0,\"text\":\"昨日です\"}\n"));
  ASSERT_TRUE(lines);
  ASSERT_EQ(lines->size(), 2U);
  EXPECT_TRUE((*lines)[0].asks);
  EXPECT_FALSE((*lines)[1].asks);
}

TEST_F(LabelledDataFile, OfADemandingCallTheCustomersTurnsAreKept) {
  const auto calls = read_demanding_calls(
      file(R"({"turns":[{"speaker":"customer","text":"返金して"},{"speaker":"employee","text":"できません"},)"
           R"({"speaker":"customer","text":"昨日です"},{"speaker":"customer","text":"お金を返して"}],)"
           R"("demands":{"A":[0,3]}})"
           "\n"));
  ASSERT_TRUE(calls);
  EXPECT_EQ((*calls)[0].turns, (std::vector<std::string>{"返金して", "昨日です", "お金を返して"}));
  EXPECT_EQ((*calls)[0].demand, (std::vector<int>{0, -1, 0}));
}

TEST_F(LabelledDataFile, ATurnThatIsNotThereIsNamedWithItsLine) {
  const auto calls = read_demanding_calls(
      file("\n{\"turns\":[{\"speaker\":\"customer\",\"text\":\"a\"}],\"demands\":{\"A\":[1]}}\n"));
  ASSERT_FALSE(calls);
  EXPECT_EQ(calls.error().kind, Error::Kind::damaged);
  EXPECT_THAT(calls.error().subject, testing::HasSubstr(":2"));
  EXPECT_FALSE(read_demanding_calls(file("{\"turns\":[]}")));
  EXPECT_FALSE(read_asking_lines(file("{\"group\":\"one\",\"text\":\"a\"}")));
}

}  // namespace
}  // namespace guardian::evaluation
