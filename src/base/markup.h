// base/markup.h - text inside HTML, and how a page's policy names what stands inside it.
#pragma once

#include <string>
#include <string_view>

namespace guardian {

/// With &, <, > and " as entities: neither a tag nor the end of an attribute.
std::string escape_markup(std::string_view text);

/// How a content security policy names an inline script or style: "'sha256-...'".
std::string policy_hash(std::string_view content);

}  // namespace guardian
