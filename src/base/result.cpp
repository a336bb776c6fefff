#include "base/result.h"

#include "base/text.h"

namespace guardian {

std::string describe(const Error& error, Language language) {
  std::string line = printable(error.subject);
  if (!line.empty()) line += ": ";
  line += error.what.in(language);
  if (!error.remedy.in(language).empty())
    line += (language == Language::japanese ? "。" : ". ") + error.remedy.in(language);
  return line;
}

}  // namespace guardian
