// redaction/redactor.h - what somebody said, without the details that tell who they are.
// Whatever leaves the building (consultation/, exports of training data) passes here first. Recognisers write
// numbers in many ways and names as they sound, so this finds most and not all; measured in
// docs/decisions/0006-fourth-witness.md.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "redaction/personal_detail.h"

namespace guardian::redaction {

struct Redaction {
  std::string text;                ///< with placeholders
  std::vector<FoundDetail> found;  ///< in the text as it was; in order, apart from each other
};

/// Safe to use from several threads. The same words give the same redaction.
class Redactor {
 public:
  /// Errors: model, if there is no Japanese dictionary.
  static Result<Redactor> load();
  Redactor(Redactor&&) noexcept;
  Redactor& operator=(Redactor&&) noexcept;
  ~Redactor();

  /// `before`: what was said just before, empty if nothing. A question makes a detail out of an answer that
  /// says little by itself: 「お電話番号は」 「さんさんにいち」. Both must be valid UTF-8.
  Redaction redact(std::string_view text, std::string_view before = {}) const;

 private:
  struct Impl;
  explicit Redactor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::redaction
