// redaction/names.h - names of persons: those of the dictionary, and whatever is said where a name is said.
#pragma once

#include <string_view>
#include <vector>

#include "base/morphology.h"
#include "redaction/personal_detail.h"

namespace guardian::redaction {

/// `text` and `before` are in the form of base/text.h's normalize(), `words` are those of `text`. Titles
/// (「さん」「様」) are left, for they are no secret and tell who is meant.
std::vector<FoundDetail> find_names(std::string_view text, std::string_view before,
                                    const std::vector<Morpheme>& words);

}  // namespace guardian::redaction
