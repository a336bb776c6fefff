#include "redaction/numbers.h"

#include "base/text.h"
#include "redaction/matching.h"
#include "redaction/spoken_digits.h"

namespace guardian::redaction {
namespace {

constexpr std::size_t kFewest = 4;         // digits of a number that is one by itself
constexpr std::size_t kFewestAsked = 3;    // where the talk is of a number
constexpr std::size_t kMostCounted = 8;    // a longer run is no amount, whatever stands after it
constexpr std::size_t kFewestOfPhone = 6;  // where the talk is of a telephone
constexpr std::size_t kPostalCode = 7;

std::string_view near(std::string_view text, std::size_t end) {
  constexpr std::size_t kNear = 45;  // bytes: fifteen characters
  return ending(text.substr(0, end), kNear);
}

/// 「5000円」「2026年」: what is counted or dated.
bool is_counted(std::string_view after) {
  static const RE2 kUnit(
      "^(?:[,.]|円|年|ヶ?月|日|時|分|秒|個|件|名|人|回|度|%|パーセント|万|億|兆|千|百|十|点|泊|本|台|枚|冊|"
      "キロ|グラム|メートル|リットル|センチ|歳|才|階|倍|ポイント|ドル|ユーロ|kg|km|cm|mm|ml|mb|gb|kw|~|〜|/"
      "|:)");
  return speaks_of(after, kUnit);
}

bool is_phone_number(const std::string& digits, bool international) {
  if (international) return digits.size() >= 10;
  return digits[0] == '0' && (digits.size() == 10 || digits.size() == 11);
}

PersonalDetail kind_of(const DigitRun& run, std::string_view text, std::string_view before) {
  static const RE2 kPhone("電話|携帯|スマホ|つながる番号|連絡先");
  static const RE2 kCard("カード");
  static const RE2 kPost("〒|郵便番号");
  const std::size_t length = run.digits.size();
  const auto spoken_of = [&](const RE2& subject) {
    return speaks_of(near(text, run.begin), subject) || (run.begin == 0 && speaks_of(before, subject));
  };
  if (is_phone_number(run.digits, text.substr(0, run.begin).ends_with("+")))
    return PersonalDetail::phone_number;
  if (length >= 14 && length <= 16) return PersonalDetail::card_number;
  if (length == kPostalCode && spoken_of(kPost)) return PersonalDetail::address;
  if (spoken_of(kCard)) return PersonalDetail::card_number;
  if (length >= kFewestOfPhone && spoken_of(kPhone)) return PersonalDetail::phone_number;
  return PersonalDetail::other_number;
}

}  // namespace

std::vector<FoundDetail> find_numbers(std::string_view text, std::string_view before) {
  static const RE2 kNumber("番号|電話|携帯|カード|コード|〒|桁");
  std::vector<FoundDetail> found;
  for (const auto& run : find_digit_runs(text)) {
    const bool asked = speaks_of(before, kNumber) || speaks_of(near(text, run.begin), kNumber);
    if (run.digits.size() < (asked ? kFewestAsked : kFewest)) continue;
    if (run.digits.size() <= kMostCounted && is_counted(text.substr(run.end))) continue;
    found.push_back({kind_of(run, text, before), run.begin, run.end});
  }
  return found;
}

}  // namespace guardian::redaction
