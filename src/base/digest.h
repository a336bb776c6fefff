// base/digest.h - a SHA-256 that grows with what passes by, and can be put away and taken up again.
#pragma once

#include <sodium.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace guardian {

class Sha256 {
 public:
  Sha256() { crypto_hash_sha256_init(&state_); }

  void add(std::string_view bytes);
  /// Of everything so far, in lower-case hexadecimal; adding may go on.
  std::string hex() const;

  /// All that is needed to go on elsewhere. It tells up to 64 bytes of the content: seal it.
  std::string state() const;
  /// Errors: damaged, if it is not what `state` gave on this kind of machine.
  static Result<Sha256> from_state(std::string_view state);

 private:
  crypto_hash_sha256_state state_{};
};

}  // namespace guardian
