// guidance/advice.h - a verdict in, the few sentences that help the employee now, next and afterwards out.
// After judgement/; report/ prints them. Nothing here states the law as certain: a person decides.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "guidance/playbook.h"
#include "judgement/verdict.h"
#include "speech/transcript.h"

namespace guardian::guidance {

struct Advice {
  std::string when;  ///< "now", "next", "after" or "prevent"
  Text text;
  std::string category;  ///< that it is about: a category's id, "legit_complaint" or "customer_distress"
  std::string level;     ///< step of the ladder, "L0" ... "L5"
};

/// At most eight, the most urgent first. A cry for help comes first and alone: then there is no advice about
/// harassment, which would read like grounds to hang up. Without findings the advice is to listen, if there
/// is a complaint, or none.
std::vector<Advice> advise(const Playbook& playbook, const judgement::Verdict& verdict,
                           const speech::Transcript& transcript);

}  // namespace guardian::guidance
