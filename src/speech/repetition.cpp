#include "speech/repetition.h"

#include <algorithm>

namespace guardian::speech {
namespace {

constexpr std::size_t kLongestPhrase = 30;
constexpr std::size_t kRounds = 4;
constexpr std::size_t kRoundsOfOneToken = 8;
constexpr std::size_t kKeptRounds = 2;

/// How often the phrase of `length` tokens at `begin` follows itself.
std::size_t count_rounds(const std::vector<std::size_t>& tokens, std::size_t begin, std::size_t length) {
  std::size_t same = 0;
  while (begin + length + same < tokens.size() && tokens[begin + same] == tokens[begin + length + same])
    ++same;
  return 1 + same / length;
}

}  // namespace

bool cut_loop(std::vector<std::size_t>& tokens) {
  bool cut = false;
  for (std::size_t begin = 0; begin < tokens.size(); ++begin) {
    for (std::size_t length = 1; length <= kLongestPhrase && begin + length < tokens.size(); ++length) {
      const std::size_t rounds = count_rounds(tokens, begin, length);
      if (rounds < (length == 1 ? kRoundsOfOneToken : kRounds)) continue;
      const auto first = tokens.begin() + static_cast<std::ptrdiff_t>(begin + kKeptRounds * length);
      tokens.erase(first, tokens.begin() + static_cast<std::ptrdiff_t>(begin + rounds * length));
      cut = true;
      break;
    }
  }
  return cut;
}

}  // namespace guardian::speech
