// judgement/call_score.h - from the findings of a call to its score. One formula, monotone and explainable:
//
//   score = (s1 + further_share * (s2 + s3 / 2 + s4 / 4 + ...)) * sure^2
//
//   s1 >= s2 >= ...   strongest finding of each category, times the category's weight, times its certainty
//   sure              how sure it is that at least one of the findings is right: three doubtful turns make a
//                     call surer than one
//
// A call with nothing but demands never passes the scale's cap; a finding of 80 or more makes the call 80 or
// more. Fitted on labelled dialogues: docs/decisions/0002-call-score.md.
#pragma once

#include <vector>

#include "judgement/verdict.h"
#include "policy/policy.h"

namespace guardian::judgement {

/// The score of a call with these findings, 0-100. Adding a finding never lowers it.
int call_score(const std::vector<Finding>& findings, const policy::Policy& policy);

/// Fills `Finding::score_without` of every finding. Time grows with the number of findings, not with its
/// square.
void fill_scores_without(std::vector<Finding>& findings, const policy::Policy& policy);

/// The band that a score lies in.
Band band_of(int score);

}  // namespace guardian::judgement
