#include "base/clock.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <ctime>

namespace guardian {
namespace {

constexpr int kFirstYear = 1970;
constexpr int kLastYear = 9998;  // whose last leap second has four digits, too
constexpr int kMinutesPerHour = 60;

/// Reads a text of a fixed form from the left. Once something is not as expected, the rest is read in vain.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int number(std::size_t digits, int low, int high) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 10 + (one_of("0123456789") - '0');
    good_ = good_ && value >= low && value <= high;
    return good_ ? value : low;
  }

  /// The next character, which must be one of these.
  char one_of(std::string_view allowed) {
    good_ = good_ && next_is_one_of(allowed);
    if (!good_) return allowed.front();
    const char character = rest_.front();
    rest_.remove_prefix(1);
    return character;
  }

  bool next_is_one_of(std::string_view characters) const {
    return !rest_.empty() && characters.find(rest_.front()) != std::string_view::npos;
  }

  bool read_all() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

void skip_fraction(Scanner& scanner) {
  if (!scanner.next_is_one_of(".")) return;
  scanner.one_of(".");
  do scanner.number(1, 0, 9);
  while (scanner.next_is_one_of("0123456789"));
}

std::chrono::minutes read_offset(Scanner& scanner) {
  const char sign = scanner.one_of("Zz+-");
  if (sign == 'Z' || sign == 'z') return {};
  const int hours = scanner.number(2, 0, 23);
  scanner.one_of(":");
  const int minutes = hours * kMinutesPerHour + scanner.number(2, 0, kMinutesPerHour - 1);
  return std::chrono::minutes(sign == '-' ? -minutes : minutes);
}

std::tm on_the_wall(const Moment& moment) {
  // Not through system_clock, whose nanoseconds end in 2262.
  return fmt::gmtime(static_cast<std::time_t>((moment.instant + moment.offset).time_since_epoch().count()));
}

std::string format_offset(std::chrono::minutes offset) {
  const auto minutes = std::abs(offset.count());
  return fmt::format("{}{:02}:{:02}", offset.count() < 0 ? '-' : '+', minutes / kMinutesPerHour,
                     minutes % kMinutesPerHour);
}

}  // namespace

std::optional<Moment> parse_rfc3339(std::string_view text) {
  Scanner scanner(text);
  const std::chrono::year year(scanner.number(4, kFirstYear, kLastYear));
  scanner.one_of("-");
  const std::chrono::month month(static_cast<unsigned>(scanner.number(2, 1, 12)));
  scanner.one_of("-");
  const std::chrono::day day(static_cast<unsigned>(scanner.number(2, 1, 31)));
  scanner.one_of("Tt ");
  const std::chrono::hours hours(scanner.number(2, 0, 23));
  scanner.one_of(":");
  const std::chrono::minutes minutes(scanner.number(2, 0, 59));
  scanner.one_of(":");
  const std::chrono::seconds seconds(scanner.number(2, 0, 60));  // 60: a leap second
  skip_fraction(scanner);
  const auto offset = read_offset(scanner);
  const auto date = year / month / day;
  if (!scanner.read_all() || !date.ok()) return std::nullopt;
  return Moment{std::chrono::sys_days(date) + hours + minutes + seconds - offset, offset};
}

std::string format_rfc3339(const Moment& moment) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}{}", on_the_wall(moment),
                     moment.offset.count() == 0 ? "Z" : format_offset(moment.offset));
}

std::string format_day_and_time(const Moment& moment) {
  return fmt::format("{:%Y-%m-%d %H:%M} {}", on_the_wall(moment), format_offset(moment.offset));
}

std::string format_utc(std::chrono::system_clock::time_point instant) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(instant)));
}

std::string format_position(double seconds) {
  const auto total = static_cast<long>(seconds);
  if (total >= 3600) return fmt::format("{}:{:02}:{:02}", total / 3600, total / 60 % 60, total % 60);
  return fmt::format("{}:{:02}", total / 60, total % 60);
}

double to_milliseconds(double seconds) { return std::round(seconds * 1000.0) / 1000.0; }

}  // namespace guardian
