// base/json_guard.h - parsing JSON from outside without being hurt by it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace guardian {

struct JsonLimits {
  std::size_t bytes = 64U << 20U;  ///< larger input is refused unread
  int depth = 32;                  ///< deeper nesting is refused while parsing
};

/// Parses one JSON document. `name` is what the error calls the input.
/// Errors: damaged, if it is too large, too deep, not UTF-8 or not JSON; the message gives the byte position.
Result<nlohmann::json> parse_json(std::string_view text, const std::string& name,
                                  const JsonLimits& limits = {});

}  // namespace guardian
