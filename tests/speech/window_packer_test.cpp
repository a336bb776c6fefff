#include "speech/window_packer.h"

#include <gtest/gtest.h>

#include <numeric>

namespace guardian::speech {
namespace {

constexpr std::size_t kRate = 16000;
constexpr std::size_t kThirtySeconds = 30 * kRate;

/// Every sample carries its own position in the recording, so that its origin can be read off the window.
std::vector<float> numbered(double start_s, double length_s) {
  std::vector<float> pcm(static_cast<std::size_t>(length_s * kRate));
  for (std::size_t i = 0; i < pcm.size(); ++i)
    pcm[i] = static_cast<float>(start_s * static_cast<double>(kRate) + static_cast<double>(i)) / 16777216.0F;
  return pcm;
}

double origin_s(float sample) {
  return static_cast<double>(sample) * 16777216.0 / static_cast<double>(kRate);
}

void expect_true_times(const PackedWindow& window) {
  ASSERT_FALSE(window.pieces.empty());
  EXPECT_LE(window.pcm.size(), kThirtySeconds);
  for (const auto& piece : window.pieces) {
    for (const double share : {0.1, 0.5, 0.9}) {
      const double window_s = piece.window_s + share * piece.length_s;
      const auto index = static_cast<std::size_t>(window_s * kRate);
      ASSERT_LT(index, window.pcm.size());
      EXPECT_NEAR(to_recording_time(piece, window_s), origin_s(window.pcm[index]), 0.001);
    }
  }
}

TEST(WindowPacker, EveryMomentOfAWindowLeadsBackToItsMomentInTheRecording) {
  WindowPacker packer(1);
  std::vector<PackedWindow> windows;
  for (const double start_s : {3.0, 10.0, 25.0, 40.0, 52.5, 60.25}) {
    for (auto& window : packer.add(numbered(start_s, 6.5), start_s)) windows.push_back(std::move(window));
  }
  windows.push_back(*packer.finish());
  EXPECT_EQ(windows.size(), 2U);
  std::size_t pieces = 0;
  for (const auto& window : windows) {
    EXPECT_EQ(window.channel, 1);
    expect_true_times(window);
    pieces += window.pieces.size();
  }
  EXPECT_EQ(pieces, 6U);
  EXPECT_FALSE(packer.finish());
}

TEST(WindowPacker, SplitsWhatIsLongerThanAWindowWithoutLosingASample) {
  WindowPacker packer(0);
  auto windows = packer.add(numbered(100.0, 75.0), 100.0);
  windows.push_back(*packer.finish());
  double length_s = 0.0;
  double expected_start_s = 100.0;
  for (const auto& window : windows) {
    expect_true_times(window);
    for (const auto& piece : window.pieces) {
      EXPECT_NEAR(piece.start_s, expected_start_s, 1e-6);
      expected_start_s += piece.length_s;
      length_s += piece.length_s;
    }
  }
  EXPECT_NEAR(length_s, 75.0, 1e-6);
}

TEST(WindowPacker, GivesAWordInAPauseToTheNearerPiece) {
  PackedWindow window;
  window.pieces = {{0.0, 10.0, 2.0}, {2.3, 60.0, 2.0}};
  EXPECT_EQ(find_piece(window, 2.05, 2.1), 0U);
  EXPECT_EQ(find_piece(window, 2.2, 2.6), 1U);
  EXPECT_DOUBLE_EQ(to_recording_time(window.pieces[1], 2.2), 60.0);
  EXPECT_DOUBLE_EQ(to_recording_time(window.pieces[1], 9.0), 62.0);
}

}  // namespace
}  // namespace guardian::speech
