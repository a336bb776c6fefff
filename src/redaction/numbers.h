// redaction/numbers.h - telephone, card and other numbers that lead to a person. Amounts, dates and counts
// stay: they are what a complaint is about.
#pragma once

#include <string_view>
#include <vector>

#include "redaction/personal_detail.h"

namespace guardian::redaction {

/// `text` and `before` are in the form of base/text.h's normalize(); `before` is what was said just before.
std::vector<FoundDetail> find_numbers(std::string_view text, std::string_view before);

}  // namespace guardian::redaction
