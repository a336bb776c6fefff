// evaluation/mishearing.h - how a recogniser mishears, learnt from what was said and what it wrote, and done
// to texts that nobody has spoken: so judging can be measured on more words than there is speech for.
//
// Readings are compared, kana by kana. A word is misheard more often after another misheard word, so right
// and wrong words form a chain of two states; within a wrong word every kana becomes what that kana became in
// the wrong words of the pairs. What comes out is written with the commonest words that sound so, or in kana.
#pragma once

#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "base/morphology.h"
#include "base/result.h"
#include "evaluation/alignment.h"
#include "evaluation/homophones.h"
#include "evaluation/labelled_data.h"

namespace guardian::evaluation {

class Mishearing {
 public:
  /// Learns, then scales how often words are misheard until texts come out with the pairs' character errors.
  static Mishearing learn(const std::vector<HeardPair>& pairs, Morphology morphology, Homophones homophones);

  /// From a file of pairs, with the dictionaries of this machine. Errors: those of the file; model.
  static Result<Mishearing> load(const std::filesystem::path& pairs);

  /// The text as it might have been heard. `text` must be valid UTF-8; punctuation and numerals stay.
  std::string hear(const std::string& text, std::mt19937& generator) const;

  /// Of the pairs: what `hear` reproduces.
  const CharacterErrors& errors() const { return errors_; }

 private:
  Mishearing(Morphology morphology, Homophones homophones)
      : morphology_(std::move(morphology)), homophones_(std::move(homophones)) {}
  void learn_pair(const HeardPair& pair);
  void calibrate(const std::vector<HeardPair>& pairs);
  CharacterErrors errors_of(const std::vector<HeardPair>& pairs) const;
  std::string hear_word(const Morpheme& word, bool wrong, std::mt19937& generator) const;
  std::string hear_reading(const std::string& reading, std::mt19937& generator) const;

  /// Share of the words of which something is true.
  struct Share {
    int of = 0;
    int all = 0;
    void add(bool is_so) {
      of += is_so ? 1 : 0;
      ++all;
    }
    double value() const { return all == 0 ? 0.0 : static_cast<double>(of) / all; }
  };

  Morphology morphology_;
  Homophones homophones_;
  Share wrong_after_right_;
  Share wrong_after_wrong_;
  Share rewritten_;          ///< of the words heard right that are not written in kana anyway
  Share rewritten_as_kana_;  ///< of these
  std::map<std::string, std::vector<std::string>> became_;  ///< a kana: all it became within wrong words
  double scale_ = 1.0;                                      ///< of the shares of wrong words
  CharacterErrors errors_;
};

}  // namespace guardian::evaluation
