#include "redaction/matching.h"

namespace guardian::redaction {

bool speaks_of(std::string_view words, const RE2& subject) {
  return RE2::PartialMatch({words.data(), words.size()}, subject);
}

FoundDetail detail_at(std::string_view text, const re2::StringPiece& group, PersonalDetail kind) {
  const auto begin = static_cast<std::size_t>(group.data() - text.data());
  return {kind, begin, begin + group.size()};
}

std::vector<FoundDetail> find_all(std::string_view text, const RE2& expression, PersonalDetail kind) {
  std::vector<FoundDetail> found;
  re2::StringPiece rest(text.data(), text.size());
  for (re2::StringPiece match; RE2::FindAndConsume(&rest, expression, &match);)
    if (!match.empty()) found.push_back(detail_at(text, match, kind));
  return found;
}

}  // namespace guardian::redaction
