#include "redaction/mail_and_birthdays.h"

#include <re2/re2.h>

#include <string>

namespace guardian::redaction {
namespace {

/// Every match of the expression's first group.
std::vector<FoundDetail> find_all(std::string_view text, const RE2& expression, PersonalDetail kind) {
  std::vector<FoundDetail> found;
  re2::StringPiece rest(text.data(), text.size());
  for (re2::StringPiece match; RE2::FindAndConsume(&rest, expression, &match);) {
    const auto begin = static_cast<std::size_t>(match.data() - text.data());
    if (!match.empty()) found.push_back({kind, begin, begin + match.size()});
  }
  return found;
}

}  // namespace

std::vector<FoundDetail> find_mail_addresses(std::string_view text) {
  // Spelt out, the letters come as 「エー、ビー」, so commas belong to it.
  static const RE2 kMail(
      "([a-z0-9._%+-]+@[a-z0-9.-]+|[a-z0-9._%+\\p{Katakana}ー、-]{1,60}アット(?:マーク)?[a-z0-9._\\p{"
      "Katakana}ー、-]*)");
  return find_all(text, kMail, PersonalDetail::mail_address);
}

std::vector<FoundDetail> find_birthdays(std::string_view text, std::string_view before) {
  static const std::string kNumber = "[0-9〇一二三四五六七八九十]{1,4}";
  static const std::string kMonthAndDay = kNumber + "月の?" + kNumber + "日";
  static const std::string kYear = "(?:西暦|明治|大正|昭和|平成|令和)?の?(?:" + kNumber + "|元)年の?";
  static const RE2 kAsked("生年月日|誕生日|お?生まれ");
  static const RE2 kAnyDate("((?:" + kYear + ")?" + kMonthAndDay + "|" + kYear +
                            "(?:生まれ)|(?:19|20)[0-9]{2}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{6,8})");
  static const RE2 kOldDate("((?:明治|大正|昭和)の?(?:" + kNumber + "|元)年の?" + kMonthAndDay + ")");
  const auto asked = [](std::string_view said) {
    return RE2::PartialMatch({said.data(), said.size()}, kAsked);
  };
  return find_all(text, asked(text) || asked(before) ? kAnyDate : kOldDate, PersonalDetail::birthday);
}

}  // namespace guardian::redaction
