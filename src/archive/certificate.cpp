#include "archive/certificate.h"

#include <sodium.h>

#include <array>

#include "base/file.h"
#include "base/json_guard.h"

namespace guardian::archive {
namespace {

constexpr std::size_t kMostBytes = 1U << 20U;

using PublicKey = std::array<unsigned char, crypto_sign_PUBLICKEYBYTES>;
using Signature = std::array<unsigned char, crypto_sign_BYTES>;

/// Wiped when it goes.
struct Pair {
  explicit Pair(const Key& seed) {
    crypto_sign_seed_keypair(open.data(), secret.data(), seed.data());
    static_assert(crypto_sign_SEEDBYTES == Key::kBytes);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() { sodium_memzero(secret.data(), secret.size()); }

  PublicKey open{};
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret{};
};

template <class Bytes>
std::string hex_of(const Bytes& bytes) {
  std::string hex(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
  hex.pop_back();
  return hex;
}

template <class Bytes>
bool read_hex(const std::string& hex, Bytes& bytes) {
  std::size_t written = 0;
  return hex.size() == bytes.size() * 2 &&
         sodium_hex2bin(bytes.data(), bytes.size(), hex.data(), hex.size(), nullptr, &written, nullptr) ==
             0 &&
         written == bytes.size();
}

const unsigned char* as_bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// What is signed. nlohmann::json keeps its keys sorted.
std::string canonical(const nlohmann::json& statement) {
  return statement.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

tl::unexpected<Error> not_ours() {
  return fail(Error::Kind::damaged, "certificate",
              {"この鍵で署名された証明書ではないか、書き換えられています",
               "the certificate was not signed by this key, or it was changed"},
              {"証明書を取り直し、公開鍵を確かめてください", "Download it again and check the public key"});
}

}  // namespace

std::string public_key_of(const Key& seed) { return hex_of(Pair(seed).open); }

std::string sign_certificate(const Key& seed, nlohmann::json statement) {
  const Pair pair(seed);
  statement["public_key"] = hex_of(pair.open);
  const auto text = canonical(statement);
  Signature signature{};
  crypto_sign_detached(signature.data(), nullptr, as_bytes(text), text.size(), pair.secret.data());
  statement["signature"] = hex_of(signature);
  return statement.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Result<nlohmann::json> verify_certificate(std::string_view certificate, const std::string& public_key) {
  auto statement = parse_json(certificate, "certificate", {.bytes = kMostBytes, .depth = 8});
  if (!statement) return tl::unexpected<Error>(statement.error());
  PublicKey key{};
  Signature signature{};
  if (!statement->is_object() || !statement->contains("signature") ||
      !(*statement)["signature"].is_string() || !read_hex((*statement)["signature"], signature) ||
      !read_hex(public_key, key))
    return not_ours();
  statement->erase("signature");
  const auto text = canonical(*statement);
  if (crypto_sign_verify_detached(signature.data(), as_bytes(text), text.size(), key.data()) != 0)
    return not_ours();
  return std::move(*statement);
}

}  // namespace guardian::archive
