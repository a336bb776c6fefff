#include "report/srt.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/text.h"
#include "report/names.h"

namespace guardian::report {
namespace {

constexpr double kLongest = 100.0 * 3600.0 - 0.001;  ///< hours have two digits
constexpr double kShortestBlock = 0.1;               ///< players drop blocks without length

std::string timestamp(double time_s) {
  const double bounded = std::isfinite(time_s) ? std::clamp(time_s, 0.0, kLongest) : 0.0;
  const auto all = static_cast<std::int64_t>(std::llround(bounded * 1000.0));
  return fmt::format("{:02}:{:02}:{:02},{:03}", all / 3600000, all / 60000 % 60, all / 1000 % 60, all % 1000);
}

}  // namespace

std::string to_srt(const speech::Transcript& transcript, Language language) {
  std::string srt;
  int number = 0;
  for (const auto& utterance : transcript.utterances) {
    const double end_s = std::max(utterance.end_s, utterance.start_s + kShortestBlock);
    srt += fmt::format("{}\n{} --> {}\n{}: {}\n\n", ++number, timestamp(utterance.start_s), timestamp(end_s),
                       speaker_name(utterance.speaker, language), printable(utterance.text));
  }
  return srt;
}

}  // namespace guardian::report
