// redaction/mail_and_birthdays.h - e-mail addresses, written or spoken, and days of birth.
#pragma once

#include <string_view>
#include <vector>

#include "redaction/personal_detail.h"

namespace guardian::redaction {

/// 「taro@example.jp」「エム、アンダーバー、ケイ アットマーク」. `text` is in the form of base/text.h's
/// normalize().
std::vector<FoundDetail> find_mail_addresses(std::string_view text);

/// Dates that are somebody's birth: by 「生まれ」 or 「生年月日」 in either text, or by an era in which no
/// order was placed. `before` is what was said just before.
std::vector<FoundDetail> find_birthdays(std::string_view text, std::string_view before);

}  // namespace guardian::redaction
