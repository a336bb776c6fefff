#include "speech/coverage.h"

#include <gmock/gmock.h>

namespace guardian::speech {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Two pieces of two seconds, said 30 s apart.
PackedWindow two_pieces() {
  PackedWindow window;
  window.pieces = {{0.0, 10.0, 2.0}, {2.3, 40.0, 2.0}};
  window.pcm.assign(43 * 1600, 0.1F);
  window.pcm[static_cast<std::size_t>(2.3 * 16000)] = 0.9F;
  return window;
}

Recognition spoken_until(double first_s, double second_s) {
  Recognition recognition;
  recognition.tokens = {{"はい", 0.1, first_s, 0.9}};
  if (second_s > 2.3) recognition.tokens.push_back({"夜道に気", 2.4, second_s, 0.9});
  return recognition;
}

TEST(Coverage, NoticesAPieceWhoseEndHasNoWords) {
  EXPECT_THAT(find_unheard_pieces(two_pieces(), spoken_until(1.8, 4.1)), IsEmpty());
  EXPECT_THAT(find_unheard_pieces(two_pieces(), spoken_until(1.8, 3.4)), ElementsAre(1));
  EXPECT_THAT(find_unheard_pieces(two_pieces(), spoken_until(1.2, 4.1)), ElementsAre(0));
}

TEST(Coverage, NoticesAPieceWithoutAnyWords) {
  EXPECT_THAT(find_unheard_pieces(two_pieces(), spoken_until(1.8, 0.0)), ElementsAre(1));
}

TEST(Coverage, AWindowOfOnePieceIsNotHeardAgain) {
  auto window = two_pieces();
  window.pieces.pop_back();
  EXPECT_THAT(find_unheard_pieces(window, {}), IsEmpty());
}

TEST(Coverage, APieceAloneKeepsItsPlaceInTheRecording) {
  const auto alone = window_of_piece(two_pieces(), 1);
  ASSERT_EQ(alone.pieces.size(), 1U);
  EXPECT_DOUBLE_EQ(alone.pieces[0].start_s, 40.0);
  EXPECT_DOUBLE_EQ(alone.pieces[0].window_s, 0.0);
  ASSERT_EQ(alone.pcm.size(), 32000U);
  EXPECT_FLOAT_EQ(alone.pcm[0], 0.9F);
}

TEST(Coverage, TakingOutAPieceLeavesTheOthersWords) {
  auto recognition = spoken_until(1.8, 3.4);
  EXPECT_EQ(take_out_piece(two_pieces(), 1, recognition), std::string("夜道に気").size());
  ASSERT_EQ(recognition.tokens.size(), 1U);
  EXPECT_EQ(recognition.tokens[0].text, "はい");
}

}  // namespace
}  // namespace guardian::speech
