// speech/roles.h - which voice is the customer's and which the employee's.
// After recognition and, for mono, after diarization: voices get roles from what they say. Nobody is guessed
// in silence: a decision comes with its confidence, thin evidence gives Speaker::unknown, and both say so in
// Transcript::warnings.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "speech/transcript.h"

namespace guardian::speech {

/// The words by which roles are told apart, and how sure one must be: policy/roles.yaml, checked.
class RolePolicy {
 public:
  /// Errors: not_found, unreadable, policy (naming the field that is wrong).
  static Result<RolePolicy> load(const std::filesystem::path& file);

  /// The same from text; `name` is what errors call it. Errors: policy.
  static Result<RolePolicy> parse(const std::string& yaml, const std::string& name);

  RolePolicy(RolePolicy&&) noexcept;
  RolePolicy& operator=(RolePolicy&&) noexcept;
  ~RolePolicy();

  struct Rules;
  const Rules& rules() const { return *rules_; }

 private:
  explicit RolePolicy(std::unique_ptr<Rules> rules);
  std::unique_ptr<Rules> rules_;
};

/// How the recording was made.
struct RecordingLayout {
  int channels = 1;        ///< in the file
  bool dual_mono = false;  ///< every channel carries the same sound
};

struct RoleOptions {
  std::optional<int>
      customer_channel;  ///< set by the user, from 0; all other channels are the employee's then
};

/// What was decided, for the report and for measuring.
struct RoleDecision {
  enum class Basis {
    wording,        ///< from what each voice said
    option,         ///< as the user said
    per_utterance,  ///< voices could not be told apart: utterance by utterance, from wording and turn-taking
    undecided,      ///< too little evidence
  };
  Basis basis = Basis::undecided;
  double confidence = 0.0;  ///< estimated probability that the roles are right, in [0, 1]; 1 for `option`
  bool contradiction =
      false;  ///< the words say otherwise than the option or the policy's usual order of channels
};

/// Sets `Utterance::speaker` of every utterance and adds what was decided to the warnings.
/// Channels (or diarized voices) are compared with each other; without voices (`Utterance::channel` -1, mono)
/// each utterance is judged with its neighbours and stays unknown where unsure. Errors: usage, if
/// `customer_channel` is not a channel of the recording.
Result<RoleDecision> assign_roles(Transcript& transcript, const RecordingLayout& layout,
                                  const RoleOptions& options, const RolePolicy& policy);

}  // namespace guardian::speech
