// Any bytes as a rule file: either rules or an error with a reason, never a crash or a hang.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto rules = guardian::policy::parse_rules(text, "fuzz.yaml");
  if (!rules && rules.error().what.en.empty()) std::abort();
  return 0;
}
