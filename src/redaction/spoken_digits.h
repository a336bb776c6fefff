// redaction/spoken_digits.h - runs of digits as recognisers write them: 090-1234-5678, 〇九〇の一二三四,
// ゼロキュウゼロいちにさん.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace guardian::redaction {

/// Digits one after the other, with nothing but hyphens, 「の」 and the like between them.
struct DigitRun {
  std::size_t begin = 0;  ///< byte offsets
  std::size_t end = 0;
  std::string digits;  ///< '0'-'9' and nothing else
};

/// Every run of digits in figures and kanji, of any length, and of kana where most of them can hardly be
/// anything but digits (「にご」 alone is not a number). `text` is in the form of base/text.h's normalize().
/// Runs are in order; one with kana may cover others without.
std::vector<DigitRun> find_digit_runs(std::string_view text);

}  // namespace guardian::redaction
