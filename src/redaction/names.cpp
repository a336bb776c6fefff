#include "redaction/names.h"

#include <re2/re2.h>

#include "base/text.h"

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

/// 「君」 and 「ちゃん」 also follow words for oneself and for animals; so only after proper nouns.
bool is_titled(const std::vector<Morpheme>& words, std::size_t next) {
  return next < words.size() &&
         (words[next].part_of_speech.starts_with(kTitle) || words[next].surface == "氏");
}

/// Names as the dictionary knows them, a surname and a first name together.
void find_known(const std::vector<Morpheme>& words, std::vector<FoundDetail>& found) {
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
    sure = sure || (is_titled(words, end) && first.surface != "たく");  // 「おたくさん」
    if (sure) found.push_back({PersonalDetail::name, first.begin, words[end - 1].end});
    i = end;
  }
}

/// Every match's first group.
void find_framed(std::string_view text, const RE2& frame, std::vector<FoundDetail>& found) {
  re2::StringPiece rest(text.data(), text.size());
  for (re2::StringPiece name; RE2::FindAndConsume(&rest, frame, &name);) {
    const auto begin = static_cast<std::size_t>(name.data() - text.data());
    if (!name.empty()) found.push_back({PersonalDetail::name, begin, begin + name.size()});
  }
}

}  // namespace

std::vector<FoundDetail> find_names(std::string_view text, std::string_view before,
                                    const std::vector<Morpheme>& words) {
  // What somebody says of themselves, in whatever script; the last 「の」 parts the firm from the name.
  static const RE2 kSaysOwn(
      "([\\p{Han}\\p{Katakana}ー々ヶ]{1,10}|[\\p{Hiragana}ー]{2,10}?)(?:と申し|といい(?:ます|まし)|と言い(?:"
      "ます|まし)|"
      "でございますが)");
  static const RE2 kAfterCue(
      "(?:担当の|担当者の|係の|氏名は|(?:お|私の)?名前は|名義は|フルネームは)"
      "([\\p{Han}\\p{Katakana}ー々ヶ]{1,8})(?:さん|様|さま|氏|です|と|で|、|。|が|は|に|を|$)");
  static const RE2 kAsked("(?:お?名前|氏名|フルネーム|どちら様|名義)");
  static const RE2 kAnswer(
      "^(?:はい|あ|ええと|えっと|えー|私|わたし|、|。)*([\\p{Han}\\p{Katakana}ー々ヶ]{1,10}|[\\p{Hiragana}ー]"
      "{3,10}?)"
      "(?:です|といいます|と言います|だ[。、]|だよ|[。、]|$)");
  std::vector<FoundDetail> found;
  find_known(words, found);
  find_framed(text, kSaysOwn, found);
  find_framed(text, kAfterCue, found);
  if (RE2::PartialMatch({before.data(), before.size()}, kAsked)) find_framed(text, kAnswer, found);
  return found;
}

}  // namespace guardian::redaction
