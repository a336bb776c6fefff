#include "base/text.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>

namespace guardian {
namespace {

constexpr UChar32 kReplacement = 0xFFFD;
constexpr UChar32 kKatakanaFirst = 0x30A1;
constexpr UChar32 kKatakanaLast = 0x30F6;
constexpr UChar32 kKanaDistance = 0x60;
constexpr UChar32 kLongVowel = 0x30FC;

void append(std::string& to, UChar32 character) {
  std::array<char, U8_MAX_LENGTH> bytes{};
  std::size_t length = 0;
  char* const begin = bytes.data();
  U8_APPEND_UNSAFE(begin, length, character);
  to.append(begin, length);
}

/// Next character of `text` at `position`, which moves on; negative where the bytes are not UTF-8.
UChar32 next(std::string_view text, std::size_t& position) {
  UChar32 character = 0;
  const auto length = static_cast<int64_t>(text.size());
  auto offset = static_cast<int64_t>(position);
  const char* const begin = text.data();
  U8_NEXT(begin, offset, length, character);
  position = static_cast<std::size_t>(offset);
  return character;
}

/// White space and marks without width, which a recogniser or a person strews between letters.
bool is_blank(UChar32 character) {
  return u_isUWhiteSpace(character) != 0 || u_charType(character) == U_CONTROL_CHAR ||
         u_charType(character) == U_FORMAT_CHAR;
}

/// Of these, several in a row mean no more than one: 「ふざけんなーーー!!!」.
bool is_drawn_out(UChar32 character) {
  constexpr std::array<UChar32, 14> kDrawnOut = {kLongVowel, 0x301C, '~',    '!',    '?',    0x3041, 0x3043,
                                                 0x3045,     0x3047, 0x3049, 0x30A1, 0x30A3, 0x30A5, 0x30A7};
  return std::find(kDrawnOut.begin(), kDrawnOut.end(), character) != kDrawnOut.end() || character == 0x30A9;
}

const icu::Normalizer2& nfkc_casefold() {
  UErrorCode status = U_ZERO_ERROR;
  return *icu::Normalizer2::getNFKCCasefoldInstance(status);
}

/// A character and what combines with it, e.g. カ + voiced mark: the unit that is normalised as one.
std::size_t end_of_cluster(std::string_view text, std::size_t begin) {
  std::size_t end = begin;
  next(text, end);
  while (end < text.size()) {
    std::size_t after = end;
    const UChar32 character = next(text, after);
    const bool combines = character == 0xFF9E || character == 0xFF9F || u_getCombiningClass(character) != 0;
    if (!combines) break;
    end = after;
  }
  return end;
}

std::string fold(std::string_view cluster) {
  UErrorCode status = U_ZERO_ERROR;
  const auto source = icu::UnicodeString::fromUTF8({cluster.data(), static_cast<int32_t>(cluster.size())});
  std::string folded;
  nfkc_casefold().normalize(source, status).toUTF8String(folded);
  return U_SUCCESS(status) != 0 ? folded : std::string(cluster);
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t position = 0; position < text.size();)
    if (next(text, position) < 0) return false;
  return true;
}

std::string printable(std::string_view text) {
  std::string clean;
  for (std::size_t position = 0; position < text.size();) {
    const UChar32 character = next(text, position);
    const bool harmless =
        character >= 0 && u_charType(character) != U_CONTROL_CHAR && u_charType(character) != U_FORMAT_CHAR &&
        u_charType(character) != U_LINE_SEPARATOR && u_charType(character) != U_PARAGRAPH_SEPARATOR;
    append(clean, harmless ? character : kReplacement);
  }
  return clean;
}

std::string_view NormalizedText::original(std::string_view source, std::size_t begin, std::size_t end) const {
  if (begin >= end || end > text.size()) return {};
  // The end is where the next kept character begins, but not the blanks dropped before it.
  std::size_t last = end - 1;
  while (last > begin && (static_cast<unsigned char>(text[last]) & 0xC0U) == 0x80U) --last;
  const std::size_t to = end_of_cluster(source, origin[last]);
  return source.substr(origin[begin], to - origin[begin]);
}

NormalizedText normalize(std::string_view text) {
  NormalizedText normalized;
  UChar32 previous = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = end_of_cluster(text, begin);
    const std::string folded = fold(text.substr(begin, end - begin));
    for (std::size_t position = 0; position < folded.size();) {
      const UChar32 character = next(folded, position);
      const bool repeats = character == previous && is_drawn_out(character);
      if (character < 0 || is_blank(character) || repeats) continue;
      append(normalized.text, character);
      normalized.origin.resize(normalized.text.size(), begin);
      previous = character;
    }
    begin = end;
  }
  normalized.origin.push_back(text.size());
  return normalized;
}

std::string to_hiragana(std::string_view text) {
  std::string hiragana;
  for (std::size_t position = 0; position < text.size();) {
    const UChar32 character = next(text, position);
    const bool katakana = character >= kKatakanaFirst && character <= kKatakanaLast;
    append(hiragana, character < 0 ? kReplacement : katakana ? character - kKanaDistance : character);
  }
  return hiragana;
}

std::vector<std::string_view> split_characters(std::string_view text) {
  std::vector<std::string_view> characters;
  for (std::size_t i = 0; i < text.size(); i += characters.back().size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    characters.push_back(text.substr(i, length));
  }
  return characters;
}

std::string_view beginning(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  std::size_t end = bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

std::string_view ending(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  std::size_t begin = text.size() - bytes;
  while (begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80U) ++begin;
  return text.substr(begin);
}

bool has_letters(std::string_view text) {
  const auto size = static_cast<int32_t>(text.size());
  for (int32_t i = 0; i < size;) {
    UChar32 character = 0;
    U8_NEXT(text, i, size, character);
    if (character >= 0 && u_isalnum(character) != 0) return true;
  }
  return false;
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  }));
}

std::vector<std::string> words_in(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(' ', begin), text.size());
    if (end > begin) words.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

}  // namespace guardian
