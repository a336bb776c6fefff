#include "judgement/weighing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace guardian::judgement {
namespace {

constexpr double kHint = 0.6;         // rules less sure than this are hints
constexpr double kRuleSupport = 0.5;  // what a certain rule adds to the model's probability of its category
constexpr double kFurtherCategory = 0.5;     // support that a second category of the same utterance needs
constexpr std::size_t kShortSentence = 180;  // bytes: some 60 characters
constexpr double kClauseStays = 0.0;  // log odds from which on a neighbouring clause belongs to the quote

/// Statements or hits in the order in which they were said.
template <class Said>
void sort_by_place(std::vector<Said>& said) {
  std::stable_sort(said.begin(), said.end(),
                   [](const Said& a, const Said& b) { return a.in_surface.begin < b.in_surface.begin; });
}

/// What counts when one category fires several times in one utterance.
double strength(const RuleHit& hit) { return hit.rule->severity * hit.confidence; }

bool is_same_statement(const RuleHit& a, const RuleHit& b, const SearchableText& text) {
  if (a.rule->category != b.rule->category) return false;
  if (text.sentence_at(a.in_surface.begin) != text.sentence_at(b.in_surface.begin)) return false;
  if (a.rule == b.rule) return true;
  const auto end = std::min(a.in_surface.end, b.in_surface.end);
  const auto begin = std::max(a.in_surface.begin, b.in_surface.begin);
  return begin <= end || text.surface().substr(end, begin - end).find("、") == std::string::npos;
}

/// Where each clause of a text lies, marks left out.
std::vector<policy::Match> clauses_of(const std::string& surface) {
  static constexpr std::array<std::string_view, 7> kMarks = {"、", "。", "?", "!", "…", " ", "　"};
  std::vector<policy::Match> clauses;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= surface.size();) {
    const auto rest = std::string_view(surface).substr(i);
    const auto mark = std::find_if(kMarks.begin(), kMarks.end(), [&](auto m) { return rest.starts_with(m); });
    if (i < surface.size() && mark == kMarks.end()) {
      ++i;
      continue;
    }
    if (i > begin) clauses.push_back({begin, i});
    i += mark == kMarks.end() ? 1 : mark->size();
    begin = i;
  }
  return clauses;
}

/// The clauses in which the meaning lies: the most telling one, its neighbours as long as they tell the same,
/// and the rest of their sentence if it is short.
policy::Match locate_meaning(const SearchableText& text, const MeaningWitness& witness) {
  const auto clauses = clauses_of(text.surface());
  if (clauses.empty()) return {0, text.surface().size()};
  if (clauses.size() == 1) return clauses[0];
  std::vector<std::string> texts;
  texts.reserve(clauses.size());
  for (const auto& clause : clauses)
    texts.push_back(text.surface().substr(clause.begin, clause.end - clause.begin));
  std::vector<double> told;
  told.reserve(clauses.size());
  for (const auto& opinion : witness.opinions(texts)) told.push_back(opinion.logit);
  auto first = static_cast<std::size_t>(std::max_element(told.begin(), told.end()) - told.begin());
  auto last = first;
  const auto grow = [&](auto belongs) {
    while (first > 0 && belongs(first - 1)) --first;
    while (last + 1 < clauses.size() && belongs(last + 1)) ++last;
  };
  grow([&](std::size_t i) { return told[i] > kClauseStays; });
  const auto sentence = text.sentence_at(clauses[first].begin);
  grow([&](std::size_t i) {
    return text.sentence_at(clauses[i].begin) == sentence &&
           std::max(clauses[i].end, clauses[last].end) - std::min(clauses[i].begin, clauses[first].begin) <
               kShortSentence;
  });
  return {clauses[first].begin, clauses[last].end};
}

/// Support of every harassment category by both witnesses.
std::map<std::string, double> support_of(const std::vector<RuleHit>& hits, const Opinion& opinion,
                                         const policy::Policy& policy) {
  auto support = harassment_in(opinion, policy);
  std::map<std::string, double> by_rules;
  for (const auto& hit : hits) {
    auto& surest = by_rules[hit.rule->category];
    surest = std::max(surest, kRuleSupport * hit.confidence);
  }
  for (const auto& [category, confidence] : by_rules) support[category] += confidence;
  return support;
}

