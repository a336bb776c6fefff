// policy/amendment.h - what a company changes about the policy that its recordings are judged by: rules that
// do not count, rules of its own, and from when on a dealing takes too long. Comes from the company's people
// and is checked like any other input.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/policy.h"

namespace guardian::policy {

/// Every pattern of these is compiled in the process that judges.
constexpr std::size_t kOwnRulesBytes = std::size_t{32} << 10U;
constexpr std::size_t kMostSwitchedOff = 1000;
constexpr double kLongestHeld_minutes = 1440;

/// Ids of a company's own rules begin with it, so that none is taken for one of the program's.
constexpr std::string_view kOwnPrefix = "own.";

struct Amendment {
  std::int64_t edition = 0;            ///< counted up with each published one; 0: a draft
  std::vector<std::string> off = {};   ///< ids of the program's rules that do not count
  std::string rules = {};              ///< the company's own: YAML as in policy/rules/README.md; may be empty
  std::optional<double> held_minutes;  ///< instead of the scale's, 1 to kLongestHeld_minutes

  bool operator==(const Amendment&) const = default;

  /// True if judging goes by the program's policy alone.
  bool is_empty() const { return off.empty() && rules.empty() && !held_minutes; }
};

/// The policy as the company wants it; its version tells the edition ("2026.11.6+3"). Rules that this version
/// of the program does not have any more may be switched off all the same; those that know fair complaints,
/// cries for help and warnings always count. Errors: policy, with line or rule.
Result<Policy> amend(Policy policy, const Amendment& amendment);

/// The edition that a policy's version tells; 0 without one.
std::int64_t edition_in(std::string_view version);

/// For parts of the program that hand it on or keep it (base/json_fields.h).
template <class Io>
void fields(Io& io, Amendment& amendment) {
  io("edition", amendment.edition);
  io("off", amendment.off);
  io("rules", amendment.rules);
  io("held_minutes", amendment.held_minutes);
}

}  // namespace guardian::policy
