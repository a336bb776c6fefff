#include "base/markup.h"

#include "base/file.h"
#include "base/hex.h"

namespace guardian {

std::string escape_markup(std::string_view text) {
  std::string escaped;
  for (const char c : text) switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  return escaped;
}

std::string policy_hash(std::string_view content) {
  return "'sha256-" + base64(*from_hex(sha256(content))) + "'";
}

}  // namespace guardian
