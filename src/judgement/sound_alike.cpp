#include "judgement/sound_alike.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/text.h"

namespace guardian::judgement {
namespace {

constexpr std::size_t kShortestPhrase = 4;
constexpr std::size_t kLongestPhrase = 64;
constexpr double kNear =
    0.4;  // voiced and unvoiced, or the same vowel with a consonant made at the same place
constexpr double kSameVowel = 0.7;
constexpr double kUnread = 0.6;  // a kanji of a word that no dictionary reads may be any sound
constexpr double kWeak = 0.4;    // sounds that come and go in fast speech

struct Kana {
  char32_t character = 0;
  double presence = 1.0;  // cost of its being there in one of both only
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Rows of kana that share a vowel; the columns are consonants.
constexpr std::array<std::string_view, 5> kVowelRows = {
    "あかがさざただなはばぱまやらわゃぁ", "いきぎしじちぢにひびぴみりぃ", "うくぐすずつづぬふぶぷむゆるゅぅ",
    "えけげせぜてでねへべぺめれぇ", "おこごそぞとどのほぼぽもよろをょぉ"};
constexpr std::array<std::string_view, 12> kNearGroups = {"かが", "さざ",     "ただ", "はばぱ",
                                                          "きぎ", "しじちぢ", "くぐ", "すずつづ",
                                                          "けげ", "せぜ",     "てで", "こごそぞとど"};

constexpr std::string_view kComeAndGo = "ーっうんいぁぃぅぇぉ、。";

constexpr char32_t kFirst = U'\u3041';
constexpr std::size_t kHiragana = 86;  // ぁ to ゖ
constexpr std::size_t kCharacterBytes = 3;

/// Of a three-byte character, as all kana are; others get a number of their own kind.
char32_t to_code_point(std::string_view character) {
  if (character.size() != kCharacterBytes) {
    char32_t number = 0x80000000U;
    for (const char byte : character) number = (number << 7U) ^ static_cast<unsigned char>(byte);
    return number | 0x80000000U;
  }
  const auto low = [&](std::size_t i) { return static_cast<unsigned char>(character[i]) & 0x3FU; };
  return ((static_cast<unsigned char>(character[0]) & 0x0FU) << 12U) | (low(1) << 6U) | low(2);
}

/// Cost of hearing one kana for another, worked out once: this is the innermost step of the search.
class Substitutions {
 public:
  Substitutions() {
    for (auto& row : costs_) row.fill(1.0);
    for (const auto row : kVowelRows) lower(row, kSameVowel);
    for (const auto group : kNearGroups) lower(group, kNear);
  }

  double operator()(char32_t a, char32_t b) const {
    if (a == b) return 0.0;
    const std::size_t first = a - kFirst;
    const std::size_t second = b - kFirst;
    if (first < kHiragana && second < kHiragana) return costs_[first][second];
    return is_kanji(a) || is_kanji(b) ? kUnread : 1.0;
  }

 private:
  static bool is_kanji(char32_t character) { return character >= U'\u4E00' && character <= U'\u9FFF'; }

  void lower(std::string_view group, double cost) {
    for (const auto a : split_characters(group))
      for (const auto b : split_characters(group))
        costs_[to_code_point(a) - kFirst][to_code_point(b) - kFirst] = cost;
  }

  std::array<std::array<double, kHiragana>, kHiragana> costs_{};
};

std::vector<Kana> split(std::string_view text) {
  std::vector<Kana> kana;
  for (const auto character : split_characters(text)) {
    const auto begin = static_cast<std::size_t>(character.data() - text.data());
    const double presence = kComeAndGo.find(character) != std::string_view::npos ? kWeak : 1.0;
    kana.push_back({to_code_point(character), presence, begin, begin + character.size()});
  }
  return kana;
}

}  // namespace

std::optional<SoundAlike> find_sound_alike(std::string_view reading, std::string_view phrase, double limit) {
  static const Substitutions substitution;
  const auto wanted = split(phrase);
  const auto heard = split(reading);
  if (wanted.size() < kShortestPhrase || wanted.size() > kLongestPhrase || heard.empty()) return std::nullopt;
  // Sellers' algorithm: the phrase may begin and end anywhere in the reading at no cost.
  struct Cell {
    double cost = 0.0;
    std::size_t start = 0;
  };
  std::vector<Cell> column(wanted.size() + 1);
  for (std::size_t i = 1; i <= wanted.size(); ++i)
    column[i] = {column[i - 1].cost + wanted[i - 1].presence, 0};
  std::optional<SoundAlike> best;
  for (std::size_t j = 0; j < heard.size(); ++j) {
    Cell diagonal = column[0];
    column[0] = {0.0, j + 1};
    for (std::size_t i = 1; i <= wanted.size(); ++i) {
      const Cell replaced{diagonal.cost + substitution(wanted[i - 1].character, heard[j].character),
                          diagonal.start};
      const Cell missing{column[i - 1].cost + wanted[i - 1].presence, column[i - 1].start};
      const Cell extra{column[i].cost + heard[j].presence, column[i].start};
      diagonal = column[i];
      // Of equally good places the shorter: a word before the phrase must not be taken for its beginning.
      const auto less = [](const Cell& a, const Cell& b) {
        return a.cost != b.cost ? a.cost < b.cost : a.start > b.start;
      };
      column[i] = std::min({replaced, missing, extra}, less);
    }
    const auto& end = column.back();
    const double distance = end.cost / static_cast<double>(wanted.size());
    if (distance > limit || (best && distance >= best->distance)) continue;
    const std::size_t stop = heard[j].end;
    if (end.start < heard.size() && heard[end.start].begin < stop)
      best = SoundAlike{{heard[end.start].begin, stop}, distance};
  }
  return best;
}

}  // namespace guardian::judgement
