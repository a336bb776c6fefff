// Any line as what the analysing child says, which has decoded a stranger's file: a message or an error. What
// is believed is said again in the same words.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "archive/work_messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto message = guardian::archive::parse_message(line);
  if (!message) {
    if (message.error().what.en.empty()) std::abort();
    return 0;
  }
  const auto said = guardian::archive::to_line(*message);
  const auto again = guardian::archive::parse_message(said);
  if (!again || guardian::archive::to_line(*again) != said) std::abort();
  return 0;
}
