#include "redaction/names.h"

#include <algorithm>

#include "base/text.h"
#include "redaction/matching.h"

namespace guardian::redaction {
namespace {

constexpr std::string_view kPersonalName = "名詞,固有名詞,人名";
constexpr std::string_view kSurname = "名詞,固有名詞,人名,姓";
constexpr std::string_view kProperNoun = "名詞,固有名詞";
constexpr std::string_view kTitle = "名詞,接尾,人名";

bool is_kanji(std::string_view text) {
  static const RE2 kKanji("[\\p{Han}々ヶ]+");
  return RE2::FullMatch({text.data(), text.size()}, kKanji);
}

bool is_name(const Morpheme& word) { return word.part_of_speech.starts_with(kPersonalName); }

/// A surname in kanji is one by itself; the dictionary also takes 「コール」 and 「たく」 for names.
bool is_surname(const Morpheme& word) {
  return word.part_of_speech.starts_with(kSurname) && is_kanji(word.surface) &&
         count_characters(word.surface) > 1;
}

bool is_titled(const std::vector<Morpheme>& words, std::size_t next) {
  return next < words.size() &&
         (words[next].part_of_speech.starts_with(kTitle) || words[next].surface == "氏");
}

/// Many a surname is a place too: 「小田原駅」 is nobody.
bool is_place(std::string_view after) {
  static const RE2 kPlace(
      "^(?:市|町|村|区|県|駅|湖|山|川|駒|温泉|地方|エリア|方面|周辺|付近|店|支店|空港|インター)");
  return speaks_of(after, kPlace);
}

/// Names as the dictionary knows them, a surname and a first name together.
void find_known(std::string_view text, const std::vector<Morpheme>& words, std::vector<FoundDetail>& found) {
  for (std::size_t i = 0; i < words.size();) {
    std::size_t end = i;
    bool sure = false;
    while (end < words.size() && is_name(words[end]) && (end == i || words[end].begin == words[end - 1].end))
      sure = is_surname(words[end++]) || sure;
    // A place or a firm with a title is a person of that name.
    if (end == i && words[i].part_of_speech.starts_with(kProperNoun) && is_titled(words, i + 1)) ++end;
    if (end == i) {
      ++i;
      continue;
    }
    const auto& first = words[i];
    sure = (sure && !is_place(text.substr(words[end - 1].end))) ||
           (is_titled(words, end) && first.surface != "たく");  // 「おたくさん」
    if (sure) found.push_back({PersonalDetail::name, first.begin, words[end - 1].end});
    i = end;
  }
}

/// True if the dictionary knows no other meaning of the words in the range: 「担当の田辺」, not 「担当の者」.
bool may_be_name(const std::vector<Morpheme>& words, std::size_t begin, std::size_t end) {
  return std::any_of(words.begin(), words.end(), [&](const Morpheme& word) {
    return word.begin >= begin && word.end <= end && word.part_of_speech.starts_with(kProperNoun);
  });
}

/// The whole answer to the question for a name.
void find_answer(std::string_view text, std::vector<FoundDetail>& found) {
  static const RE2 kAnswer(
      "^(?:はい|あ|ええと|えっと|えー|私|わたし|、|。)*([\\p{Han}\\p{Katakana}ー々ヶ]{1,10}|[\\p{Hiragana}ー]"
      "{3,10}?)"
      "(?:です|といいます|と言います|だよ)?(?:けど|が)?[、。]?$");
  static const RE2 kNoAnswer("はい|いいえ|いや|ええ|そう.*|だから|なんで|何で|どうして|嫌|無理|言わない");
  re2::StringPiece name;
  if (!RE2::PartialMatch({text.data(), text.size()}, kAnswer, &name) || RE2::FullMatch(name, kNoAnswer))
    return;
  found.push_back(detail_at(text, name, PersonalDetail::name));
}

}  // namespace

std::vector<FoundDetail> find_names(std::string_view text, std::string_view before,
                                    const std::vector<Morpheme>& words) {
  // What somebody says of themselves, in kana too: so only from where a phrase begins.
  static const RE2 kIntroduces(
      "(?:^|[、。!?]|[はのが])([\\p{Katakana}ー]{2,10}|[\\p{Hiragana}ー]{2,8}?)(?:と申します|といいます(?:["
      "、。が]|$)|と言います(?:[、。が]|$))");
  static const RE2 kInKanji(
      "([\\p{Han}\\p{Katakana}ー々ヶ]{1,10})(?:と申します|といいます(?:[、。が]|$)|でございます)");
  static const RE2 kAfterCue(
      "(?:担当の|担当者の|係の|氏名は|(?:お|私の)?名前は|名義は|フルネームは)、?([\\p{Han}\\p{Katakana}"
      "ー々ヶ]{"
      "1,8})");
  static const RE2 kAsked("(?:お?名前|氏名|フルネーム|どちら様|名義)");
  std::vector<FoundDetail> found;
  find_known(text, words, found);
  const auto introduced = find_all(text, kIntroduces, PersonalDetail::name);
  found.insert(found.end(), introduced.begin(), introduced.end());
  for (const RE2* frame : {&kInKanji, &kAfterCue})
    for (const auto& detail : find_all(text, *frame, PersonalDetail::name))
      if (may_be_name(words, detail.begin, detail.end)) found.push_back(detail);
  if (speaks_of(before, kAsked)) find_answer(text, found);
  return found;
}

}  // namespace guardian::redaction
