#include "base/sealing.h"

#include <sodium.h>

#include <algorithm>

namespace guardian {
namespace {

constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const unsigned char* as_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* as_bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

Key Key::random() {
  Key key;
  randombytes_buf(key.bytes_.data(), key.bytes_.size());
  return key;
}

Result<Key> Key::from_bytes(std::string_view bytes) {
  if (bytes.size() != kBytes)
    return fail(Error::Kind::damaged, "key", {"鍵は 32 バイトでなければなりません", "a key has 32 bytes"},
                {"正しい鍵を指定してください", "Name the right key"});
  Key key;
  std::copy(bytes.begin(), bytes.end(), key.bytes_.begin());
  return key;
}

Key::~Key() { sodium_memzero(bytes_.data(), bytes_.size()); }

std::string to_hex(const Key& key) {
  std::string hex(2 * Key::kBytes + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), key.data(), Key::kBytes);
  hex.pop_back();
  return hex;
}

std::optional<Key> key_from_hex(std::string_view hex) {
  std::string bytes(Key::kBytes, '\0');
  std::size_t written = 0;
  const bool good = hex.size() == 2 * Key::kBytes &&
                    sodium_hex2bin(as_bytes(bytes), bytes.size(), hex.data(), hex.size(), nullptr, &written,
                                   nullptr) == 0 &&
                    written == Key::kBytes;
  std::optional<Key> key;
  if (good) key = *Key::from_bytes(bytes);
  sodium_memzero(bytes.data(), bytes.size());
  return key;
}

std::string seal(const Key& key, std::string_view plain, std::string_view context) {
  std::string sealed(kNonce + plain.size() + kTag, '\0');
  randombytes_buf(sealed.data(), kNonce);
  unsigned long long written = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(as_bytes(sealed) + kNonce, &written, as_bytes(plain),
                                             plain.size(), as_bytes(context), context.size(), nullptr,
                                             as_bytes(sealed), key.data());
  return sealed;
}

Result<std::string> unseal(const Key& key, std::string_view sealed, std::string_view context) {
  const auto damaged = [] {
    return fail(Error::Kind::damaged, "sealed data",
                {"暗号化されたデータを開けません (鍵が違うか、書き換えられています)",
                 "sealed data cannot be opened: another key, or it was changed"},
                {"マスター鍵とバックアップを確かめてください", "Check the master key and your backups"});
  };
  if (sealed.size() < kNonce + kTag) return damaged();
  std::string plain(sealed.size() - kNonce - kTag, '\0');
  unsigned long long written = 0;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          as_bytes(plain), &written, nullptr, as_bytes(sealed) + kNonce, sealed.size() - kNonce,
          as_bytes(context), context.size(), as_bytes(sealed), key.data()) != 0)
    return damaged();
  return plain;
}

std::string keyed_hash(const Key& key, std::string_view text) {
  std::array<unsigned char, 16> hash{};
  crypto_generichash(hash.data(), hash.size(), as_bytes(text), text.size(), key.data(), Key::kBytes);
  std::string hex(hash.size() * 2 + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
  hex.pop_back();
  return hex;
}

Key derive(const Key& key, std::string_view purpose) {
  std::string bytes(Key::kBytes, '\0');
  crypto_generichash(as_bytes(bytes), bytes.size(), as_bytes(purpose), purpose.size(), key.data(),
                     Key::kBytes);
  auto derived = Key::from_bytes(bytes);
  sodium_memzero(bytes.data(), bytes.size());
  return *derived;
}

}  // namespace guardian
