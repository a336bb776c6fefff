// guidance/playbook.h - what an employee can say and do, by category and gravity: policy/playbooks.yaml,
// checked. Data that a company edits to its own wording and rules; guidance/advice.h chooses from it.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "judgement/verdict.h"

namespace guardian::guidance {

/// The ladder of escalation, domain reference section 9.1: listen, announce the recording and ask to stop,
/// hand over to a superior, warn, end the dealing, police or lawyer.
enum class Level { L0, L1, L2, L3, L4, L5 };

/// "L0" ... "L5".
std::string level_name(Level level);

/// What to do on one step of the ladder, and with whom.
struct Rung {
  Text next;
  Text involve;
};

/// Words for one category, from one band of severity upwards.
struct Step {
  judgement::Band from = judgement::Band::notice;
  Level level = Level::L0;
  Text say;
};

struct Card {
  std::string category;
  Text avoid;
  Text next;                ///< in place of the ladder's where the card stands alone; empty: the ladder's
  Text after;               ///< aftercare for the employee
  Text prevent;             ///< what makes it rarer next time
  std::vector<Step> steps;  ///< by rising band; the first is Band::none or notice

  const Step& step(judgement::Band band) const;
};

struct Playbook {
  std::vector<Card> cards;
  std::map<Level, Rung> ladder;              ///< all six steps
  std::vector<std::string> duty_industries;  ///< those that may not simply refuse to serve, e.g. "medical"
  std::map<Level, Rung> duty_ladder;         ///< replaces steps of the ladder for them

  const Card* card(const std::string& category) const;  ///< null if there is none
  const Rung& rung(Level level, const std::string& industry) const;
};

/// Errors: not_found, unreadable, policy with file, line and field.
Result<Playbook> load_playbook(const std::filesystem::path& file);

/// The same from text. `name` is what errors call it.
Result<Playbook> parse_playbook(std::string_view text, const std::string& name);

}  // namespace guardian::guidance
