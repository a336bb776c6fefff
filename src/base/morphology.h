// base/morphology.h - Japanese words and readings (MeCab with IPADIC).
// Readings make sound-alike search possible: 「土下座」 and 「どげざ」 have the same one. They also give the
// speech rate, which is counted in morae.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace guardian {

/// One word of a sentence.
struct Morpheme {
  std::string surface;         ///< as written
  std::string lemma;           ///< dictionary form; the surface if unknown
  std::string reading;         ///< hiragana; the surface in hiragana if unknown
  std::string part_of_speech;  ///< IPADIC's levels as far as they go, e.g. 「名詞,固有名詞,人名,姓」
  std::size_t begin = 0;       ///< byte offset in the text
  std::size_t end = 0;
};

/// Splits Japanese text into words. Safe to call from several threads.
class Morphology {
 public:
  /// Error::Kind::model if no dictionary is installed.
  static Result<Morphology> load();
  Morphology(Morphology&&) noexcept;
  Morphology& operator=(Morphology&&) noexcept;
  ~Morphology();

  /// `text` must be valid UTF-8. Words are in order; their byte ranges do not overlap.
  std::vector<Morpheme> analyze(std::string_view text) const;

 private:
  struct Impl;
  explicit Morphology(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Number of morae in a hiragana reading: small ゃゅょぁぃぅぇぉ join the kana before, っ, ん and ー count as
/// one.
std::size_t count_morae(std::string_view hiragana);

}  // namespace guardian
