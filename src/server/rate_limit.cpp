#include "server/rate_limit.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace guardian::server {
namespace {

constexpr std::size_t kNames = 100'000;
constexpr double kSecondsPerMinute = 60.0;
constexpr std::size_t kNetworkBytes = 8;  // of an IPv6 address

}  // namespace

double RateLimiter::tokens_at(const Bucket& bucket, Clock::time_point now) const {
  const double seconds = std::chrono::duration<double>(now - bucket.filled).count();
  return std::min<double>(rate_.burst, bucket.tokens + seconds * rate_.per_minute / kSecondsPerMinute);
}

std::optional<int> RateLimiter::take(const std::string& name, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (buckets_.size() >= kNames) forget_full(now);
  auto& bucket = buckets_.try_emplace(name, Bucket{static_cast<double>(rate_.burst), now}).first->second;
  bucket = {tokens_at(bucket, now), now};
  if (bucket.tokens < 1.0)
    return std::max(
        1, static_cast<int>(std::ceil((1.0 - bucket.tokens) * kSecondsPerMinute / rate_.per_minute)));
  bucket.tokens -= 1.0;
  return std::nullopt;
}

/// A full bucket says nothing that a new one would not say. Where none is full (an attack from very many
/// addresses) all start anew, which lets each have one more burst.
void RateLimiter::forget_full(Clock::time_point now) {
  std::erase_if(buckets_, [&](const auto& entry) { return tokens_at(entry.second, now) >= rate_.burst; });
  if (buckets_.size() >= kNames) buckets_.clear();
}

std::string network_of(std::string_view address) {
  std::string text(address);
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  return {reinterpret_cast<const char*>(bytes.data()), kNetworkBytes};
}

}  // namespace guardian::server
