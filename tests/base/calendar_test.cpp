#include "base/calendar.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace guardian {
namespace {

std::int64_t at(const char* text) {
  return std::chrono::milliseconds(parse_rfc3339(text)->instant.time_since_epoch()).count();
}

std::string day_in(const char* zone, const char* text) {
  return format_day(TimeZone::named(zone)->day_at(at(text)));
}

TEST(ADay, BeginsAtThePlacesOwnMidnight) {
  EXPECT_EQ(day_in("Asia/Tokyo", "2026-11-30T14:59:59Z"), "2026-11-30");
  EXPECT_EQ(day_in("Asia/Tokyo", "2026-11-30T15:00:00Z"), "2026-12-01");
  EXPECT_EQ(day_in("America/New_York", "2026-12-01T04:59:59Z"), "2026-11-30");
  EXPECT_EQ(day_in("UTC", "2026-12-01T00:00:00Z"), "2026-12-01");
}

TEST(ADay, FollowsLeapYearsAndSummerTime) {
  EXPECT_EQ(day_in("Asia/Tokyo", "2028-02-28T15:00:00Z"), "2028-02-29");
  EXPECT_EQ(day_in("Asia/Tokyo", "2027-02-28T15:00:00Z"), "2027-03-01");
  EXPECT_EQ(day_in("Asia/Tokyo", "2100-02-28T15:00:00Z"), "2100-03-01");
  EXPECT_EQ(day_in("Europe/Berlin", "2026-07-01T22:00:00Z"), "2026-07-02");
  EXPECT_EQ(day_in("Europe/Berlin", "2026-12-01T22:30:00Z"), "2026-12-01");
}

TEST(ADay, StartsAtItsFirstInstantEvenWhereMidnightIsSkipped) {
  for (const char* zone : {"Asia/Tokyo", "America/New_York", "Europe/Berlin", "America/Santiago",
                           "Africa/Cairo", "Pacific/Kiritimati", "Asia/Kathmandu"}) {
    const auto there = TimeZone::named(zone);
    ASSERT_TRUE(there) << zone;
    for (auto day = *parse_day("2026-01-01"); day < *parse_day("2027-01-01"); day += std::chrono::days(1)) {
      const auto start = there->start_of(day);
      EXPECT_EQ(there->day_at(start), day) << zone << format_day(day);
      EXPECT_LT(there->day_at(start - 1), day) << zone << format_day(day);
    }
  }
}

TEST(AMonth, HasItsOwnBorders) {
  const auto tokyo = TimeZone::named("Asia/Tokyo");
  EXPECT_EQ(tokyo->start_of(*parse_month("2028-03")) - tokyo->start_of(*parse_month("2028-02")),
            29LL * 24 * 3600 * 1000);
  EXPECT_EQ(format_month(*parse_month("2026-12") + std::chrono::months(1)), "2027-01");
  EXPECT_EQ(tokyo->start_of(*parse_month("2026-12")), at("2026-11-30T15:00:00Z"));
}

TEST(DaysAndMonths, OfOutsidersAreChecked) {
  for (const char* text : {"", "2026-13-01", "2026-02-29", "2026-2-01", "2026-02-01T00:00:00Z", "aaaa-bb-cc"})
    EXPECT_FALSE(parse_day(text)) << text;
  for (const char* text : {"", "2026-00", "2026-1", "2026-011", "26-01"})
    EXPECT_FALSE(parse_month(text)) << text;
  for (const char* name : {"", "Tokyo", "Asia/Nowhere", "GMT+9:99", "../../etc/passwd", "Etc/Unknown"})
    EXPECT_EQ(TimeZone::named(name).error().kind, Error::Kind::usage) << name;
  EXPECT_FALSE(TimeZone::named(std::string(5000, 'A') + "/B"));
}

}  // namespace
}  // namespace guardian
