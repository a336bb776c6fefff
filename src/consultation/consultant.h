// consultation/consultant.h - asks a model outside the program what it thinks of a call: the fourth witness.
// Off unless the user names an endpoint. Whatever goes wrong, the call is judged by the other three, and the
// report says so. docs/decisions/0006-fourth-witness.md
#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>
#include <vector>

#include "base/result.h"
#include "judgement/outside_opinion.h"
#include "policy/policy.h"
#include "speech/transcript.h"

namespace guardian::consultation {

/// What was learnt, and what a reader of the report must know about it.
struct Consultation {
  judgement::OutsideOpinions opinions;
  std::vector<Text> remarks;  ///< that a model was asked, and which turns it gave no usable answer on
};

class Consultant {
 public:
  /// `file` names the endpoint (consultation/endpoint.h). Errors: those of the file; model, if there is no
  /// dictionary for redaction. The endpoint itself is not tried.
  static Result<Consultant> load(const std::filesystem::path& file, const policy::Policy& policy);
  Consultant(Consultant&&) noexcept;
  Consultant& operator=(Consultant&&) noexcept;
  ~Consultant();

  /// Sends the call's words, redacted, in as many requests as it takes. A request that gets no answer, or
  /// 408, 429 or 5xx, is tried again after 0.5 s, 1 s, 2 s ..., or after what the server asks for, at most
  /// 30 s; then the rest of the call is not asked about. Errors: cancelled.
  Result<Consultation> consult(const speech::Transcript& transcript, const std::stop_token& stop) const;

 private:
  struct Impl;
  explicit Consultant(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::consultation
