#include "judgement/course.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/clock.h"
#include "base/text.h"

namespace guardian::judgement {
namespace {

using speech::Speaker;

constexpr int kAboveRange =
    25;  // repetition and warnings may raise a severity above its category's range by this
constexpr double kSameDemand = 0.5;
constexpr double kAlike = 0.55;  // shared character pairs of two utterances that ask the same
constexpr std::size_t kLeastCharacters = 8;
constexpr std::size_t kLeastRepetitions = 3;
constexpr std::size_t kQuoted = 5;
// Whoever asks a third time may just not have understood; from the fourth time on it is pressure.
constexpr int kThirdTimeSeverity = 30;
constexpr int kPerFurtherTime = 10;
constexpr int kMostRepetitionSeverity = 60;
constexpr int kRestraintSeverity = 45;
constexpr double kWholeCallConfidence = 0.9;      // counted, not guessed; only its name may be wrong
constexpr std::size_t kUtterancesCompared = 400;  // of very long calls the last ones
constexpr std::size_t kPairsCompared = 500;       // of very long utterances the beginning

std::string whole_decibels(double change_db) { return fmt::format("{:.0f}", change_db); }

void raise_for_loudness(Finding& finding, const speech::Utterance& utterance, const policy::Scale& scale) {
  const auto change_db = utterance.cues.loudness_change_db;
  if (!change_db || *change_db < scale.loud_db) return;
  finding.severity += scale.loud_bonus;
  finding.grounds.push_back(
      {fmt::format("本人のふだんの声より {} dB 大きい", whole_decibels(*change_db)),
       fmt::format("{} dB louder than this speaker's usual", whole_decibels(*change_db))});
}

/// What is asked for is judged more mildly where the company is at fault; how it is asked never is. Source:
/// domain reference, section 9.1.
void weigh_company_fault(Finding& finding, const policy::Scale& scale) {
  finding.severity = std::max(0, finding.severity - scale.company_fault_relief);
  finding.grounds.push_back({"会社に落ち度があるため、要求としての深刻度を下げた",
                             "the company is at fault, so the demand weighs less"});
}

/// Pairs of neighbouring characters, the unit in which two utterances are compared.
std::set<std::string> character_pairs(const std::string& text) {
  const auto characters = split_characters(text);
  std::set<std::string> pairs;
  for (std::size_t i = 0; i + 1 < characters.size() && i < kPairsCompared; ++i)
    pairs.insert(std::string(characters[i]).append(characters[i + 1]));
  return pairs;
}

double likeness(const std::set<std::string>& a, const std::set<std::string>& b) {
  const auto shared = static_cast<double>(
      std::count_if(a.begin(), a.end(), [&](const std::string& pair) { return b.contains(pair); }));
  return shared / static_cast<double>(std::min(a.size(), b.size()));
}

/// A customer's turn that may ask for something.
struct Turn {
  std::size_t utterance = 0;
  std::set<std::string> pairs;
  const Opinion* opinion = nullptr;  ///< may be none
};

/// The customer's turns after the first refusal. What was repeated before (digits read out, answers to
/// questions) was not yet against anybody's word.
std::vector<Turn> turns_after_refusal(const speech::Transcript& transcript, const CallContent& content,
                                      int first_refusal) {
  std::vector<Turn> turns;
  for (auto i = static_cast<std::size_t>(first_refusal) + 1; i < content.texts.size(); ++i)
    if (transcript.utterances[i].speaker == Speaker::customer &&
        count_characters(content.texts[i].surface()) >= kLeastCharacters)
      turns.push_back({i, character_pairs(content.texts[i].surface()),
                       content.opinions[i] ? &*content.opinions[i] : nullptr});
  if (turns.size() > kUtterancesCompared)
    turns.erase(turns.begin(), turns.end() - static_cast<std::ptrdiff_t>(kUtterancesCompared));
  return turns;
}

bool ask_the_same(const Turn& a, const Turn& b, const SameDemand* same_demand) {
  if (likeness(a.pairs, b.pairs) >= kAlike) return true;
  return same_demand != nullptr && a.opinion != nullptr && b.opinion != nullptr &&
         same_demand->probability(a.opinion->asking, b.opinion->asking) >= kSameDemand;
}

/// The utterances that ask for the same as one of them does, of the one for which they are most.
std::vector<std::size_t> find_most_repeated(const std::vector<Turn>& turns, const SameDemand* same_demand) {
  std::vector<std::vector<std::size_t>> alike(turns.size());
  for (std::size_t a = 0; a < turns.size(); ++a)
    for (std::size_t b = 0; b <= a; ++b)
      if (ask_the_same(turns[a], turns[b], same_demand)) {
        alike[a].push_back(turns[b].utterance);
        if (a != b) alike[b].push_back(turns[a].utterance);
      }
  const auto most = std::max_element(alike.begin(), alike.end(),
                                     [](const auto& a, const auto& b) { return a.size() < b.size(); });
  return most == alike.end() ? std::vector<std::size_t>() : std::move(*most);
}

Finding repetition_finding(const std::vector<std::size_t>& repeated, const speech::Transcript& transcript,
                           const policy::Policy& policy) {
  const int further = static_cast<int>(repeated.size() - kLeastRepetitions);
  auto finding =
      whole_call_finding("repetitive_contact", "course",
                         std::min(kThirdTimeSeverity + further * kPerFurtherTime, kMostRepetitionSeverity),
                         transcript.utterances.back().end_s, policy);
  finding.grounds.push_back({fmt::format("お断りの後も同じ要求を {} 回", repeated.size()),
                             fmt::format("the same demand {} times despite refusal", repeated.size())});
  for (std::size_t i = 0; i < std::min(repeated.size(), kQuoted); ++i) {
    const auto& utterance = transcript.utterances[repeated[i]];
    const auto at = transcript.timed ? format_position(utterance.start_s) + " " : std::string();
    finding.grounds.push_back(
        {fmt::format("{}「{}」", at, utterance.text), fmt::format("{}\"{}\"", at, utterance.text)});
  }
  return finding;
}

}  // namespace

Finding whole_call_finding(const std::string& category, const std::string& basis, int severity, double end_s,
                           const policy::Policy& policy) {
  Finding finding;
  finding.category = category;
  finding.label = policy.category(category).label;
  finding.severity = severity;
  finding.confidence = kWholeCallConfidence;
  finding.rule = category + "." + basis;
  finding.end_s = end_s;
  return finding;
}

void follow_course(std::vector<Finding>& findings, const Verdict& verdict,
                   const speech::Transcript& transcript, const policy::Policy& policy) {
  std::map<std::string, std::set<int>> earlier;  // utterances by category
  for (auto& finding : findings) {
    const auto& category = policy.category(finding.category);
    auto& utterances = earlier[finding.category];
    utterances.insert(finding.utterance);
    const int before = static_cast<int>(utterances.size()) - 1;
    if (before > 0) {
      finding.severity +=
          std::min(before * policy.scale.repetition_bonus, policy.scale.repetition_bonus_limit);
      finding.grounds.push_back(
          {fmt::format("同じ通話で {} 回目", before + 1), fmt::format("time {} in this call", before + 1)});
    }
    if (verdict.follows_warning(finding)) {
      finding.severity += policy.scale.warning_bonus;
      finding.grounds.push_back({"警告・お断りの後も続いている", "goes on after a warning or refusal"});
    }
    raise_for_loudness(finding, transcript.utterances[static_cast<std::size_t>(finding.utterance)],
                       policy.scale);
    const bool demand = category.kind == policy::CategoryKind::demand;
    if (demand && transcript.company_fault.value_or(false)) weigh_company_fault(finding, policy.scale);
    finding.severity =
        std::min({finding.severity, category.high + kAboveRange, demand ? policy.scale.demand_cap : 100});
  }
}

std::vector<Finding> find_in_course(const Verdict& verdict, const speech::Transcript& transcript,
                                    const CallContent& content, const policy::Policy& policy) {
  std::vector<Finding> findings;
  if (transcript.utterances.empty() || verdict.warned_utterances.empty()) return findings;
  const double length_s = transcript.utterances.back().end_s;
  const auto turns = turns_after_refusal(transcript, content, verdict.warned_utterances.front());
  if (const auto repeated = find_most_repeated(turns, content.same_demand);
      repeated.size() >= kLeastRepetitions)
    findings.push_back(repetition_finding(repeated, transcript, policy));
  if (transcript.timed && length_s >= policy.scale.held_minutes * 60.0) {
    auto finding = whole_call_finding("time_restraint", "course", kRestraintSeverity, length_s, policy);
    finding.grounds.push_back({fmt::format("お断りの後も続き、{} に及ぶ (社内の目安 {:.0f} 分)",
                                           format_position(length_s), policy.scale.held_minutes),
                               fmt::format("lasted {} despite refusal (the company's limit is {:.0f} min)",
                                           format_position(length_s), policy.scale.held_minutes)});
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace guardian::judgement
