// judgement/complaint.h - the legitimate part of what a customer says: the fault complained of, in the
// customer's own words. However somebody behaves, it still deserves an answer, so it is kept beside the
// findings.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "judgement/meaning_model.h"
#include "judgement/rule_matcher.h"
#include "judgement/searchable_text.h"
#include "judgement/weighing.h"

namespace guardian::judgement {

struct Complaint {
  std::string quote;        ///< verbatim substring of one utterance
  double confidence = 0.0;  ///< 0-1
};

/// Of one turn. A turn without findings is quoted whole where a rule or the second witness hears a complaint
/// in it; of a turn with findings, what a rule hears outside of them, up to the nearest finding or the
/// sentence's end.
std::optional<Complaint> complaint_in(const std::vector<RuleHit>& hits,
                                      const std::vector<Statement>& statements,
                                      const std::optional<Opinion>& opinion, const SearchableText& text);

/// The two surest, in order of time, one a line; empty without any.
std::optional<std::string> quote_complaints(const std::vector<Complaint>& complaints);

}  // namespace guardian::judgement
