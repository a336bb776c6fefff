// speech/roles.h - who is the customer and who the employee.
// After recognition, before judgement: only the customer's words are scored, so a wrong role is worse than none. Roles are
// told from what each side says (greetings with the company's name, set phrases of service, the words of complaint), and
// where that is too thin they stay unknown and the transcript says so.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "speech/transcript.h"

namespace guardian::speech {

/// Phrases with the weight they add for one side.
struct RolePhrase {
  std::string text;  ///< normalised
  double weight = 0.0;
};

class RoleLexicon {
 public:
  /// Reads policy/roles.yaml. Errors: not_found, unreadable, policy.
  static Result<RoleLexicon> load(const std::filesystem::path& file);

  /// How much an utterance sounds like an employee (+) or a customer (-).
  double score(const std::string& text) const;

 private:
  std::vector<RolePhrase> employee_;
  std::vector<RolePhrase> customer_;
};

struct RoleOptions {
  std::optional<int> customer_channel;  ///< stated by the user; then nothing is inferred, but a contradiction is noted
  bool sides_by_channel = false;        ///< every channel is one side of the dealing
};

/// Sets the speaker of every utterance and says in the transcript's warnings how that was decided.
void assign_roles(Transcript& transcript, const RoleLexicon& lexicon, const RoleOptions& options);

}  // namespace guardian::speech
