// Any bytes as a model's manifest: either a manifest whose files stay in its folder, or an error with a
// reason.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "speech/model_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto manifest = guardian::speech::parse_manifest(text, "fuzz.json");
  if (!manifest) {
    if (manifest.error().what.en.empty()) std::abort();
    return 0;
  }
  const bool contained = std::all_of(manifest->files.begin(), manifest->files.end(), [](const auto& file) {
    return guardian::speech::is_plain_file_name(file.second);
  });
  if (!contained) std::abort();
  return 0;
}
