#include "judgement/ngrams.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace guardian::judgement {
namespace {

constexpr std::size_t kLongest = 4;
constexpr std::size_t kCharacters = 400;

bool is_mark(std::string_view character) {
  static constexpr std::array<std::string_view, 18> kMarks = {
      "、", "。", ",", ".", "!", "?", "「", "」", "『", "』", "…", "(", ")", "・", "｢", "｣", "･", "-"};
  return std::find(kMarks.begin(), kMarks.end(), character) != kMarks.end();
}

std::vector<std::string_view> letters(std::string_view text) {
  auto characters = split_characters(text);
  std::erase_if(characters, is_mark);
  characters.resize(std::min(characters.size(), kCharacters));
  return characters;
}

}  // namespace

std::map<std::uint64_t, int> count_ngrams(std::string_view text) {
  constexpr std::uint64_t kOffset = 0xCBF29CE484222325U;
  constexpr std::uint64_t kPrime = 0x100000001B3U;
  const std::string normal = normalize(text).text;
  const auto characters = letters(normal);
  std::map<std::uint64_t, int> counts;
  for (std::size_t begin = 0; begin < characters.size(); ++begin) {
    std::uint64_t hash = kOffset;
    for (std::size_t i = begin; i < std::min(characters.size(), begin + kLongest); ++i) {
      for (const char byte : characters[i]) hash = (hash ^ static_cast<unsigned char>(byte)) * kPrime;
      ++counts[hash];
    }
  }
  return counts;
}

}  // namespace guardian::judgement
