#include "redaction/addresses.h"

#include <string>

#include "base/text.h"
#include "redaction/matching.h"

namespace guardian::redaction {
namespace {

constexpr std::string_view kPlace = "名詞,固有名詞,地域";
constexpr std::string_view kPlaceSuffix = "名詞,接尾,地域";

const std::string kNumber = "[0-9〇一二三四五六七八九十百]{1,6}";
const std::string kRest = "(?:の?" + kNumber + "(?:丁目|番地|番|号室|号|階)|[-ー−の]" + kNumber +
                          "(?:号室|号|階)?)*"
                          "(?:の?[\\p{Katakana}ー\\p{Han}a-z]{0,15}?" +
                          kNumber + "号室?)?";
const std::string kNotANumber = "[^、。!?「」\\[\\]0-9〇一二三四五六七八九十]";

bool is_hiragana(std::string_view text) {
  static const RE2 kHiragana("[\\p{Hiragana}ー]+");
  return RE2::FullMatch({text.data(), text.size()}, kHiragana);
}

void find_blocks(std::string_view text, const std::vector<Morpheme>& words, std::vector<FoundDetail>& found) {
  static const RE2 kFromTown("^(" + kNotANumber + "{0,20}?" + kNumber + "(?:丁目|番地)" + kRest + "|" +
                             kNotANumber + "{1,16}?[市区町村郡]" + kNotANumber + "{0,12}?" + kNumber +
                             "(?:番|号|[-ー−の]" + kNumber + ")" + kRest + ")");
  static const RE2 kAnyTown("([\\p{Han}\\p{Katakana}ーヶ]{0,8}?" + kNumber + "丁目[の、]?" + kNumber +
                            "(?:番地?|号|[-ー−の]" + kNumber + ")" + kRest + ")");
  re2::StringPiece address;
  for (const auto& word : words)
    if (word.part_of_speech.starts_with(kPlace) &&
        RE2::PartialMatch({text.data() + word.begin, text.size() - word.begin}, kFromTown, &address))
      found.push_back(detail_at(text, address, PersonalDetail::address));
  const auto blocks = find_all(text, kAnyTown, PersonalDetail::address);
  found.insert(found.end(), blocks.begin(), blocks.end());
}

/// Towns with their suffixes, and the numbers after them.
void find_towns(const std::vector<Morpheme>& words, std::vector<FoundDetail>& found) {
  const auto is_part = [](const Morpheme& word) {
    return word.part_of_speech.starts_with(kPlace) || word.part_of_speech.starts_with(kPlaceSuffix);
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!words[i].part_of_speech.starts_with(kPlace)) continue;
    std::size_t end = i + 1;
    while (end < words.size() && (is_part(words[end]) || words[end].part_of_speech.starts_with("名詞,数")))
      ++end;
    // One character alone, such as 「開」, or kana are seldom a town.
    const bool is_town =
        end > i + 1 || (count_characters(words[i].surface) > 1 && !is_hiragana(words[i].surface));
    if (is_town) found.push_back({PersonalDetail::address, words[i].begin, words[end - 1].end});
    i = end - 1;
  }
}

}  // namespace

std::vector<FoundDetail> find_addresses(std::string_view text, std::string_view before,
                                        const std::vector<Morpheme>& words) {
  static const RE2 kAsked("住所|お住まい|住まい|住んで|送り先|届け先|郵便番号");
  std::vector<FoundDetail> found;
  find_blocks(text, words, found);
  if (speaks_of(text, kAsked) || speaks_of(before, kAsked)) find_towns(words, found);
  return found;
}

}  // namespace guardian::redaction
