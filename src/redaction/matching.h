// redaction/matching.h - what the finders of redaction/ share: expressions over a text, details out.
#pragma once

#include <re2/re2.h>

#include <string_view>
#include <vector>

#include "redaction/personal_detail.h"

namespace guardian::redaction {

/// True if the expression is found in the words.
bool speaks_of(std::string_view words, const RE2& subject);

/// `group` is part of `text`.
FoundDetail detail_at(std::string_view text, const re2::StringPiece& group, PersonalDetail kind);

/// Every match of the expression's first group; empty ones are left out.
std::vector<FoundDetail> find_all(std::string_view text, const RE2& expression, PersonalDetail kind);

}  // namespace guardian::redaction
