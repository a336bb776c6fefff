#include "server/rate_limit.h"

#include <gmock/gmock.h>

namespace guardian::server {
namespace {

using testing::Eq;
using testing::Optional;

TEST(ARateLimiter, LetsABurstThroughAndThenItsRate) {
  RateLimiter limiter(Rate{30.0, 3});
  const auto start = RateLimiter::Clock::now();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limiter.take("a", start), std::nullopt);
  EXPECT_THAT(limiter.take("a", start), Optional(Eq(2)));
  EXPECT_EQ(limiter.take("b", start), std::nullopt);
  EXPECT_EQ(limiter.take("a", start + std::chrono::seconds(2)), std::nullopt);
  EXPECT_THAT(limiter.take("a", start + std::chrono::seconds(2)), Optional(Eq(2)));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limiter.take("a", start + std::chrono::hours(1)), std::nullopt);
  EXPECT_TRUE(limiter.take("a", start + std::chrono::hours(1)));
}

TEST(ARateLimiter, ForgetsNobodyWhoIsBeingLimited) {
  RateLimiter limiter(Rate{1.0, 1});
  const auto start = RateLimiter::Clock::now();
  for (int i = 0; i < 99'999; ++i) limiter.take(std::to_string(i), start);
  const auto later = start + std::chrono::minutes(2);
  EXPECT_EQ(limiter.take("attacker", later), std::nullopt);
  for (int i = 0; i < 10; ++i) limiter.take("new " + std::to_string(i), later);
  EXPECT_TRUE(limiter.take("attacker", later));
}

TEST(AnAddress, IsCountedByItsNetwork) {
  EXPECT_EQ(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:2:ffff::9"));
  EXPECT_NE(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:3::1"));
  EXPECT_NE(network_of("192.0.2.1"), network_of("192.0.2.2"));
}

}  // namespace
}  // namespace guardian::server
