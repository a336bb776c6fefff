// evaluation/alignment.h - what was said against what was written down: which piece became which.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace guardian::evaluation {

/// A position on each side; empty where the other side has one more.
struct AlignedPair {
  std::optional<std::size_t> said;
  std::optional<std::size_t> heard;
};

/// The alignment with the fewest edits, in order. Time and memory: product of both lengths.
std::vector<AlignedPair> align(const std::vector<std::string>& said, const std::vector<std::string>& heard);

/// Edits of an alignment of texts, in characters.
struct CharacterErrors {
  std::size_t wrong = 0;
  std::size_t characters = 0;  ///< said

  double rate() const;  ///< 0 if nothing was said
  CharacterErrors& operator+=(const CharacterErrors& other);
};

/// Punctuation, symbols and white space do not count, nor does the width or case of letters. Both texts must
/// be valid UTF-8.
CharacterErrors count_errors(const std::string& said, const std::string& heard);

}  // namespace guardian::evaluation
