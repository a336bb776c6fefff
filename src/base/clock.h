// base/clock.h - instants as text.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace guardian {

/// RFC 3339 in UTC with seconds, e.g. 2026-11-24T03:04:05Z.
std::string format_utc(std::chrono::system_clock::time_point instant);

/// An instant, and what the clock on the wall showed then.
struct Moment {
  std::chrono::sys_seconds instant;
  std::chrono::minutes offset{0};  ///< of that clock from UTC
};

/// RFC 3339 of the years 1970 to 9998, with Z or an offset; fractions of a second are dropped. Empty if
/// malformed.
std::optional<Moment> parse_rfc3339(std::string_view text);

/// "2026-11-24T12:04:05+09:00"; with Z where the offset is 0.
std::string format_rfc3339(const Moment& moment);

/// "2026-11-24 12:04 +09:00". For people.
std::string format_day_and_time(const Moment& moment);

/// 65.25 -> "1:05", 3725.0 -> "1:02:05". For people.
std::string format_position(double seconds);

/// Seconds rounded to the millisecond, the precision of every time in a report.
double to_milliseconds(double seconds);

}  // namespace guardian
