#include "judgement/rule_matcher.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/text.h"
#include "judgement/sound_alike.h"

namespace guardian::judgement {
namespace {

using policy::Match;
using policy::Pattern;

constexpr double kSoundLimit = 0.12;           // weighted edits per kana
constexpr double kSoundConfidence = 0.7;       // of the rule's own
constexpr double kHeardAgainConfidence = 0.9;  // of the rule's own
constexpr double kSuspicionLimit = 0.30;  // weighted edits per kana: docs/decisions/0008-second-hearing.md

// Bounds on hostile text: one rule looks at so many places of an utterance, and guards so far around each.
constexpr std::size_t kPlacesPerRule = 64;
constexpr std::size_t kGuardBytes = 600;

/// A match and its neighbourhood, cut out of a longer text on character borders.
struct Excerpt {
  std::string_view text;
  Match match;
};

Excerpt around(std::string_view text, const Match& match) {
  const auto inside_character = [&](std::size_t i) {
    return (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U;
  };
  std::size_t begin = match.begin - std::min(match.begin, kGuardBytes);
  while (begin > 0 && inside_character(begin)) --begin;
  std::size_t end = std::min(text.size(), match.end + kGuardBytes);
  while (end < text.size() && inside_character(end)) ++end;
  return {text.substr(begin, end - begin), {match.begin - begin, match.end - begin}};
}

bool any_within(const std::vector<Pattern>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const Pattern& p) { return p.matches_within(text); });
}

/// True if the match begins inside such a pair: the quoted words may be only the first part of a long match.
bool is_bracketed(std::string_view text, const Match& match, const std::string& pair) {
  const std::size_t half = pair.size() / 2;
  const auto open = std::string_view(pair).substr(0, half);
  const auto close = std::string_view(pair).substr(half);
  const auto before = text.substr(0, match.begin);
  const auto opened = before.rfind(open);
  if (opened == std::string_view::npos) return false;
  const auto closed = before.rfind(close);
  if (closed != std::string_view::npos && closed > opened) return false;
  return text.find(close, match.begin) != std::string_view::npos;
}

/// The sentence around a match, borders included.
std::string_view sentence_of(std::string_view text, const Match& match) {
  constexpr std::string_view kStop = "。";
  const auto before = text.rfind(kStop, match.begin);
  const auto begin = before == std::string_view::npos ? 0 : before + kStop.size();
  const auto after = text.find(kStop, match.end);
  return text.substr(begin, after == std::string_view::npos ? std::string_view::npos : after - begin);
}

bool guards_match(const policy::Guard& guard, std::string_view text, const Match& match) {
  const auto enclosed = [&](const std::string& pair) { return is_bracketed(text, match, pair); };
  if (std::any_of(guard.brackets.begin(), guard.brackets.end(), enclosed)) return true;
  const auto rest = text.substr(match.end);
  if (std::any_of(guard.after.begin(), guard.after.end(),
                  [&](const auto& p) { return p.matches_at_start(rest); }))
    return true;
  const auto lead = text.substr(0, match.begin);
  if (std::any_of(guard.before.begin(), guard.before.end(),
                  [&](const auto& p) { return p.matches_at_end(lead); }))
    return true;
  for (const auto& pattern : guard.covering)
    for (const auto& cover : pattern.find_all(text))
      if (cover.begin < match.end && match.begin < cover.end) return true;
  return any_within(guard.anywhere, sentence_of(text, match));
}

/// Words that sound like a phrase.
struct SoundPlace {
  Match in_surface;
  double distance = 0.0;  // weighted edits per kana
};

/// Where the phrase may stand in other words. Where it is literally written nothing was misheard, and the
/// rule's patterns decide.
std::optional<SoundPlace> misheard_place(const SearchableText& text, const policy::SoundPhrase& phrase,
                                         double limit) {
  const auto found = find_sound_alike(text.reading(), phrase.reading, limit);
  if (!found) return std::nullopt;
  const Match match = text.surface_of_reading(found->in_reading);
  if (match.begin >= match.end) return std::nullopt;
  const auto words = std::string_view(text.surface()).substr(match.begin, match.end - match.begin);
  const auto written = normalize(phrase.written).text;
  if (!written.empty() && words.find(written) != std::string_view::npos) return std::nullopt;
  return SoundPlace{match, found->distance};
}

Suspicion to_suspicion(const policy::Rule& rule, const policy::SoundPhrase& phrase,
                       const SearchableText& text, const SoundPlace& place,
                       const speech::Utterance& utterance) {
  Suspicion suspicion;
  suspicion.utterance = utterance.index;
  suspicion.rule = rule.id;
  suspicion.category = rule.category;
  suspicion.in_surface = place.in_surface;
  suspicion.heard = text.quote(place.in_surface);
  suspicion.written = phrase.written;
  suspicion.distance = place.distance;
  const auto replaced = text.original_range(place.in_surface);
  suspicion.suspected_text =
      utterance.text.substr(0, replaced.begin) + phrase.written + utterance.text.substr(replaced.end);
  return suspicion;
}

bool was_said_before(const policy::EarlierTurn& wanted, const Surroundings& around) {
  if (around.turns == nullptr) return false;
  for (std::size_t back = 1; back <= static_cast<std::size_t>(wanted.within) && back <= around.index;
       ++back) {
    const std::size_t turn = around.index - back;
    if (around.transcript->utterances[turn].speaker != wanted.speaker) continue;
    if (any_within(wanted.any, (*around.turns)[turn].surface())) return true;
  }
  return false;
}

}  // namespace

