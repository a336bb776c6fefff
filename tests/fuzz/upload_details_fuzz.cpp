// Any fields told of a recording, one "name=value" a line: details or an error. Details that were believed
// stay the same through the fields that the database keeps.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "archive/upload_details.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  guardian::archive::DetailFields fields;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    const auto line = text.substr(begin, end - begin);
    const auto equals = std::min(line.find('='), line.size());
    fields[std::string(line.substr(0, equals))] = line.substr(std::min(equals + 1, line.size()));
    begin = end + 1;
  }
  const auto details = guardian::archive::parse_details(fields);
  if (!details) {
    if (details.error().what.en.empty()) std::abort();
    return 0;
  }
  const auto kept = guardian::archive::fields_of(*details);
  const auto again = guardian::archive::parse_details(kept);
  if (!again || guardian::archive::fields_of(*again) != kept) std::abort();
  return 0;
}
