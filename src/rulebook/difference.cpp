#include "rulebook/difference.h"

#include <set>
#include <string>
#include <tuple>

namespace guardian::rulebook {
namespace {

using judgement::Finding;
using judgement::Verdict;

using Key = std::tuple<std::string, int, std::string>;

Key key_of(const Finding& finding) { return {finding.category, finding.utterance, finding.quote}; }

std::vector<Finding> only_in(const Verdict& one, const Verdict& other) {
  std::set<Key> known;
  for (const auto& finding : other.findings) known.insert(key_of(finding));
  std::vector<Finding> only;
  for (const auto& finding : one.findings)
    if (known.insert(key_of(finding)).second) only.push_back(finding);
  return only;
}

}  // namespace

void Tally::add(const Difference& difference) {
  ++dealings;
  newly_suspected += !difference.suspected_before && difference.suspected_after ? 1 : 0;
  no_longer_suspected += difference.suspected_before && !difference.suspected_after ? 1 : 0;
  for (const auto& finding : difference.appeared) ++categories[finding.category].first;
  for (const auto& finding : difference.vanished) ++categories[finding.category].second;
}

Difference difference(const Verdict& before, const Verdict& after) {
  return {only_in(after, before), only_in(before, after), before.score, after.score,
          before.suspected,       after.suspected};
}

}  // namespace guardian::rulebook
