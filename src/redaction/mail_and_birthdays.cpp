#include "redaction/mail_and_birthdays.h"

#include <string>

#include "redaction/matching.h"

namespace guardian::redaction {
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
  return find_all(text, speaks_of(text, kAsked) || speaks_of(before, kAsked) ? kAnyDate : kOldDate,
                  PersonalDetail::birthday);
}

}  // namespace guardian::redaction
