// A key set on the first line, a token on the second: an identity or an error that says something.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "access/id_token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto end = std::min(text.find('\n'), text.size());
  const auto identity = guardian::access::check_id_token(text.substr(std::min(end + 1, text.size())),
                                                         text.substr(0, end), {"i", "c", "n", 1'800'000'000});
  if (identity ? identity->subject.empty() : identity.error().what.en.empty()) std::abort();
  return 0;
}
