#include "judgement/complaint.h"

#include <algorithm>

namespace guardian::judgement {
namespace {

constexpr const char* kComplaint = "legit_complaint";
constexpr double kByRule = 0.9;     // rules name faults: broken, late, charged twice
constexpr double kHeardFrom = 0.5;  // of the second witness's probability
constexpr std::size_t kQuoted = 2;

bool overlap(const policy::Match& a, const policy::Match& b) { return a.begin < b.end && b.begin < a.end; }

/// The sentence around a hit, without what is a finding.
std::optional<policy::Match> free_stretch(const policy::Match& hit, const std::vector<Statement>& statements,
                                          const SearchableText& text) {
  policy::Match stretch{0, text.surface().size()};
  const auto sentence = text.sentence_at(hit.begin);
  while (text.sentence_at(stretch.begin) < sentence) ++stretch.begin;
  while (stretch.end > hit.end && text.sentence_at(stretch.end - 1) > sentence) --stretch.end;
  for (const auto& statement : statements) {
    const auto& taken = statement.in_surface;
    if (overlap(taken, hit)) return std::nullopt;
    if (taken.end <= hit.begin) stretch.begin = std::max(stretch.begin, taken.end);
    if (taken.begin >= hit.end) stretch.end = std::min(stretch.end, taken.begin);
  }
  return stretch;
}

}  // namespace

std::optional<Complaint> complaint_in(const std::vector<RuleHit>& hits,
                                      const std::vector<Statement>& statements,
                                      const std::optional<Opinion>& opinion, const SearchableText& text) {
  const policy::Match whole{0, text.surface().size()};
  for (const auto& hit : hits) {
    if (hit.rule->category != kComplaint) continue;
    if (statements.empty()) return Complaint{std::string(text.quote(whole)), kByRule};
    if (const auto stretch = free_stretch(hit.in_surface, statements, text))
      return Complaint{std::string(text.quote(*stretch)), kByRule};
  }
  if (!statements.empty() || !opinion) return std::nullopt;
  const auto heard = opinion->categories.find(kComplaint);
  if (heard == opinion->categories.end() || heard->second < kHeardFrom) return std::nullopt;
  return Complaint{std::string(text.quote(whole)), heard->second};
}

std::optional<std::string> quote_complaints(const std::vector<Complaint>& complaints) {
  std::vector<const Complaint*> surest;
  surest.reserve(complaints.size());
  for (const auto& complaint : complaints) surest.push_back(&complaint);
  std::stable_sort(surest.begin(), surest.end(),
                   [](const auto* a, const auto* b) { return a->confidence > b->confidence; });
  surest.resize(std::min(surest.size(), kQuoted));
  std::sort(surest.begin(), surest.end());  // they lie in one vector, in order of time
  std::optional<std::string> quoted;
  for (const auto* complaint : surest) quoted = (quoted ? *quoted + "\n" : "") + complaint->quote;
  return quoted;
}

}  // namespace guardian::judgement
