// consultation/question.h - what is sent to a model outside: turns without personal details, and the rules by
// which they are to be read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/policy.h"
#include "redaction/redactor.h"
#include "speech/transcript.h"

namespace guardian::consultation {

/// One turn as the other side sees it.
struct AskedTurn {
  int turn = 0;  ///< the utterance's index
  speech::Speaker speaker = speech::Speaker::unknown;
  std::string text;     ///< redacted, at most 2,000 bytes
  bool judged = false;  ///< false: only there so that the others are understood
};

/// The turns of one request; at least one of them is judged.
struct Question {
  std::vector<AskedTurn> turns;

  int judged() const;  ///< how many
};

/// The call in parts of at most `most` new turns, each led by a few turns of the part before. Parts in which
/// only the employee speaks are left out.
std::vector<Question> divide(const speech::Transcript& transcript, const redaction::Redactor& redactor,
                             int most);

/// Ids an answer may give: the policy's harassment categories.
std::vector<std::string> category_ids(const policy::Policy& policy);

/// Body of the request, JSON. The turns' words stand in a JSON text of their own, apart from the instruction,
/// so that no quotation mark in them ends it.
std::string to_request(const Question& question, const policy::Policy& policy, const std::string& model,
                       std::optional<double> temperature);

}  // namespace guardian::consultation
