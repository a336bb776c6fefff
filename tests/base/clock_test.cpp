#include "base/clock.h"

#include <gtest/gtest.h>

namespace guardian {
namespace {

TEST(Rfc3339, IsReadWithItsOffsetAndWrittenAsItWas) {
  for (const char* text :
       {"2026-11-24T12:04:05+09:00", "2026-11-24T03:04:05Z", "2024-02-29T23:59:59-03:30"}) {
    const auto moment = parse_rfc3339(text);
    ASSERT_TRUE(moment) << text;
    EXPECT_EQ(format_rfc3339(*moment), text);
  }
}

TEST(Rfc3339, ReachesBeyondTheLifeOfNanoseconds) {
  for (const char* text : {"4066-11-25T12:00:00+09:00", "9998-12-31T23:59:59Z", "1970-01-01T00:00:00+14:00"})
    EXPECT_EQ(format_rfc3339(*parse_rfc3339(text)), text);
  EXPECT_FALSE(parse_rfc3339("9999-01-01T00:00:00Z"));
}

TEST(Rfc3339, TheSameInstantOnTwoClocksIsOneInstant) {
  const auto tokyo = parse_rfc3339("2026-11-25T02:04:05+09:00").value();
  const auto utc = parse_rfc3339("2026-11-24t17:04:05.987z").value();
  EXPECT_EQ(tokyo.instant, utc.instant);
  EXPECT_EQ(format_utc(tokyo.instant), "2026-11-24T17:04:05Z");
  EXPECT_EQ(format_day_and_time(tokyo), "2026-11-25 02:04 +09:00");
}

TEST(Rfc3339, RefusesWhatIsNoTimeOrHasNoOffset) {
  for (const char* text :
       {"", "2026-11-24", "2026-11-24T12:04:05", "2026-11-24T12:04Z", "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2026-11-24T24:00:00Z", "2026-11-24T12:60:00Z", "2026-11-24T12:04:05+9:00",
        "2026-11-24T12:04:05.Z", "2026-11-24T12:04:05Z ", "0000-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
        "２０２６-11-24T12:04:05Z", "99999-11-24T12:04:05Z", "2026-11-24T12:04:05+24:00"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

}  // namespace
}  // namespace guardian
