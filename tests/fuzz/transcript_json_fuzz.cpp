// Any bytes as a ready transcript: either utterances in order of time, numbered from 0, or an error with a
// reason.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "speech/transcript_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto transcript = guardian::speech::parse_transcript(text, "fuzz.json");
  if (!transcript) {
    if (transcript.error().what.en.empty()) std::abort();
    return 0;
  }
  double before_s = 0.0;
  int expected = 0;
  for (const auto& utterance : transcript->utterances) {
    if (utterance.index != expected++ || utterance.text.empty() || !guardian::is_utf8(utterance.text))
      std::abort();
    if (utterance.start_s < before_s || utterance.end_s < utterance.start_s) std::abort();
    before_s = utterance.start_s;
  }
  return 0;
}
