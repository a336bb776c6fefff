// base/hex.h - bytes as hexadecimal digits and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace guardian {

/// In lower case.
std::string to_hex(std::string_view bytes);
/// Empty for anything but pairs of hexadecimal digits.
std::optional<std::string> from_hex(std::string_view hex);

}  // namespace guardian
