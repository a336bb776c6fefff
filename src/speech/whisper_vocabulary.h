// speech/whisper_vocabulary.h - between text and Whisper's token numbers.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"

namespace guardian::speech {

/// The byte-level BPE vocabulary of a Whisper model in CTranslate2 format.
class WhisperVocabulary {
 public:
  /// Reads vocabulary.json. Errors: model.
  static Result<WhisperVocabulary> load(const std::filesystem::path& model_folder);

  /// The bytes of a text token, perhaps only part of a character; empty for special tokens and unknown
  /// numbers.
  std::string_view bytes(std::size_t token) const;

  /// The tokens that training saw for this text: byte pairs joined in the vocabulary's order within runs of
  /// letters, digits or signs, as in the reference code (tiktoken). English contractions are not kept whole.
  std::vector<std::size_t> tokens(std::string_view text) const;

  /// True for <|...|> tokens, among them timestamps.
  bool is_special(std::size_t token) const { return token >= first_special_; }

  /// The number of a special token such as "<|ja|>". Errors: model, if this model has none.
  Result<std::size_t> special(const std::string& name) const;

 private:
  void append_run(std::string_view run, std::vector<std::size_t>& tokens) const;

  std::vector<std::string> bytes_;
  std::map<std::string, std::size_t, std::less<>> number_of_;  // text tokens by their bytes
  std::unordered_map<std::string, std::size_t> specials_;
  std::size_t first_special_ = 0;
};

}  // namespace guardian::speech
