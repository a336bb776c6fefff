// pipeline/assessor.h - the second half of a job: a transcript in, the whole report out.
// judgement/, wellbeing/ and guidance/ in their order; no model, no file, no network is touched after
// loading.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "base/result.h"
#include "judgement/judge.h"
#include "pipeline/listener.h"
#include "policy/amendment.h"
#include "report/report.h"

namespace guardian::pipeline {

/// Holds a checked policy and both witnesses. Safe to use from several threads.
class Assessor {
 public:
  /// `policy` is a folder. Errors: not_found, policy; model, if the second witness is not installed.
  static Result<Assessor> load(const std::filesystem::path& policy);
  Assessor(Assessor&&) noexcept;
  Assessor& operator=(Assessor&&) noexcept;
  ~Assessor();

  /// `outside`: what a model outside said of single turns (consultation/), if one was asked. `history`:
  /// earlier dealings with the same counterpart (pipeline/counterpart_history.h), if it is known.
  /// `hearings`: what a second hearing made of the judge's suspicions; empty where there was none.
  report::Report assess(HeardRecording heard, const judgement::OutsideOpinions& outside = {},
                        const judgement::History& history = {},
                        const std::vector<judgement::Hearing>& hearings = {}) const;

  const judgement::Judge& judge() const;

  /// One that goes by a company's own changes and shares everything else: no file is read. Errors: policy.
  Result<Assessor> amended(const policy::Amendment& amendment) const;

 private:
  struct Impl;
  explicit Assessor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::pipeline
