// policy/pattern.h - regular expressions from policy files, compiled with bounds.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace guardian::policy {

/// A byte range of the text that was searched.
struct Match {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// RE2 syntax: linear time on any input, so neither a policy nor a transcript can make the program hang.
class Pattern {
 public:
  /// Throws YamlMistake with `line` if the expression is wrong, needs more than 1 MiB or matches the empty
  /// text.
  Pattern(const std::string& expression, int line);

  /// All matches that do not overlap, in order.
  std::vector<Match> find_all(std::string_view text) const;
  bool matches_within(std::string_view text) const;
  bool matches_at_start(std::string_view text) const;
  bool matches_at_end(std::string_view text) const;

 private:
  std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace guardian::policy
