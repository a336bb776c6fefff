// Any bytes as a JSON and as a CSV sidecar: fields that an upload takes, or an error that says something.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "intake/sidecar.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto fields = guardian::intake::read_json_sidecar(text, "x.json", "+09:00");
  if (fields ? !guardian::archive::parse_details(*fields) : fields.error().what.en.empty()) std::abort();
  const auto table = guardian::intake::read_csv_sidecar(text, "x.csv", "+09:00");
  if (!table && table.error().what.en.empty()) std::abort();
  if (table)
    for (const auto& [file, line] : *table)
      if (file.empty() || file.find('/') != std::string::npos || !guardian::archive::parse_details(line))
        std::abort();
  return 0;
}
