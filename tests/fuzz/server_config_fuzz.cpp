// Any bytes as guardian.yaml: a configuration or mistakes with reasons, never a crash or a hang.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto checked = guardian::server::check_config(text, "/nowhere/guardian.yaml");
  for (const auto& mistake : checked.mistakes)
    if (mistake.what.ja.empty() || mistake.what.en.empty()) std::abort();
  (void)guardian::server::describe_config(checked.config);
  return 0;
}
