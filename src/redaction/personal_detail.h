// redaction/personal_detail.h - the kinds of personal details that are found in what people say, and what
// stands in their place.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace guardian::redaction {

enum class PersonalDetail {
  name,
  phone_number,
  address,       ///< also a postal code
  card_number,   ///< of a credit or debit card
  mail_address,  ///< e-mail
  birthday,
  other_number,  ///< customer, order, account and other numbers that lead to one person
};

/// Where a detail lies: a byte range on character borders, never empty.
struct FoundDetail {
  PersonalDetail kind = PersonalDetail::name;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// What is written instead, e.g. 「[氏名]」.
std::string_view placeholder(PersonalDetail kind);

}  // namespace guardian::redaction
