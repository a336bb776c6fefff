// judgement/verdict.h - what was found in one dealing with a customer, and how grave it is.
// judgement/ makes it from a Transcript and a Policy; wellbeing/, guidance/ and report/ read it.
// It states a suspicion. A person decides.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace guardian::judgement {

/// No finding is surer: more cannot be known from the few hundred utterances on which the witnesses are
/// weighed.
constexpr double kMostCertain = 0.99;

/// Bands of the call score, section 9.1 of the domain reference: 0-19, 20-39, 40-59, 60-79, 80-100.
enum class Band { none, notice, caution, high, emergency };

/// One place where the customer's words or conduct match a category.
struct Finding {
  std::string category;   ///< id of the category table, e.g. "threat"
  Text label;             ///< the category's name for people
  int severity = 0;       ///< 0-100
  double confidence = 0;  ///< 0-1: how sure we are that this is what it looks like
  /// What doubt about whose words they are has left of the confidence: above 0, at most 1.
  double speaker_share = 1.0;
  int utterance = -1;    ///< index in the transcript; -1 for a finding about the whole call
  double start_s = 0.0;  ///< of the quoted words, not of the whole utterance
  double end_s = 0.0;
  std::string
      quote;  ///< verbatim substring of the utterance's text; empty for a finding about the whole call
  std::vector<Text> grounds;  ///< why: rule, context, sound, repetition, legal basis
  std::string rule;           ///< id of the rule that fired
  int score_without = 0;      ///< the call's score if this finding were not there
};

/// The two axes of the guideline and the statute's further elements, each 0-100.
struct Axes {
  int demand = 0;       ///< what is asked for: unreasonable content
  int conduct = 0;      ///< how it is asked: means and manner
  int persistence = 0;  ///< time, repetition, going on after a refusal
  int harm = 0;         ///< signs that the employee's working environment is harmed
};

struct Verdict {
  std::vector<Finding> findings;  ///< in order of time; those about the whole call last
  int score = 0;                  ///< 0-100
  Band band = Band::none;
  bool suspected = false;
  Axes axes;
  std::optional<std::string>
      legitimate_complaint;              ///< verbatim words of the complaint that still deserve an answer
  std::vector<int> distress_utterances;  ///< cries for help: never scored, shown apart
  std::vector<int>
      warned_utterances;  ///< employee utterances that warn or refuse, for "went on after a warning"
  std::string policy_version;

  /// True if the employee warned or refused before the finding.
  bool follows_warning(const Finding& finding) const {
    return std::any_of(warned_utterances.begin(), warned_utterances.end(),
                       [&](int warned) { return warned < finding.utterance; });
  }
};

}  // namespace guardian::judgement
