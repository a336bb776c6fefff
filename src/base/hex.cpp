#include "base/hex.h"

#include <sodium.h>

namespace guardian {

std::string to_hex(std::string_view bytes) {
  std::string hex((bytes.size() * 2) + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  hex.pop_back();  // the terminating zero
  return hex;
}

std::optional<std::string> from_hex(std::string_view hex) {
  std::string bytes(hex.size() / 2, '\0');
  std::size_t written = 0;
  const bool read = sodium_hex2bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), hex.data(),
                                   hex.size(), nullptr, &written, nullptr) == 0;
  if (!read || written * 2 != hex.size()) return std::nullopt;
  return bytes;
}

}  // namespace guardian
