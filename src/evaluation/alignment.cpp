#include "evaluation/alignment.h"

#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>

#include "base/text.h"

namespace guardian::evaluation {
namespace {

bool is_spoken(std::string_view character) {
  const auto code =
      icu::UnicodeString::fromUTF8({character.data(), static_cast<std::int32_t>(character.size())})
          .char32At(0);
  const auto silent = U_GC_P_MASK | U_GC_S_MASK | U_GC_Z_MASK | U_GC_C_MASK;
  return (U_MASK(u_charType(code)) & silent) == 0;
}

std::vector<std::string> spoken_characters(const std::string& text) {
  const auto normal = normalize(text);
  std::vector<std::string> characters;
  for (const auto character : split_characters(normal.text))
    if (is_spoken(character)) characters.emplace_back(character);
  return characters;
}

/// Edits needed between the first i of one side and the first j of the other.
class EditTable {
 public:
  EditTable(const std::vector<std::string>& said, const std::vector<std::string>& heard)
      : width_(heard.size() + 1), edits_((said.size() + 1) * width_) {
    for (std::size_t i = 0; i <= said.size(); ++i)
      for (std::size_t j = 0; j < width_; ++j) {
        auto& cell = edits_[i * width_ + j];
        if (i == 0 || j == 0)
          cell = i + j;
        else
          cell = std::min(
              {at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (said[i - 1] == heard[j - 1] ? 0 : 1)});
      }
  }

  std::size_t at(std::size_t i, std::size_t j) const { return edits_[i * width_ + j]; }

 private:
  std::size_t width_;
  std::vector<std::size_t> edits_;
};

}  // namespace

std::vector<AlignedPair> align(const std::vector<std::string>& said, const std::vector<std::string>& heard) {
  const EditTable edits(said, heard);
  std::vector<AlignedPair> pairs;
  std::size_t i = said.size();
  std::size_t j = heard.size();
  while (i > 0 || j > 0) {
    const bool can_pair = i > 0 && j > 0;
    const bool same = can_pair && said[i - 1] == heard[j - 1];
    if (can_pair && edits.at(i, j) == edits.at(i - 1, j - 1) + (same ? 0 : 1)) {
      pairs.push_back({--i, --j});
    } else if (i > 0 && edits.at(i, j) == edits.at(i - 1, j) + 1) {
      pairs.push_back({--i, std::nullopt});
    } else {
      pairs.push_back({std::nullopt, --j});
    }
  }
  std::reverse(pairs.begin(), pairs.end());
  return pairs;
}

double CharacterErrors::rate() const {
  return characters == 0 ? 0.0 : static_cast<double>(wrong) / static_cast<double>(characters);
}

CharacterErrors& CharacterErrors::operator+=(const CharacterErrors& other) {
  wrong += other.wrong;
  characters += other.characters;
  return *this;
}

CharacterErrors count_errors(const std::string& said, const std::string& heard) {
  const auto expected = spoken_characters(said);
  const auto found = spoken_characters(heard);
  return {EditTable(expected, found).at(expected.size(), found.size()), expected.size()};
}

}  // namespace guardian::evaluation
