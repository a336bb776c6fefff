// judgement/course.h - what the course of a call adds to single words: repetition, going on after a warning,
// being held.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "judgement/meaning_model.h"
#include "judgement/searchable_text.h"
#include "judgement/verdict.h"
#include "policy/policy.h"
#include "speech/transcript.h"

namespace guardian::judgement {

/// A finding about the whole call, with `basis` in its rule's id and without grounds yet.
Finding whole_call_finding(const std::string& category, const std::string& basis, int severity, double end_s,
                           const policy::Policy& policy);

/// Raises severities within a call and says why in the grounds. `findings` are in order of time.
void follow_course(std::vector<Finding>& findings, const Verdict& verdict,
                   const speech::Transcript& transcript, const policy::Policy& policy);

/// What was said, for comparing turns with one another.
struct CallContent {
  const std::vector<SearchableText>& texts;
  const std::vector<std::optional<Opinion>>&
      opinions;                             ///< of the second witness; none of the employee's turns
  const SameDemand* same_demand = nullptr;  ///< none without a witness that knows demands
};

/// Findings about the whole call (utterance -1): the same demand again and again after refusals, in the same
/// words or in others; a call held for longer than the company's limit after a refusal.
std::vector<Finding> find_in_course(const Verdict& verdict, const speech::Transcript& transcript,
                                    const CallContent& content, const policy::Policy& policy);

}  // namespace guardian::judgement
