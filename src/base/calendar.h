// base/calendar.h - days and months as people in a place count them: instants are kept in UTC, but a month of
// minutes or a day of work begins at somebody's midnight.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace guardian {

/// A day on a calendar, wherever that calendar hangs.
using Day = std::chrono::local_days;
using Month = std::chrono::year_month;

/// "2026-11-25". Years 1970 to 9999.
std::string format_day(Day day);
/// Empty if malformed or no such day.
std::optional<Day> parse_day(std::string_view text);
/// "2026-11".
std::string format_month(Month month);
std::optional<Month> parse_month(std::string_view text);
Month month_of(Day day);
Day first_day_of(Month month);

/// An entry of the IANA time zone database, with its changes between summer and winter. Unchanging; safe to
/// use from several threads.
class TimeZone {
 public:
  /// E.g. "Asia/Tokyo". Errors: usage, for a name that is not in the database.
  static Result<TimeZone> named(const std::string& name);
  TimeZone(TimeZone&&) noexcept;
  TimeZone& operator=(TimeZone&&) noexcept;
  ~TimeZone();

  /// As it was asked for.
  std::string name() const;
  /// The day it is there at an instant. Milliseconds since 1970 in UTC, here and below.
  Day day_at(std::int64_t ms) const;
  /// The first instant of a day; where midnight is skipped, the moment after the gap.
  std::int64_t start_of(Day day) const;
  /// The first instant of a month.
  std::int64_t start_of(Month month) const { return start_of(first_day_of(month)); }
  /// What clocks there show more than UTC at an instant.
  std::chrono::minutes offset_at(std::int64_t ms) const;
  /// Minutes that those clocks show since midnight.
  std::chrono::minutes time_of_day_at(std::int64_t ms) const;

 private:
  struct Impl;
  explicit TimeZone(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace guardian