bool RuleMatcher::applies(const policy::Rule& rule, const SearchableText& text,
                          const Surroundings& around) const {
  const auto& searched = rule.over_reading ? text.reading() : text.surface();
  const auto required = [&](const Pattern& pattern) { return pattern.matches_within(searched); };
  if (!std::all_of(rule.all.begin(), rule.all.end(), required)) return false;
  if (any_within(rule.unless, searched)) return false;
  if (!rule.settings.empty() && around.transcript != nullptr && around.transcript->setting)
    if (std::find(rule.settings.begin(), rule.settings.end(), *around.transcript->setting) ==
        rule.settings.end())
      return false;
  return !rule.after || was_said_before(*rule.after, around);
}

bool RuleMatcher::is_guarded(const policy::Rule& rule, const SearchableText& text, const Match& match) const {
  const auto excerpt = around(text.surface(), match);
  return std::any_of(policy_.guards.begin(), policy_.guards.end(), [&](const policy::Guard& guard) {
    const bool asked =
        !rule.guards || std::find(rule.guards->begin(), rule.guards->end(), guard.id) != rule.guards->end();
    return asked && guards_match(guard, excerpt.text, excerpt.match);
  });
}

void RuleMatcher::find_written(const policy::Rule& rule, const SearchableText& text,
                               std::vector<RuleHit>& hits) const {
  std::map<std::size_t, Match> longest;  // by sentence
  std::size_t places = 0;
  for (const auto& pattern : rule.any)
    for (const auto& found : pattern.find_all(rule.over_reading ? text.reading() : text.surface())) {
      if (++places > kPlacesPerRule) break;
      const Match match = rule.over_reading ? text.surface_of_reading(found) : found;
      if (match.begin >= match.end || is_guarded(rule, text, match)) continue;
      const auto [kept, fresh] = longest.try_emplace(text.sentence_at(match.begin), match);
      if (!fresh && match.end - match.begin > kept->second.end - kept->second.begin) kept->second = match;
    }
  for (const auto& [sentence, match] : longest) hits.push_back({&rule, match, false, rule.confidence});
}

void RuleMatcher::find_sounding(const policy::Rule& rule, const SearchableText& text,
                                std::vector<RuleHit>& hits) const {
  std::optional<SoundPlace> nearest;
  for (const auto& phrase : rule.sounds_like) {
    const auto found = misheard_place(text, phrase, kSoundLimit);
    if (found && (!nearest || found->distance < nearest->distance)) nearest = found;
  }
  if (!nearest || is_guarded(rule, text, nearest->in_surface)) return;
  hits.push_back({&rule, nearest->in_surface, true, rule.confidence * kSoundConfidence});
}

/// True if a second hearing has decided about the rule, whether or not it was for it.
bool RuleMatcher::find_heard_again(const policy::Rule& rule, const Surroundings& around,
                                   std::vector<RuleHit>& hits) const {
  if (around.hearings == nullptr) return false;
  const int utterance = around.transcript->utterances[around.index].index;
  if (!was_heard_again(*around.hearings, utterance, rule.id)) return false;
  if (const auto* support = best_support_of_rule(*around.hearings, utterance, rule.id))
    hits.push_back({&rule, support->suspicion.in_surface, true, rule.confidence * kHeardAgainConfidence});
  return true;
}

std::vector<RuleHit> RuleMatcher::find(const SearchableText& text, speech::Speaker speaker,
                                       const Surroundings& around) const {
  std::vector<RuleHit> hits;
  for (const auto& rule : policy_.rules) {
    // Of an unknown speaker only the customer's rules are tried; the finding will say that the speaker is
    // unknown.
    const bool employee_rule = rule.speaker == speech::Speaker::employee;
    if (employee_rule != (speaker == speech::Speaker::employee)) continue;
    if (!applies(rule, text, around)) continue;
    const std::size_t before = hits.size();
    find_written(rule, text, hits);
    if (hits.size() > before || rule.sounds_like.empty()) continue;
    if (!find_heard_again(rule, around, hits)) find_sounding(rule, text, hits);
  }
  return hits;
}

std::vector<Suspicion> RuleMatcher::suspect(const SearchableText& text, speech::Speaker speaker,
                                            const Surroundings& around) const {
  const auto& utterance = around.transcript->utterances[around.index];
  const auto certain = find(text, speaker, around);
  const auto is_certain = [&](const Match& match) {
    return std::any_of(certain.begin(), certain.end(), [&](const RuleHit& hit) {
      return !hit.by_sound && hit.in_surface.begin < match.end && match.begin < hit.in_surface.end;
    });
  };
  std::vector<Suspicion> suspicions;
  for (const auto& rule : policy_.rules) {
    if ((rule.speaker == speech::Speaker::employee) != (speaker == speech::Speaker::employee)) continue;
    if (rule.sounds_like.empty() || !applies(rule, text, around)) continue;
    for (const auto& phrase : rule.sounds_like) {
      if (phrase.written.empty()) continue;
      const auto place = misheard_place(text, phrase, kSuspicionLimit);
      if (!place || is_certain(place->in_surface) || is_guarded(rule, text, place->in_surface)) continue;
      suspicions.push_back(to_suspicion(rule, phrase, text, *place, utterance));
    }
  }
  return suspicions;
}

}  // namespace guardian::judgement
