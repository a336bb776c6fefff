// speech/whisper_vocabulary.h - from Whisper's token numbers to text.
#pragma once

#include <filesystem>
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

  /// True for <|...|> tokens, among them timestamps.
  bool is_special(std::size_t token) const { return token >= first_special_; }

  /// The number of a special token such as "<|ja|>". Errors: model, if this model has none.
  Result<std::size_t> special(const std::string& name) const;

 private:
  std::vector<std::string> bytes_;
  std::unordered_map<std::string, std::size_t> specials_;
  std::size_t first_special_ = 0;
};

}  // namespace guardian::speech
