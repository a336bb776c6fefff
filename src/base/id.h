// base/id.h - names for new things, and the wall clock as the store keeps it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace guardian {

/// A UUID version 7 (RFC 9562, section 6.2, method 3): 60 bits of time, 62 random ones. Every id of a process
/// sorts after the ones it made before (unless the clock is set back between two runs); nobody can guess one.
/// Lower case with hyphens, 36 characters. Safe to call from several threads.
std::string make_id();

/// True for what `make_id` makes; a path or a query built from an id is safe if this holds.
bool is_id(std::string_view text);

/// `bytes` random bytes in URL-safe base64 without padding: for tokens and links.
std::string make_secret(std::size_t bytes);

/// Milliseconds since 1970 in UTC.
std::int64_t now_ms();

constexpr std::int64_t kDay_ms = 24LL * 3600 * 1000;

}  // namespace guardian
