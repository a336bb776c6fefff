// Any words, in two parts at the first line break: what was said before, and what is redacted. What is found
// lies in order on characters' borders, the rest stays as it was, and no telephone number is left.
#include <re2/re2.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "redaction/redactor.h"

using guardian::redaction::placeholder;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto redactor = guardian::redaction::Redactor::load();
  static const RE2 kPhone("0[0-9]{9,10}");
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (!redactor || !guardian::is_utf8(input)) return 0;
  const auto line = std::min(input.find('\n'), input.size());
  const auto before = input.substr(0, line);
  const auto text = input.substr(std::min(line + 1, input.size()));
  const auto redaction = redactor->redact(text, before);
  std::string expected;
  std::size_t position = 0;
  for (const auto& detail : redaction.found) {
    if (detail.begin < position || detail.end <= detail.begin || detail.end > text.size()) std::abort();
    expected.append(text.substr(position, detail.begin - position)).append(placeholder(detail.kind));
    position = detail.end;
  }
  if (expected.append(text.substr(position)) != redaction.text || !guardian::is_utf8(redaction.text))
    std::abort();
  if (RE2::PartialMatch(guardian::normalize(redaction.text).text, kPhone)) std::abort();
  return 0;
}
