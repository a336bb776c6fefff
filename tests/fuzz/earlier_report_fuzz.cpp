// Any bytes as an earlier report: either facts in their ranges that are harmless to show, or an error with a
// reason.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "report/earlier_report.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto report = guardian::report::parse_earlier_report(text, "fuzz.report.json");
  if (!report) {
    if (report.error().what.en.empty()) std::abort();
    return 0;
  }
  const auto& dealing = report->dealing;
  if (!guardian::is_utf8(dealing.name) || guardian::printable(dealing.name) != dealing.name) std::abort();
  if (dealing.score < 0 || dealing.score > 100) std::abort();
  if (!(dealing.duration_s >= 0.0) || !(dealing.counterpart_speech_s >= 0.0)) std::abort();
  return 0;
}
