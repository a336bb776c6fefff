#include "policy/pattern.h"

#include <re2/re2.h>

#include "base/yaml_guard.h"

namespace guardian::policy {
namespace {

constexpr std::int64_t kMaximumMemory = 1 << 20;

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

Pattern::Pattern(const std::string& expression, int line) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaximumMemory);
  options.set_case_sensitive(false);
  auto compiled = std::make_shared<const re2::RE2>(expression, options);
  if (!compiled->ok())
    throw YamlMistake{line,
                      {"正規表現が不正です: " + compiled->error(), "bad expression: " + compiled->error()}};
  if (re2::RE2::FullMatch("", *compiled))
    throw YamlMistake{line,
                      {"空の文字列に一致します: " + expression, "matches the empty text: " + expression}};
  expression_ = std::move(compiled);
}

std::vector<Match> Pattern::find_all(std::string_view text) const {
  std::vector<Match> matches;
  re2::StringPiece found;
  for (std::size_t from = 0;
       expression_->Match(piece(text), from, text.size(), re2::RE2::UNANCHORED, &found, 1);) {
    const auto begin = static_cast<std::size_t>(found.data() - text.data());
    if (found.empty()) break;
    matches.push_back({begin, begin + found.size()});
    from = begin + found.size();
  }
  return matches;
}

bool Pattern::matches_within(std::string_view text) const {
  return re2::RE2::PartialMatch(piece(text), *expression_);
}

bool Pattern::matches_at_start(std::string_view text) const {
  return expression_->Match(piece(text), 0, text.size(), re2::RE2::ANCHOR_START, nullptr, 0);
}

bool Pattern::matches_at_end(std::string_view text) const {
  re2::StringPiece found;
  for (std::size_t from = 0;
       expression_->Match(piece(text), from, text.size(), re2::RE2::UNANCHORED, &found, 1);) {
    const auto end = static_cast<std::size_t>(found.data() - text.data()) + found.size();
    if (end == text.size()) return true;
    if (found.empty()) return false;
    from = end;
  }
  return false;
}

}  // namespace guardian::policy
