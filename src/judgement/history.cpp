#include "judgement/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>

#include "judgement/course.h"

namespace guardian::judgement {
namespace {

using Dealings = std::vector<EarlierDealing>;

constexpr std::size_t kMostNamed = 10;  // in one sentence; the latest ones

/// The earlier dealings that began within `span` before this one.
Dealings begun_within(std::chrono::hours span, const History& history) {
  Dealings begun;
  if (!history.started_at) return begun;
  const auto now = history.started_at->instant;
  std::copy_if(history.earlier.begin(), history.earlier.end(), std::back_inserter(begun),
               [&](const EarlierDealing& dealing) {
                 if (!dealing.started_at) return false;
                 const auto before = dealing.started_at->instant;
                 return before <= now && now - before <= span;
               });
  return begun;
}

Dealings those_that(const std::function<bool(const EarlierDealing&)>& wanted, const Dealings& dealings) {
  Dealings kept;
  std::copy_if(dealings.begin(), dealings.end(), std::back_inserter(kept), wanted);
  return kept;
}

std::string name_of(const EarlierDealing& dealing) {
  return dealing.started_at ? fmt::format("{} ({})", dealing.name, format_day_and_time(*dealing.started_at))
                            : dealing.name;
}

Text names_of(const Dealings& dealings) {
  Text names;
  const std::size_t left_out = dealings.size() > kMostNamed ? dealings.size() - kMostNamed : 0;
  if (left_out > 0) names = {fmt::format("ほか {} 件、", left_out), fmt::format("{} more, ", left_out)};
  for (std::size_t i = left_out; i < dealings.size(); ++i) {
    names.ja += (i > left_out ? "、" : "") + name_of(dealings[i]);
    names.en += (i > left_out ? ", " : "") + name_of(dealings[i]);
  }
  return names;
}

/// In the category's range, from its low end up by `steps` steps.
Finding history_finding(const std::string& category, int steps, int step, const History& history,
                        const policy::Policy& policy) {
  const auto& found = policy.category(category);
  const int severity = std::min(found.high, found.low + steps * step);
  return whole_call_finding(category, "history", severity, history.duration_s, policy);
}

std::optional<Finding> find_contact_after_refusal(const History& history, const policy::Policy& policy) {
  const auto& scale = policy.scale.history;
  const auto contacts = begun_within(std::chrono::days(scale.contact_days), history);
  const auto count = static_cast<int>(contacts.size()) + 1;
  const auto first_refused = std::find_if(contacts.begin(), contacts.end(),
                                          [](const EarlierDealing& dealing) { return dealing.refused; });
  if (first_refused == contacts.end() || count < scale.contacts) return std::nullopt;
  // A customer of many ordinary calls is not graver for those before anybody refused anything.
  const auto after_refusal = static_cast<int>(contacts.end() - first_refused);
  auto finding =
      history_finding("repetitive_contact", after_refusal - 1, scale.contact_step, history, policy);
  const auto names = names_of(contacts);
  const auto refused = names_of(those_that([](const auto& dealing) { return dealing.refused; }, contacts));
  finding.grounds.push_back(
      {fmt::format("{} 日間に同じ相手との応対が {} 回 (今回を含む): {}", scale.contact_days, count, names.ja),
       fmt::format("{} dealings with the same counterpart in {} days (this one included): {}", count,
                   scale.contact_days, names.en)});
  finding.grounds.push_back(
      {fmt::format("うちお断り・警告をした応対の後、今回が {} 回目の連絡: {}", after_refusal, refused.ja),
       fmt::format("contact number {} after a dealing with a refusal or warning: {}", after_refusal,
                   refused.en)});
  return finding;
}

bool is_silent(double speech_s, double duration_s, const policy::HistoryScale& scale) {
  return speech_s < scale.silent_speech_s && duration_s >= scale.silent_duration_s;
}

std::optional<Finding> find_silent_calls(const History& history, const speech::Transcript& transcript,
                                         const policy::Policy& policy) {
  const auto& scale = policy.scale.history;
  if (!is_silent(counterpart_speech_s(transcript), history.duration_s, scale)) return std::nullopt;
  const auto silent = those_that(
      [&](const auto& dealing) { return is_silent(dealing.counterpart_speech_s, dealing.duration_s, scale); },
      begun_within(std::chrono::hours(scale.silent_hours), history));
  const auto count = static_cast<int>(silent.size()) + 1;
  if (count < scale.silent_calls) return std::nullopt;
  auto finding =
      history_finding("business_obstruction", count - scale.silent_calls, scale.silent_step, history, policy);
  const auto names = names_of(silent);
  finding.grounds.push_back(
      {fmt::format("{} 時間に同じ相手の無言の応対が {} 回 (今回を含む): {}", scale.silent_hours, count,
                   names.ja),
       fmt::format("{} silent dealings with the same counterpart in {} hours (this one included): {}", count,
                   scale.silent_hours, names.en)});
  return finding;
}

void raise_for_recurrence(std::vector<Finding>& findings, const History& history,
                          const policy::Policy& policy) {
  const auto& scale = policy.scale.history;
  const auto suspected = those_that([](const auto& dealing) { return dealing.suspected; },
                                    begun_within(std::chrono::days(scale.recurrence_days), history));
  if (suspected.empty()) return;
  const auto names = names_of(suspected);
  const Text ground = {
      fmt::format("同じ相手に {} 日以内にも疑いのある応対があった: {}", scale.recurrence_days, names.ja),
      fmt::format("a suspected dealing with the same counterpart within {} days: {}", scale.recurrence_days,
                  names.en)};
  for (auto& finding : findings) {
    if (policy.category(finding.category).kind != policy::CategoryKind::conduct) continue;
    finding.severity = std::min(100, finding.severity + scale.recurrence_bonus);
    finding.grounds.push_back(ground);
  }
}

/// The latest dealings before this one whose scores climb to this one's; empty if they do not.
Dealings climb_to(int score, const History& history, const policy::HistoryScale& scale) {
  const auto needed = static_cast<std::size_t>(scale.escalation_dealings) - 1;
  if (history.earlier.size() < needed) return {};
  Dealings climb(history.earlier.end() - static_cast<std::ptrdiff_t>(needed), history.earlier.end());
  for (std::size_t i = 0; i < climb.size(); ++i) {
    const int next = i + 1 < climb.size() ? climb[i + 1].score : score;
    if (next - climb[i].score < scale.escalation_rise) return {};
  }
  return climb;
}

}  // namespace

double counterpart_speech_s(const speech::Transcript& transcript) {
  double speech_s = 0.0;
  for (const auto& utterance : transcript.utterances)
    if (utterance.speaker != speech::Speaker::employee) speech_s += utterance.end_s - utterance.start_s;
  return speech_s;
}

void follow_history(Verdict& verdict, const History& history, const speech::Transcript& transcript,
                    const policy::Policy& policy) {
  raise_for_recurrence(verdict.findings, history, policy);
  // Who cries for help may call as often as they need to.
  if (verdict.distress_utterances.empty())
    if (auto found = find_contact_after_refusal(history, policy))
      verdict.findings.push_back(std::move(*found));
  if (auto found = find_silent_calls(history, transcript, policy))
    verdict.findings.push_back(std::move(*found));
}

void note_escalation(Verdict& verdict, const History& history, const policy::HistoryScale& scale) {
  if (!verdict.suspected || verdict.findings.empty()) return;
  const auto climb = climb_to(verdict.score, history, scale);
  if (climb.empty()) return;
  std::string steps;
  for (const auto& dealing : climb) steps += fmt::format("{} {} → ", name_of(dealing), dealing.score);
  const auto gravest =
      std::max_element(verdict.findings.begin(), verdict.findings.end(),
                       [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
  gravest->grounds.push_back(
      {fmt::format("同じ相手との応対のたびにスコアが上がっている: {}今回 {}", steps, verdict.score),
       fmt::format("the score climbs from dealing to dealing with the same counterpart: {}now {}", steps,
                   verdict.score)});
  verdict.axes.persistence =
      std::max(verdict.axes.persistence, std::min(100, verdict.score - climb.front().score));
}

}  // namespace guardian::judgement
