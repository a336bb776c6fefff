#include "base/id.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>

#include "base/file.h"

namespace guardian {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

bool is_hyphen_place(std::size_t place) { return place == 8 || place == 13 || place == 18 || place == 23; }

/// 48 bits of milliseconds, then 12 of 1/4096 ms; never twice the same, never less than before.
std::uint64_t next_time() {
  using std::chrono::nanoseconds;
  static std::atomic<std::uint64_t> last{0};
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const auto ns = static_cast<std::uint64_t>(std::chrono::duration_cast<nanoseconds>(since).count());
  const std::uint64_t now = ((ns / 1'000'000) << 12U) | ((ns % 1'000'000) * 4096 / 1'000'000);
  std::uint64_t before = last.load();
  std::uint64_t next = 0;
  do {
    next = std::max(now, before + 1);
  } while (!last.compare_exchange_weak(before, next));
  return next;
}

}  // namespace

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string make_id() {
  std::array<unsigned char, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  const auto time = next_time();
  for (unsigned i = 0; i < 6; ++i) bytes[i] = static_cast<unsigned char>((time >> (52U - 8U * i)) & 0xFFU);
  bytes[6] = static_cast<unsigned char>(((time >> 8U) & 0x0FU) | 0x70U);
  bytes[7] = static_cast<unsigned char>(time & 0xFFU);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
  std::string text;
  for (const unsigned char byte : bytes) {
    if (is_hyphen_place(text.size())) text += '-';
    text += kHex[byte >> 4U];
    text += kHex[byte & 0x0FU];
  }
  return text;
}

bool is_id(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (is_hyphen_place(i) ? text[i] != '-' : kHex.find(text[i]) == std::string_view::npos) return false;
  return true;
}

std::string make_secret(std::size_t bytes) {
  std::string random(bytes, '\0');
  randombytes_buf(random.data(), random.size());
  return base64url(random);
}

}  // namespace guardian
