// base/text.h - Unicode text: validity, NFKC, kana, and the way back from normalised text to the original
// words. Evidence is quoted verbatim, so whatever is searched in a normalised form must know where it came
// from.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace guardian {

/// True if `text` is well-formed UTF-8 (no overlong forms, no surrogates).
bool is_utf8(std::string_view text);

/// " a b  c " -> a, b, c
std::vector<std::string> words_in(std::string_view text);

/// `text` with control characters and malformed bytes replaced, so that a hostile file name cannot move a
/// terminal's cursor, break a log line or make invalid JSON.
std::string printable(std::string_view text);

/// A normalised form of a text in which every byte knows the byte range of the original it came from.
struct NormalizedText {
  std::string text;                 ///< UTF-8
  std::vector<std::size_t> origin;  ///< origin[i]: offset in the original of the character that gave byte i;
                                    ///< one more entry at the end, the original's length

  /// The original's bytes behind [begin, end) of `text`, always on character borders.
  std::string_view original(std::string_view source, std::size_t begin, std::size_t end) const;
};

/// NFKC, lower case, white space removed, runs of 「ー」「〜」「!」「?」 and of small vowels shortened to
/// one: the form in which rules are matched. `text` must be valid UTF-8.
NormalizedText normalize(std::string_view text);

/// Katakana to hiragana; everything else unchanged.
std::string to_hiragana(std::string_view text);

/// The characters of a text, as views of it. `text` must be valid UTF-8.
std::vector<std::string_view> split_characters(std::string_view text);

/// At most `bytes` bytes from the front, cut on a character's border.
std::string_view beginning(std::string_view text, std::size_t bytes);

/// The same from the back.
std::string_view ending(std::string_view text, std::size_t bytes);

/// Number of Unicode characters. `text` must be valid UTF-8.
std::size_t count_characters(std::string_view text);

/// True if there is a letter, a kana, a kanji or a digit in it, and not only marks.
bool has_letters(std::string_view text);

}  // namespace guardian
