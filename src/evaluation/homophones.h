// evaluation/homophones.h - other writings of what sounds the same, as a recogniser chooses them:
// 「慰謝料」 becomes 「医者両」. The words and how common they are come from the dictionary's source
// (IPADIC).
#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"

namespace guardian::evaluation {

class Homophones {
 public:
  /// Where Debian's mecab-ipadic puts the dictionary's source.
  static std::filesystem::path installed_source();

  /// `source` is a folder with IPADIC's .csv files (EUC-JP). Errors: model, if there are none.
  static Result<Homophones> load(const std::filesystem::path& source);

  /// The commonest way to write a hiragana reading with the dictionary's words, but not `avoided`; the
  /// reading itself where there is no other.
  std::string write(const std::string& reading, const std::string& avoided) const;

 private:
  struct Writing {
    std::string surface;
    int cost = 0;  ///< of the word in the dictionary: the lower, the commoner
  };
  void add_line(const std::string& line);
  const Writing* cheapest(const std::string& reading, const std::string& avoided) const;

  std::unordered_map<std::string, std::vector<Writing>> writings_;  ///< at most two for a reading
};

}  // namespace guardian::evaluation
