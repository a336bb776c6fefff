#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "usage/metering.h"

namespace guardian::usage {
namespace {

constexpr double kLongest_s = 7.0 * 24 * 3600;
constexpr double kSecondsPerMinute = 60.0;

struct Density {
  std::string_view ending;
  std::string_view media_type;
  double bytes_per_s;
};

/// What telephone recorders commonly write: the low end, so that the guess is rather too long than too short.
constexpr std::array<Density, 12> kDensities = {{{"wav", "audio/wav", 8'000},  // mu-law, one channel
                                                 {"wave", "audio/x-wav", 8'000},
                                                 {"mp3", "audio/mpeg", 4'000},  // 32 kbit/s
                                                 {"m4a", "audio/mp4", 4'000},
                                                 {"aac", "audio/aac", 4'000},
                                                 {"ogg", "audio/ogg", 2'000},  // Opus, 16 kbit/s
                                                 {"opus", "audio/opus", 2'000},
                                                 {"webm", "audio/webm", 2'000},
                                                 {"flac", "audio/flac", 8'000},
                                                 {"mp4", "video/mp4", 32'000},
                                                 {"mov", "video/quicktime", 64'000},
                                                 {"mkv", "video/x-matroska", 32'000}}};
constexpr double kUnknownDensity = 2'000;

double bytes_per_second(std::string type) {
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (type.starts_with('.')) type.erase(0, 1);
  const auto* const found = std::find_if(kDensities.begin(), kDensities.end(), [&](const Density& one) {
    return type == one.ending || type == one.media_type;
  });
  return found == kDensities.end() ? kUnknownDensity : found->bytes_per_s;
}

}  // namespace

Result<Estimate> estimate(const Upload& upload) {
  if (upload.duration_s) {
    if (!std::isfinite(*upload.duration_s) || *upload.duration_s < 0 || *upload.duration_s > kLongest_s)
      return fail(Error::Kind::usage, "duration_s",
                  {"長さは 0 秒から 1 週間までにしてください", "a length must be from 0 seconds to a week"},
                  {"入力を直してください", "Correct the input"});
    return Estimate{static_cast<std::int64_t>(std::ceil(*upload.duration_s)),
                    false,
                    {"申告された長さから。60 秒を超える無音は解析後に差し引かれます",
                     "From the length as told. Silence over 60 s is taken off after the analysis"}};
  }
  if (upload.bytes == 0)
    return fail(Error::Kind::usage, "bytes",
                {"長さも大きさも分かりません", "neither length nor size is known"},
                {"duration_s か bytes を入れてください", "Tell duration_s or bytes"});
  const double density = bytes_per_second(upload.type);
  const double seconds = std::min(std::ceil(static_cast<double>(upload.bytes) / density), kLongest_s);
  const double kilobits = density * 8 / 1000;
  return Estimate{
      static_cast<std::int64_t>(seconds),
      true,
      {fmt::format("大きさから {:.0f} kbit/s と仮定した長めの見積もりです ({:.0f} 分)", kilobits,
                   std::ceil(seconds / kSecondsPerMinute)),
       fmt::format("A guess on the long side from the size, assuming {:.0f} kbit/s ({:.0f} minutes)",
                   kilobits, std::ceil(seconds / kSecondsPerMinute))}};
}

}  // namespace guardian::usage
