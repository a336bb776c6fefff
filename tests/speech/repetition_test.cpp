#include "speech/repetition.h"

#include <gtest/gtest.h>

namespace guardian::speech {
namespace {

using Tokens = std::vector<std::size_t>;

TEST(Repetition, ShortensALoopToTwoRoundsAndKeepsWhatFollows) {
  Tokens tokens = {9, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 7};
  EXPECT_TRUE(cut_loop(tokens));
  EXPECT_EQ(tokens, (Tokens{9, 1, 2, 3, 1, 2, 3, 7}));
}

TEST(Repetition, LeavesWhatPeopleSay) {
  const Tokens three_times = {5, 1, 2, 1, 2, 1, 2, 6};
  const Tokens no_no_no_no = {4, 4, 4, 4, 4, 4, 4};
  for (const auto& spoken : {three_times, no_no_no_no, Tokens{}, Tokens{1}}) {
    Tokens tokens = spoken;
    EXPECT_FALSE(cut_loop(tokens));
    EXPECT_EQ(tokens, spoken);
  }
}

TEST(Repetition, CutsASingleTokenThatComesEightTimes) {
  Tokens tokens(8, 4);
  EXPECT_TRUE(cut_loop(tokens));
  EXPECT_EQ(tokens, (Tokens{4, 4}));
}

TEST(Repetition, CutsEveryLoopOfSeveral) {
  Tokens tokens;
  for (int i = 0; i < 6; ++i) tokens.insert(tokens.end(), {1, 2});
  tokens.push_back(50);
  for (int i = 0; i < 5; ++i) tokens.insert(tokens.end(), {7, 8, 9});
  EXPECT_TRUE(cut_loop(tokens));
  EXPECT_EQ(tokens, (Tokens{1, 2, 1, 2, 50, 7, 8, 9, 7, 8, 9}));
}

}  // namespace
}  // namespace guardian::speech
