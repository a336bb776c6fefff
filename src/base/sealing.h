// base/sealing.h - making bytes unreadable without a key, and noticing when they were changed.
// libsodium does the work: XChaCha20-Poly1305 with a random nonce, BLAKE2b for keyed hashes.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace guardian {

/// A secret of 32 bytes. Wiped from memory when it goes.
class Key {
 public:
  static constexpr std::size_t kBytes = 32;

  static Key random();
  /// Errors: damaged, if it is not 32 bytes.
  static Result<Key> from_bytes(std::string_view bytes);
  Key(const Key&) = default;
  Key& operator=(const Key&) = default;
  ~Key();

  const unsigned char* data() const { return bytes_.data(); }
  std::string_view bytes() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

 private:
  Key() = default;
  std::array<unsigned char, kBytes> bytes_{};
};

/// 64 hexadecimal digits; wipe them after use.
std::string to_hex(const Key& key);
/// Empty for anything but 64 hexadecimal digits.
std::optional<Key> key_from_hex(std::string_view hex);

/// `plain`, readable again only with the same key and the same `context`: what it is and whose, so that a
/// sealed value cannot be moved to another place. 40 bytes longer than `plain`.
std::string seal(const Key& key, std::string_view plain, std::string_view context);

/// Errors: damaged, if the key or the context is another, or a byte was changed.
Result<std::string> unseal(const Key& key, std::string_view sealed, std::string_view context);

/// 32 hexadecimal digits that nobody can link to `text` without the key; the same text gives the same.
std::string keyed_hash(const Key& key, std::string_view text);

/// A key of its own for one purpose, from which `key` cannot be found.
Key derive(const Key& key, std::string_view purpose);

}  // namespace guardian
