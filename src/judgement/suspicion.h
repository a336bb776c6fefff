// judgement/suspicion.h - phrases of the policy that may have been said where the recogniser wrote words that
// sound like them, and what a second hearing of the recording made of each. The sound itself is weighed by
// speech/second_hearing.h; figures: docs/decisions/0008-second-hearing.md
#pragma once

#include <string>
#include <vector>

#include "policy/pattern.h"
#include "speech/transcript.h"

namespace guardian::judgement {

struct Suspicion {
  int utterance = -1;          ///< index in the transcript
  std::string rule;            ///< id of the rule that looks for the phrase
  std::string category;        ///< the rule's
  policy::Match in_surface;    ///< of the heard words, in the utterance's SearchableText
  std::string heard;           ///< these words, verbatim
  std::string written;         ///< what may have been said in their place
  std::string suspected_text;  ///< the whole utterance with `written` in the place of `heard`
  double distance = 0.0;       ///< weighted edits per kana of the phrase, in [0, 1]
};

/// What the sound says to a suspicion. Natural logarithms of the probability of the whole utterance.
struct Hearing {
  Suspicion suspicion;
  double heard_log_probability = 0.0;
  double suspected_log_probability = 0.0;
};

/// True if the suspected words fit the sound about as well as those that were heard.
bool is_supported(const Hearing& hearing);

/// The best supported hearing of an utterance: at all, for a rule, for a category. Null without.
const Hearing* best_support(const std::vector<Hearing>& hearings, int utterance);
const Hearing* best_support_of_rule(const std::vector<Hearing>& hearings, int utterance,
                                    const std::string& rule);
const Hearing* best_support_of_category(const std::vector<Hearing>& hearings, int utterance,
                                        const std::string& category);

/// True if this rule's phrases were put to the recogniser again in this utterance.
bool was_heard_again(const std::vector<Hearing>& hearings, int utterance, const std::string& rule);

/// The most promising ones of a recording, so that a second hearing stays short: of the nearest by sound so
/// many utterances as fit the length of the recording, of each utterance its nearest phrases. In order of
/// utterances.
std::vector<Suspicion> most_promising(std::vector<Suspicion> suspicions, double duration_s);

}  // namespace guardian::judgement
