#include "base/digest.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <type_traits>

namespace guardian {

static_assert(std::is_trivially_copyable_v<crypto_hash_sha256_state>);

void Sha256::add(std::string_view bytes) {
  crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

std::string Sha256::hex() const {
  auto state = state_;
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256_final(&state, digest.data());
  std::string hex;
  for (const unsigned char byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

std::string Sha256::state() const { return {reinterpret_cast<const char*>(&state_), sizeof state_}; }

Result<Sha256> Sha256::from_state(std::string_view state) {
  Sha256 sum;
  if (state.size() != sizeof sum.state_)
    return fail(Error::Kind::damaged, "sha256",
                {"ハッシュの途中の値が壊れています", "the state of a hash is damaged"},
                {"最初からやり直してください", "Start again from the beginning"});
  std::memcpy(&sum.state_, state.data(), state.size());
  return sum;
}

}  // namespace guardian
