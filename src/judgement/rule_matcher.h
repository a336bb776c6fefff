// judgement/rule_matcher.h - which rules fire on which words of one utterance.
// Knows nothing of severities and scores; it finds places and says how it found them.
#pragma once

#include <string>
#include <vector>

#include "judgement/searchable_text.h"
#include "judgement/suspicion.h"
#include "policy/policy.h"
#include "speech/transcript.h"

namespace guardian::judgement {

/// A place where a rule fired.
struct RuleHit {
  const policy::Rule* rule = nullptr;
  policy::Match in_surface;
  bool by_sound = false;    ///< only the sound fits, the written words differ
  double confidence = 0.0;  ///< the rule's, lowered where only the sound fits
};

/// What a rule may ask about besides the utterance itself.
struct Surroundings {
  const std::vector<SearchableText>* turns = nullptr;  ///< all utterances; may be null
  const speech::Transcript* transcript = nullptr;
  std::size_t index = 0;
  const std::vector<Hearing>* hearings = nullptr;  ///< of the recording; may be null
};

class RuleMatcher {
 public:
  explicit RuleMatcher(const policy::Policy& policy) : policy_(policy) {}

  /// Hits of all rules for this speaker. At most one per rule and sentence: the longest.
  std::vector<RuleHit> find(const SearchableText& text, speech::Speaker speaker,
                            const Surroundings& around) const;

  /// Phrases that sound, from further off than `find` believes without a second hearing, like words of the
  /// text. Words in which a rule has found its own are not doubted.
  std::vector<Suspicion> suspect(const SearchableText& text, speech::Speaker speaker,
                                 const Surroundings& around) const;

 private:
  bool applies(const policy::Rule& rule, const SearchableText& text, const Surroundings& around) const;
  bool is_guarded(const policy::Rule& rule, const SearchableText& text, const policy::Match& match) const;
  void find_written(const policy::Rule& rule, const SearchableText& text, std::vector<RuleHit>& hits) const;
  bool find_heard_again(const policy::Rule& rule, const Surroundings& around,
                        std::vector<RuleHit>& hits) const;
  void find_sounding(const policy::Rule& rule, const SearchableText& text, std::vector<RuleHit>& hits) const;

  const policy::Policy& policy_;
};

}  // namespace guardian::judgement
