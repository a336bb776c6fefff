// server/rate_limit.h - how often somebody may ask: a token bucket per name.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/config.h"

namespace guardian::server {

/// Safe to use from several threads. Remembers at most 100,000 names, those with the fullest buckets going
/// first.
class RateLimiter {
 public:
  using Clock = std::chrono::steady_clock;
  explicit RateLimiter(Rate rate) : rate_(rate) {}

  /// Takes one token. If there is none: seconds to wait, at least 1.
  std::optional<int> take(const std::string& name, Clock::time_point now = Clock::now());

 private:
  struct Bucket {
    double tokens;
    Clock::time_point filled;
  };
  double tokens_at(const Bucket& bucket, Clock::time_point now) const;
  void forget_full(Clock::time_point now);

  Rate rate_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
};

/// What an address is counted by: itself, or for IPv6 the network (/64) that one customer of a provider has.
std::string network_of(std::string_view address);

}  // namespace guardian::server
