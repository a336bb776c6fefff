// insights/lead_up.h - what happened right before a customer's words turned: what a company can change.
// From the course of the dealing alone: it says what came before, not what caused it.
#pragma once

#include <string_view>

#include "report/report.h"

namespace guardian::insights {

enum class LeadUp {
  unknown,    ///< about the whole dealing, or without times
  refusal,    ///< the employee had just warned or refused
  opening,    ///< in the first half minute: whatever it was happened before the dealing
  wait,       ///< nobody had spoken for a while
  long_talk,  ///< ten minutes or more in
  talk        ///< none of these
};

constexpr double kOpening_s = 30.0;
constexpr double kWait_s = 20.0;
constexpr double kWaitBefore_s = 60.0;  ///< a wait that ended longer ago has led to nothing
constexpr double kLongTalk_s = 600.0;
constexpr int kRefusalTurns = 4;  ///< a refusal so many utterances ago still counts as just now

std::string_view name_of(LeadUp lead_up);
/// `unknown` for any other word.
LeadUp lead_up_named(std::string_view name);

/// The first of the list that is true of the finding.
LeadUp lead_up_to(const report::Report& report, const judgement::Finding& finding);

}  // namespace guardian::insights
