// base/clock.h - instants as text.
#pragma once

#include <chrono>
#include <string>

namespace guardian {

/// RFC 3339 in UTC with seconds, e.g. 2026-11-24T03:04:05Z.
std::string format_utc(std::chrono::system_clock::time_point instant);

/// 65.25 -> "1:05", 3725.0 -> "1:02:05". For people.
std::string format_position(double seconds);

/// Seconds rounded to the millisecond, the precision of every time in a report.
double to_milliseconds(double seconds);

}  // namespace guardian
