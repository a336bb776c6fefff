// redaction/addresses.h - where somebody lives. A town alone stays; a block, a house or a room goes, and with
// it the town before it.
#pragma once

#include <string_view>
#include <vector>

#include "base/morphology.h"
#include "redaction/personal_detail.h"

namespace guardian::redaction {

/// `text` and `before` are in the form of base/text.h's normalize(), `words` are those of `text`. Where the
/// talk is of an address, a town alone goes too.
std::vector<FoundDetail> find_addresses(std::string_view text, std::string_view before,
                                        const std::vector<Morpheme>& words);

}  // namespace guardian::redaction
