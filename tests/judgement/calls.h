// Calls written down in a test: who says what, one turn after the other.
#pragma once

#include <string>
#include <vector>

#include "judgement/judge.h"
#include "support.h"

namespace guardian::judgement::test {

struct Turn {
  speech::Speaker speaker = speech::Speaker::customer;
  std::string text;
};

inline Turn customer(std::string text) { return {speech::Speaker::customer, std::move(text)}; }
inline Turn employee(std::string text) { return {speech::Speaker::employee, std::move(text)}; }

/// Every turn lasts four seconds and begins five seconds after the one before.
inline speech::Transcript call(const std::vector<Turn>& turns) {
  constexpr double kStep_s = 5.0;
  constexpr double kLength_s = 4.0;
  speech::Transcript transcript;
  for (const auto& turn : turns) {
    speech::Utterance utterance;
    utterance.index = static_cast<int>(transcript.utterances.size());
    utterance.speaker = turn.speaker;
    utterance.text = turn.text;
    utterance.start_s = kStep_s * utterance.index;
    utterance.end_s = utterance.start_s + kLength_s;
    transcript.utterances.push_back(utterance);
  }
  return transcript;
}

inline policy::Policy shipped_policy() {
  return policy::load_policy(guardian::test::source_dir() / "policy").value();
}

/// With the shipped policy; loaded once.
inline const Judge& judge() {
  static const Judge shared = Judge::create(shipped_policy()).value();
  return shared;
}

/// With the shipped model as second witness.
inline Judge with_both_witnesses(policy::Policy policy) {
  const auto source = guardian::test::source_dir();
  return Judge::create(std::move(policy),
                       MeaningWitness::load(source / "models/customer-speech/meaning.bin",
                                            source / ".deps/models/e5-customer/e5-customer-q4.bin")
                           .value())
      .value();
}

/// The same with the shipped policy; loaded once.
inline const Judge& both_witnesses() {
  static const Judge shared = with_both_witnesses(shipped_policy());
  return shared;
}

/// The same, but reporting from this probability on.
inline Judge both_witnesses_reporting_from(double probability) {
  auto policy = shipped_policy();
  policy.scale.reported_from = probability;
  return with_both_witnesses(std::move(policy));
}

/// In both languages.
inline std::string all_grounds(const Finding& finding) {
  std::string text;
  for (const auto& ground : finding.grounds) text += ground.ja + "\n" + ground.en + "\n";
  return text;
}

inline bool has(const Verdict& verdict, const std::string& category) {
  for (const auto& finding : verdict.findings)
    if (finding.category == category) return true;
  return false;
}

/// The finding about the whole call in this category, or none.
inline const Finding* find_whole_call(const Verdict& verdict, const std::string& category) {
  for (const auto& finding : verdict.findings)
    if (finding.category == category && finding.utterance == -1) return &finding;
  return nullptr;
}

}  // namespace guardian::judgement::test
