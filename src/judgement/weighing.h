// judgement/weighing.h - what the witnesses say of one utterance, put together: which statements are
// reported, as what, and how sure we are. Rules know phrases, the model knows meanings; neither alone
// decides. docs/decisions/0005-three-witnesses.md
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "judgement/meaning_model.h"
#include "judgement/outside_opinion.h"
#include "judgement/rule_matcher.h"
#include "judgement/searchable_text.h"
#include "policy/policy.h"

namespace guardian::judgement {

/// Something in an utterance that is reported.
struct Statement {
  std::string category;
  int severity = 0;
  double confidence = 0.0;
  policy::Match in_surface;
  const policy::Rule* rule = nullptr;  ///< null where only the meaning speaks
  bool by_sound = false;
  std::vector<Text> witnesses;  ///< what each witness said
};

/// The strongest hit for each statement and harassment category, in order of their place: hits in one
/// sentence are one statement if they are of one rule or not a clause apart. Hits that only hint at a tone
/// count where nothing clearer was found in the utterance.
std::vector<RuleHit> strongest_of_each(std::vector<RuleHit> hits, const SearchableText& text,
                                       const policy::Policy& policy);

/// Confidence of the surest hit; 0 without.
double surest_of(const std::vector<RuleHit>& hits);

/// The rules' word alone, for a judge without the second witness.
std::vector<Statement> statements_of(const std::vector<RuleHit>& hits);

/// By what an utterance is weighed, and from which probability on it is reported.
struct Scales {
  Belief belief;
  double rest = 0.0;      ///< Testimony::rest
  double together = 0.0;  ///< Testimony::together
  double reported_from = 0.5;
  const OutsideOpinion* outside = nullptr;  ///< may make surer, never less sure; its dissent stands in
                                            ///< the grounds
};

/// What both witnesses say.
Testimony testimony_of(const std::vector<RuleHit>& hits, const Opinion& opinion, const policy::Policy& policy,
                       const Scales& scales);

/// Both witnesses. `hits` come from strongest_of_each. Empty if the utterance is not reported.
std::vector<Statement> weigh(const std::vector<RuleHit>& hits, const Opinion& opinion,
                             const SearchableText& text, const MeaningWitness& witness,
                             const policy::Policy& policy, const Scales& scales);

/// A company's own rules were not there when the witnesses were weighed against one another: they stand by
/// themselves. Adds what `hits` of such rules say and no statement of the same category says of these words.
void add_own(std::vector<Statement>& statements, const std::vector<RuleHit>& hits);

}  // namespace guardian::judgement
