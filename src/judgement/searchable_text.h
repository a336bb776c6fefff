// judgement/searchable_text.h - an utterance in the two forms in which rules look at it, with the way back to
// its words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/morphology.h"
#include "base/text.h"
#include "policy/pattern.h"

namespace guardian::judgement {

class SearchableText {
 public:
  SearchableText(const std::string& original, const Morphology& morphology);

  const std::string& surface() const { return normalized_.text; }
  const std::string& reading() const { return reading_; }

  /// The stretch of `surface` whose words have this stretch of the reading. Whole words only.
  policy::Match surface_of_reading(const policy::Match& in_reading) const;

  /// The original words behind a stretch of `surface`: always a substring of the original text.
  std::string_view quote(const policy::Match& in_surface) const;

  /// Number of the sentence, from 0, that this byte of `surface` lies in. Sentences end in 。 ? or !.
  std::size_t sentence_at(std::size_t in_surface) const;

  /// Byte range of that quote in the original.
  policy::Match original_range(const policy::Match& in_surface) const;

 private:
  std::string original_;
  NormalizedText normalized_;
  std::string reading_;
  std::vector<policy::Match> word_of_reading_byte_;  // range in surface
  std::vector<std::size_t> sentence_ends_;           // byte after each stop, in order
};

}  // namespace guardian::judgement
