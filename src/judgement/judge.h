// judgement/judge.h - a transcript and a policy in, a verdict out.
// Nothing else is read or written, so the same call serves the command line, a server, and measurements of
// accuracy.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "judgement/history.h"
#include "judgement/meaning_model.h"
#include "judgement/outside_opinion.h"
#include "judgement/suspicion.h"
#include "judgement/verdict.h"
#include "policy/policy.h"
#include "speech/transcript.h"

namespace guardian::judgement {

/// Verdict on one customer utterance without any context.
struct UtteranceVerdict {
  std::string category;  ///< empty: none
  int severity = 0;
  double confidence = 0.0;
  std::string quote;  ///< verbatim substring of the text
  std::string rule;
  double probability = 0.0;  ///< of harassment, whether or not it is reported
};

/// An example of a rule, or a harmless sentence of the policy, that came out wrong.
struct FailedExample {
  std::string rule;
  std::string example;
  bool should_match = false;
};

/// What the second witness thinks of every turn that may be the customer's, in the words that the sound
/// supports best.
struct Thoughts {
  std::vector<std::optional<Opinion>> alone;  ///< none of the employee's turns
  std::vector<double> together;               ///< Testimony::together of each turn
};

/// Safe to use from several threads. The same input gives the same verdict.
class Judge {
 public:
  /// Without a `witness` the rules decide alone. Errors: model, if there is no dictionary for readings.
  static Result<Judge> create(policy::Policy policy, std::optional<MeaningWitness> witness = std::nullopt);
  Judge(Judge&&) noexcept;
  Judge& operator=(Judge&&) noexcept;
  ~Judge();

  /// One that goes by other rules and shares dictionary and witness with this one: no file is read.
  Judge with_policy(policy::Policy policy) const;

  const policy::Policy& policy() const;

  /// What the second witness thinks of a transcript. It is most of the work and does not depend on rules, so
  /// judges that share a witness can share it.
  Thoughts think(const speech::Transcript& transcript, const std::vector<Hearing>& hearings = {}) const;
  Verdict conclude(const speech::Transcript& transcript, const Thoughts& thoughts,
                   const OutsideOpinions& outside = {}, const History& history = {},
                   const std::vector<Hearing>& hearings = {}) const;

  /// `outside` is weighed only beside the second witness. `history`: earlier dealings with the same
  /// counterpart. With `hearings` what only sounds like a rule's phrase is believed where the sound supports
  /// it and dropped where it does not; the transcript stays as it was heard. Without all of them the
  /// transcript alone speaks.
  Verdict judge(const speech::Transcript& transcript, const OutsideOpinions& outside = {},
                const History& history = {}, const std::vector<Hearing>& hearings = {}) const;

  /// Phrases that may have been misheard in the customer's words, to be put to the recogniser again: a
  /// bounded number of utterances, nearest first, in order of utterances.
  std::vector<Suspicion> suspicions(const speech::Transcript& transcript) const;

  /// `text` must be valid UTF-8.
  UtteranceVerdict judge_utterance(const std::string& text) const;

  /// Confidence of the strongest rule that finds harassment in the text; 0 without. What training weighs.
  double rule_confidence(const std::string& text) const;

  /// Runs every rule's own examples, and what no rule that finds harassment may match.
  std::vector<FailedExample> test_examples() const;

 private:
  struct Impl;
  explicit Judge(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::judgement
