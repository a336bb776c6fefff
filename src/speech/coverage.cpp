#include "speech/coverage.h"

#include <algorithm>
#include <cmath>

namespace guardian::speech {
namespace {

constexpr double kRate_hz = 16000.0;
constexpr double kUnheard_s = 0.5;  // beyond the padding and the silence by which a span's end is noticed

}  // namespace

std::vector<std::size_t> find_unheard_pieces(const PackedWindow& window, const Recognition& recognition) {
  std::vector<std::size_t> unheard;
  if (window.pieces.size() < 2) return unheard;
  std::vector<double> heard_until_s;
  for (const auto& piece : window.pieces) heard_until_s.push_back(piece.window_s);
  for (const auto& token : recognition.tokens) {
    auto& until_s = heard_until_s[find_piece(window, token.start_s, token.end_s)];
    until_s = std::max(until_s, token.end_s);
  }
  for (std::size_t i = 0; i < window.pieces.size(); ++i)
    if (window.pieces[i].window_s + window.pieces[i].length_s - heard_until_s[i] >= kUnheard_s)
      unheard.push_back(i);
  return unheard;
}

PackedWindow window_of_piece(const PackedWindow& window, std::size_t piece) {
  const auto& from = window.pieces[piece];
  const auto begin =
      std::min(window.pcm.size(), static_cast<std::size_t>(std::llround(from.window_s * kRate_hz)));
  const auto end =
      std::min(window.pcm.size(), begin + static_cast<std::size_t>(std::llround(from.length_s * kRate_hz)));
  PackedWindow alone;
  alone.channel = window.channel;
  alone.pcm.assign(window.pcm.begin() + static_cast<std::ptrdiff_t>(begin),
                   window.pcm.begin() + static_cast<std::ptrdiff_t>(end));
  alone.pieces = {{0.0, from.start_s, from.length_s}};
  return alone;
}

std::size_t take_out_piece(const PackedWindow& window, std::size_t piece, Recognition& recognition) {
  std::size_t bytes = 0;
  std::erase_if(recognition.tokens, [&](const Token& token) {
    if (find_piece(window, token.start_s, token.end_s) != piece) return false;
    bytes += token.text.size();
    return true;
  });
  return bytes;
}

}  // namespace guardian::speech