/// The clauses that a hit lies in; empty if there are no others.
std::string clauses_around(const RuleHit& hit, const SearchableText& text) {
  const auto clauses = clauses_of(text.surface());
  const auto touches = [&](const policy::Match& clause) {
    return clause.begin < hit.in_surface.end && hit.in_surface.begin < clause.end;
  };
  const auto first = std::find_if(clauses.begin(), clauses.end(), touches);
  const auto last = std::find_if(clauses.rbegin(), clauses.rend(), touches);
  if (first == clauses.end() || (first == clauses.begin() && last == clauses.rbegin())) return {};
  return text.surface().substr(first->begin, last->end - first->begin);
}

/// What supports a hit in its own clauses: an utterance may say one thing and then another.
double support_where_said(const RuleHit& hit, const SearchableText& text, const MeaningWitness& witness) {
  // The model would read what was written, which was not said; that the sound fits is support enough.
  if (hit.by_sound) return kFurtherCategory;
  const auto clauses = clauses_around(hit, text);
  if (clauses.empty()) return 0.0;
  const auto thoughts = witness.opinions({clauses}).front().categories;
  const auto thought = thoughts.find(hit.rule->category);
  return kRuleSupport * hit.confidence + (thought == thoughts.end() ? 0.0 : thought->second);
}

Text witnesses_text(const Belief& belief, const Testimony& testimony) {
  const double meaning = belief.meaning * testimony.meaning + belief.category * testimony.category;
  const double rules = belief.rules * testimony.rules;
  const double before = belief.together * testimony.together;
  const double rest = belief.rest * testimony.rest;
  const double percent = belief.probability(testimony) * 100.0;
  return {
      fmt::format("証人の重み (対数オッズ): 意味 {:+.1f}、前の発言と続けて読んだ意味 {:+.1f}、規則 {:+.1f}、"
                  "通話のほかの発言 {:+.1f}、基準 {:+.1f} → 疑いの確からしさ {:.0f}%",
                  meaning, before, rules, rest, belief.offset, percent),
      fmt::format("witnesses (log odds): meaning {:+.1f}, read with the turn before {:+.1f}, rules {:+.1f}, "
                  "rest of the call {:+.1f}, base {:+.1f} -> probability {:.0f}%",
                  meaning, before, rules, rest, belief.offset, percent)};
}

Text outside_text(const OutsideOpinion& outside, double heard, const policy::Policy& policy) {
  const Text none = {"該当なし", "none"};
  const auto& label = outside.category.empty() ? none : policy.category(outside.category).label;
  return {fmt::format("外部の意見 {:+.1f} (「{}」) → 疑いの確からしさ {:.0f}%", share_of(outside), label.ja,
                      heard * 100.0),
          fmt::format("outside opinion {:+.1f} (\"{}\") -> probability {:.0f}%", share_of(outside), label.en,
                      heard * 100.0)};
}

Statement meaning_statement(const std::string& category, const Opinion& opinion, const SearchableText& text,
                            const MeaningWitness& witness, const policy::Policy& policy) {
  Statement statement;
  const auto& named = policy.category(category);
  statement.category = category;
  statement.severity = std::clamp(opinion.severity, named.low, named.high);
  statement.in_surface = locate_meaning(text, witness);
  statement.witnesses.push_back(
      {fmt::format("言い回しの規則はないが、意味が「{}」の例に近い", named.label.ja),
       fmt::format("no rule has this wording, but it means what examples of \"{}\" mean", named.label.en)});
  return statement;
}

Statement rule_statement(const RuleHit& hit) {
  return {hit.rule->category, hit.rule->severity, hit.confidence, hit.in_surface, hit.rule, hit.by_sound, {}};
}

}  // namespace

