// policy/policy.h - everything about judging that is data and that a customer may edit: categories, rules,
// guards, scale. Read from policy/*.yaml and checked whole before anything is judged. Structure of a rule
// file: policy/rules/README.md.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "policy/pattern.h"
#include "speech/transcript.h"

namespace guardian::policy {

/// What makes the category harassment. Source: domain reference section 9.2.
enum class CategoryKind {
  conduct,   ///< the manner itself (手段型)
  demand,    ///< what is asked for (要求型): alone never above the scale's cap
  context,   ///< depends on what it is used for (文脈型)
  excluded,  ///< not harassment: fair complaints, cries for help
  signal,    ///< the employee's words that give context: warnings and refusals
};

/// True for kinds of categories whose findings count as harassment.
constexpr bool is_harassment(CategoryKind kind) {
  return kind == CategoryKind::conduct || kind == CategoryKind::demand || kind == CategoryKind::context;
}

struct Category {
  std::string id;
  Text label;
  CategoryKind kind = CategoryKind::conduct;
  int low = 0;  ///< severity range of a single statement
  int high = 0;
  std::vector<Text> legal;  ///< provisions that may come into question, never stated as certain
};

/// An earlier turn that must be there for a rule to fire.
struct EarlierTurn {
  speech::Speaker speaker = speech::Speaker::employee;
  std::vector<Pattern> any;
  int within = 6;  ///< turns
};

/// A phrase that recognisers often write wrongly and that is therefore also looked for by its sound.
struct SoundPhrase {
  std::string reading;  ///< hiragana
  std::string written;  ///< as it is usually spelt, to be weighed against the sound; may be empty
};

struct Rule {
  std::string id;
  std::string category;
  int severity = 0;
  double confidence = 0.0;
  bool indirect = false;      ///< polite, hinted or ironic wording
  bool own = false;           ///< the company's, not the program's (policy/amendment.h)
  bool over_reading = false;  ///< patterns run over the hiragana reading
  speech::Speaker speaker = speech::Speaker::customer;
  std::vector<Pattern> any;
  std::vector<Pattern> all;
  std::vector<Pattern> unless;
  std::vector<SoundPhrase> sounds_like;
  std::vector<speech::Setting> settings;  ///< empty: everywhere
  std::optional<EarlierTurn> after;
  std::optional<std::vector<std::string>> guards;  ///< ids; absent: all
  std::vector<std::string> match;                  ///< examples that must fire
  std::vector<std::string> no_match;               ///< examples that must not
};

/// Wording around a match that takes its sting away: quotation, negation, idiom.
struct Guard {
  std::string id;
  Text reason;
  std::vector<std::string> brackets;  ///< pairs such as 「」: matches inside are somebody else's words
  std::vector<Pattern> before;        ///< must end where the match begins
  std::vector<Pattern> after;         ///< must begin where the match ends
  std::vector<Pattern> covering;      ///< a match that lies wholly or partly within one of these is not meant
  std::vector<Pattern> anywhere;      ///< in the same sentence
};

/// What earlier dealings with the same counterpart add; reasons in
/// docs/decisions/0007-counterpart-history.md. Every count includes the dealing that is judged.
struct HistoryScale {
  int contact_days = 30;
  int contacts = 3;      ///< so many dealings in contact_days, one refused before, are repetitive contact
  int contact_step = 5;  ///< severity for each further contact after the refusal
  int silent_hours = 24;
  int silent_calls = 5;            ///< so many silent dealings in silent_hours obstruct business
  int silent_step = 5;             ///< severity for each further silent dealing
  double silent_speech_s = 1.0;    ///< less speech of the counterpart than this is silence...
  double silent_duration_s = 3.0;  ///< ...in a recording at least this long
  int recurrence_days = 30;
  int recurrence_bonus = 10;    ///< severity of conduct, after a suspected dealing in recurrence_days
  int escalation_dealings = 3;  ///< so many dealings in a row, each of a score that
  int escalation_rise = 10;     ///< lies this much above the one before
};

/// Parameters of severity and call score; their reasons are in docs/decisions/0002-call-score.md.
struct Scale {
  double conduct_weight = 1.0;
  double context_weight = 0.8;
  double demand_weight = 0.6;
  int demand_cap = 59;
  int repetition_bonus = 5;
  int repetition_bonus_limit = 15;
  int warning_bonus = 15;
  int company_fault_relief = 10;  ///< off a demand's severity where the company is known to be at fault
  double further_share = 0.15;
  int suspected_from = 40;
  double loud_db = 6.0;  ///< above the speaker's own median: counts as shouting
  int loud_bonus = 5;
  double reported_from = 0.5;  ///< probability from which on a statement of a call is a finding
  double held_minutes = 30.0;  ///< an operating value of the company, not a legal limit
  HistoryScale history;
};

/// Something that no rule which finds harassment may match: somebody's right, or a cry for help.
struct HarmlessSentence {
  Text why;
  std::string text;
};

struct Policy {
  std::string version;
  std::vector<Category> categories;
  std::vector<Rule> rules;
  std::vector<Guard> guards;
  std::vector<HarmlessSentence> harmless;
  Scale scale;

  /// The category with this id; every rule's category exists.
  const Category& category(const std::string& id) const;
};

/// Reads policy.yaml, categories.yaml, scale.yaml, guards.yaml, harmless.yaml and rules/*.yaml of a folder. A
/// scale without counterpart_history, as policies before 2026.11.2 have it, means the values above; those
/// before 2026.12.1 have no harmless.yaml.
/// Errors: not_found, unreadable, policy with file, line and reason.
Result<Policy> load_policy(const std::filesystem::path& folder);

/// Reads the text of one rule file. `name` is what errors call it. A rule may name its own category.
Result<std::vector<Rule>> parse_rules(std::string_view text, const std::string& name);

/// What only the whole policy can show: doubled ids, unknown categories and guards, severities out of range.
/// `source` is what errors call the place of the rules. Errors: policy.
Result<void> check_rules(const Policy& policy, const std::string& source);

}  // namespace guardian::policy
