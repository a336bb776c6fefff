#include "base/calendar.h"

#include <fmt/format.h>
#include <unicode/timezone.h>
#include <unicode/ucal.h>
#include <unicode/unistr.h>

#include "base/clock.h"

namespace guardian {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::milliseconds;

constexpr std::size_t kLongestName = 64;  // the longest in the database has 32 characters
constexpr std::int64_t kMinute_ms = 60'000;
constexpr std::int64_t kFarthestOffset_ms = 26LL * 60 * kMinute_ms;  // no clock is so far from UTC

}  // namespace

std::string format_day(Day day) {
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::optional<Day> parse_day(std::string_view text) {
  constexpr std::size_t kLength = 10;  // so that a time behind the day is not read away
  if (text.size() != kLength) return std::nullopt;
  const auto moment = parse_rfc3339(std::string(text) + "T00:00:00Z");
  if (!moment) return std::nullopt;
  return Day(floor<days>(moment->instant).time_since_epoch());
}

std::string format_month(Month month) {
  return fmt::format("{:04}-{:02}", static_cast<int>(month.year()), static_cast<unsigned>(month.month()));
}

std::optional<Month> parse_month(std::string_view text) {
  const auto day = parse_day(std::string(text) + "-01");
  if (!day) return std::nullopt;
  return month_of(*day);
}

Month month_of(Day day) {
  const std::chrono::year_month_day date(day);
  return date.year() / date.month();
}

Day first_day_of(Month month) { return Day(month / std::chrono::day(1)); }

struct TimeZone::Impl {
  std::string name;
  std::unique_ptr<icu::TimeZone> zone;
};

TimeZone::TimeZone(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TimeZone::TimeZone(TimeZone&&) noexcept = default;
TimeZone& TimeZone::operator=(TimeZone&&) noexcept = default;
TimeZone::~TimeZone() = default;

Result<TimeZone> TimeZone::named(const std::string& name) {
  const auto unknown = fail(
      Error::Kind::usage, "time_zone", {"知らない時間帯です", "this time zone is not known"},
      {"Asia/Tokyo のような IANA の名前にしてください", "Use a name of the IANA database, e.g. Asia/Tokyo"});
  // ICU also takes "GMT+9:99" and the like; only what has a place in the database is asked for.
  if (name.size() > kLongestName || (name.find('/') == std::string::npos && name != "UTC")) return unknown;
  auto impl = std::make_unique<Impl>();
  impl->zone.reset(icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(name)));
  icu::UnicodeString found;
  if (!impl->zone || impl->zone->getID(found) == UCAL_UNKNOWN_ZONE_ID) return unknown;
  impl->name = name;
  return TimeZone(std::move(impl));
}

std::string TimeZone::name() const { return impl_->name; }

std::chrono::minutes TimeZone::time_of_day_at(std::int64_t ms) const {
  return std::chrono::minutes((ms / 60'000 + offset_at(ms).count()) % (24LL * 60));
}

std::chrono::minutes TimeZone::offset_at(std::int64_t ms) const {
  std::int32_t raw_ms = 0;
  std::int32_t summer_ms = 0;
  UErrorCode status = U_ZERO_ERROR;
  impl_->zone->getOffset(static_cast<UDate>(ms), 0, raw_ms, summer_ms, status);
  return std::chrono::minutes((raw_ms + summer_ms) / kMinute_ms);
}

Day TimeZone::day_at(std::int64_t ms) const { return Day(floor<days>(milliseconds(ms) + offset_at(ms))); }

std::int64_t TimeZone::start_of(Day day) const {
  const std::int64_t in_utc = milliseconds(day.time_since_epoch()).count();
  std::int64_t before = (in_utc - kFarthestOffset_ms) / kMinute_ms;
  std::int64_t after = (in_utc + kFarthestOffset_ms) / kMinute_ms;
  while (after - before > 1) {  // the day begins in (before, after]; clocks change on whole minutes
    const auto middle = before + (after - before) / 2;
    (day_at(middle * kMinute_ms) < day ? before : after) = middle;
  }
  return after * kMinute_ms;
}

}  // namespace guardian
