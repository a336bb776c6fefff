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
constexpr double kWeak = 0.4;  // sounds that come and go in fast speech

struct Kana {
  std::string_view text;
  std::size_t begin = 0;
};

std::vector<Kana> split(std::string_view text) {
  std::vector<Kana> kana;
  for (const auto character : split_characters(text))
    kana.push_back({character, static_cast<std::size_t>(character.data() - text.data())});
  return kana;
}

/// Rows of kana that share a vowel; the columns are consonants.
constexpr std::array<std::string_view, 5> kVowelRows = {
    "あかがさざただなはばぱまやらわゃぁ", "いきぎしじちぢにひびぴみりぃ", "うくぐすずつづぬふぶぷむゆるゅぅ",
    "えけげせぜてでねへべぺめれぇ", "おこごそぞとどのほぼぽもよろをょぉ"};
constexpr std::array<std::string_view, 12> kNearGroups = {"かが", "さざ",     "ただ", "はばぱ",
                                                          "きぎ", "しじちぢ", "くぐ", "すずつづ",
                                                          "けげ", "せぜ",     "てで", "こごそぞとど"};

template <std::size_t size>
bool share_group(const std::array<std::string_view, size>& groups, std::string_view a, std::string_view b) {
  return std::any_of(groups.begin(), groups.end(), [&](std::string_view group) {
    return group.find(a) != std::string_view::npos && group.find(b) != std::string_view::npos;
  });
}

double substitution(std::string_view a, std::string_view b) {
  if (a == b) return 0.0;
  if (share_group(kNearGroups, a, b)) return kNear;
  return share_group(kVowelRows, a, b) ? kSameVowel : 1.0;
}

double presence(std::string_view kana) {
  constexpr std::string_view kComeAndGo = "ーっうんいぁぃぅぇぉ、。";
  return kComeAndGo.find(kana) != std::string_view::npos ? kWeak : 1.0;
}

}  // namespace

std::optional<SoundAlike> find_sound_alike(std::string_view reading, std::string_view phrase, double limit) {
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
    column[i] = {column[i - 1].cost + presence(wanted[i - 1].text), 0};
  std::optional<SoundAlike> best;
  for (std::size_t j = 0; j < heard.size(); ++j) {
    Cell diagonal = column[0];
    column[0] = {0.0, j + 1};
    for (std::size_t i = 1; i <= wanted.size(); ++i) {
      const Cell replaced{diagonal.cost + substitution(wanted[i - 1].text, heard[j].text), diagonal.start};
      const Cell missing{column[i - 1].cost + presence(wanted[i - 1].text), column[i - 1].start};
      const Cell extra{column[i].cost + presence(heard[j].text), column[i].start};
      diagonal = column[i];
      const auto less = [](const Cell& a, const Cell& b) { return a.cost < b.cost; };
      column[i] = std::min({replaced, missing, extra}, less);
    }
    const auto& end = column.back();
    const double distance = end.cost / static_cast<double>(wanted.size());
    if (distance > limit || (best && distance >= best->distance)) continue;
    const std::size_t stop = heard[j].begin + heard[j].text.size();
    if (end.start < heard.size() && heard[end.start].begin < stop)
      best = SoundAlike{{heard[end.start].begin, stop}, distance};
  }
  return best;
}

}  // namespace guardian::judgement
