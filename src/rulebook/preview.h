// rulebook/preview.h - whether a company's changes to the rules hold together, and what they would have made
// of the dealings that were judged already, before they go live.
// Dealings are judged twice from their transcripts, by the rules in force and by the draft. A second hearing
// and earlier dealings with the same counterpart are left out of both, so scores may differ a little from
// those in the reports; what the draft changes is seen all the same.
#pragma once

#include "base/result.h"
#include "judgement/judge.h"
#include "policy/amendment.h"
#include "rulebook/difference.h"
#include "speech/transcript.h"

namespace guardian::rulebook {

/// That the draft is a policy, that every rule which is switched off exists, and that each own rule finds its
/// own examples and none of its near misses. Errors: policy, with line, rule or example.
Result<void> check(const judgement::Judge& program, const policy::Amendment& draft);

/// The rules in force and a draft, side by side. Safe to use from several threads.
class Preview {
 public:
  /// Errors: policy.
  static Result<Preview> of(const judgement::Judge& program, const policy::Amendment& in_force,
                            const policy::Amendment& draft);

  Difference look(const speech::Transcript& transcript) const;

 private:
  Preview(judgement::Judge before, judgement::Judge after)
      : before_(std::move(before)), after_(std::move(after)) {}

  judgement::Judge before_;
  judgement::Judge after_;
};

}  // namespace guardian::rulebook
