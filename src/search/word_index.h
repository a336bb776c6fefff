// search/word_index.h - finding recordings by words that were said, over an index that holds no words.
// After an analysis the transcript's words are written down as keyed hashes of their dictionary forms and of
// their readings; a query is hashed in the same way. The index says which recordings may hold the words;
// `locate` then looks into the opened transcript and tells where.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/keyring.h"
#include "archive/analysed.h"
#include "base/morphology.h"
#include "base/result.h"
#include "speech/transcript.h"
#include "store/database.h"

namespace guardian::search {

/// A query understood: the words it asks for. All of them must be in a recording.
struct Query {
  struct Word {
    std::string lemma;
    std::string reading;  ///< finds homophones that the recogniser wrote otherwise, and queries in kana
  };
  std::string normalized;   ///< base/text.h
  std::vector<Word> words;  ///< without particles and the like; at most 16
  std::string kana;         ///< a query in kana alone may be one word, which no dictionary tells: its reading
};

/// Where the words were said.
struct Hit {
  std::size_t utterance = 0;  ///< index in the transcript
  std::string text;           ///< the whole utterance, verbatim
  bool literal = false;  ///< the query itself stands there; else its words do, in whatever form and order
};

/// Safe to use from several threads. The keyring must outlive it.
class WordIndex {
 public:
  /// Errors: model, if there is no dictionary.
  static Result<WordIndex> load(const access::Keyring& keyring);

  /// Replaces what the index knows of the recording. An archive::Consequence.
  Result<void> add(store::Transaction& transaction, const archive::Analysed& analysed) const;
  /// Nothing of the recording's words stays.
  static void remove(store::Transaction& transaction, const std::string& recording);

  /// Errors: usage, for text that is not UTF-8, too long (200 characters) or without any word to look for.
  Result<Query> understand(const std::string& text) const;

  /// For `words MATCH ?`: all of the query's words, each in one of its two forms, of this tenant.
  std::string match_expression(const std::string& tenant, const Query& query) const;

  /// In order of time, at most `limit`. Literal ones are found even across differences in width and case.
  std::vector<Hit> locate(const Query& query, const std::vector<speech::Utterance>& utterances,
                          std::size_t limit) const;

  /// The same; where no utterance holds all of the words, those that hold one of them, provided that every
  /// word was said somewhere. Empty: the recording does not have them, whatever the index said.
  std::vector<Hit> find_all(const Query& query, const std::vector<speech::Utterance>& utterances,
                            std::size_t limit) const;

 private:
  WordIndex(const access::Keyring& keyring, Morphology morphology)
      : keyring_(&keyring), morphology_(std::move(morphology)) {}
  std::vector<Query::Word> words_of(std::string_view text) const;
  /// Readings of nouns in a row (責任 + 者): one word for whoever types it in kana.
  std::vector<std::string> compounds_of(std::string_view text) const;
  bool says(std::string_view text, const Query& query) const;
  std::string token(const std::string& tenant, char form, const std::string& word) const;

  const access::Keyring* keyring_;
  Morphology morphology_;
};

}  // namespace guardian::search