std::vector<RuleHit> strongest_of_each(std::vector<RuleHit> hits, const SearchableText& text,
                                       const policy::Policy& policy) {
  std::erase_if(hits, [&](const RuleHit& hit) {
    return !policy::is_harassment(policy.category(hit.rule->category).kind);
  });
  double surest = 0.0;
  for (const auto& hit : hits) surest = std::max(surest, hit.rule->confidence);
  std::erase_if(hits, [&](const RuleHit& hit) { return hit.rule->confidence < std::min(kHint, surest); });
  std::stable_sort(hits.begin(), hits.end(),
                   [](const RuleHit& a, const RuleHit& b) { return strength(a) > strength(b); });
  std::vector<RuleHit> chosen;
  for (const auto& hit : hits)
    if (std::none_of(chosen.begin(), chosen.end(),
                     [&](const RuleHit& stronger) { return is_same_statement(hit, stronger, text); }))
      chosen.push_back(hit);
  sort_by_place(chosen);
  return chosen;
}

double surest_of(const std::vector<RuleHit>& hits) {
  double surest = 0.0;
  for (const auto& hit : hits) surest = std::max(surest, hit.confidence);
  return surest;
}

std::vector<Statement> statements_of(const std::vector<RuleHit>& hits) {
  std::vector<Statement> statements;
  statements.reserve(hits.size());
  for (const auto& hit : hits) statements.push_back(rule_statement(hit));
  return statements;
}

void add_own(std::vector<Statement>& statements, const std::vector<RuleHit>& hits) {
  for (const auto& hit : hits) {
    const auto says_it = [&](const Statement& statement) {
      return statement.category == hit.rule->category && statement.in_surface.begin < hit.in_surface.end &&
             hit.in_surface.begin < statement.in_surface.end;
    };
    if (std::any_of(statements.begin(), statements.end(), says_it)) continue;
    statements.push_back(rule_statement(hit));
    statements.back().witnesses.push_back({"自社の規則による", "by the company's own rule"});
  }
  sort_by_place(statements);
}

Testimony testimony_of(const std::vector<RuleHit>& hits, const Opinion& opinion, const policy::Policy& policy,
                       const Scales& scales) {
  return {opinion.logit, surest_category(opinion, policy), surest_of(hits), scales.rest, scales.together};
}

std::vector<Statement> weigh(const std::vector<RuleHit>& hits, const Opinion& opinion,
                             const SearchableText& text, const MeaningWitness& witness,
                             const policy::Policy& policy, const Scales& scales) {
  const auto testimony = testimony_of(hits, opinion, policy, scales);
  const double together = scales.belief.probability(testimony);
  // Whoever talks the outside model round must not make a finding vanish, nor seem less than it is.
  const double sure =
      scales.outside != nullptr ? std::max(together, with_outside(together, *scales.outside)) : together;
  if (sure < scales.reported_from) return {};

  const auto support = support_of(hits, opinion, policy);
  if (support.empty()) return {};
  const auto first = std::max_element(support.begin(), support.end(),
                                      [](const auto& a, const auto& b) { return a.second < b.second; });
  std::vector<Statement> statements;
  for (const auto& hit : hits) {
    double mine = support.at(hit.rule->category);
    if (hit.rule->category != first->first) {
      mine = std::max(mine, support_where_said(hit, text, witness));
      if (mine < kFurtherCategory) continue;
    }
    statements.push_back(rule_statement(hit));
    statements.back().confidence = sure * std::min(1.0, mine / std::max(first->second, 1e-9));
  }
  const auto has_first = [&](const Statement& statement) { return statement.category == first->first; };
  if (std::none_of(statements.begin(), statements.end(), has_first)) {
    statements.push_back(meaning_statement(first->first, opinion, text, witness, policy));
    statements.back().confidence = sure;
  }
  for (auto& statement : statements) {
    statement.witnesses.push_back(witnesses_text(scales.belief, testimony));
    if (scales.outside != nullptr) statement.witnesses.push_back(outside_text(*scales.outside, sure, policy));
  }
  sort_by_place(statements);
  return statements;
}

}  // namespace guardian::judgement
