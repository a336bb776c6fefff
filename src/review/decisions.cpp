#include "review/decisions.h"

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "insights/counted.h"
#include "judgement/call_score.h"

namespace guardian::review {
namespace {

using judgement::Finding;

constexpr const char* kCommentContext = "review_decisions.comment";
constexpr const char* kNameContext = "review_decisions.name";
constexpr std::size_t kCommentCharacters = 1000;
constexpr std::array<std::pair<Ruling, std::string_view>, 3> kRulings = {
    {{Ruling::confirmed, "confirmed"}, {Ruling::changed, "changed"}, {Ruling::rejected, "rejected"}}};

tl::unexpected<Error> unknown(const char* what) {
  return fail(Error::Kind::not_found, what, {"見つかりません", "there is no such entry"},
              {"録音を開き直してください", "Open the recording again"});
}

tl::unexpected<Error> bad_value(const char* field, const Text& what) {
  return fail(Error::Kind::usage, field, what, {"入力を直してください", "Correct the input"});
}

/// A row of the table, with the place that it was made for.
struct Placed {
  std::string id;
  Finding place;  ///< category, utterance and times only
  Decision decision;
};

/// Where a decision was made and where a finding lies now: the same category, and overlapping in time, in the
/// same utterance where there are no times, or about the whole dealing both.
bool is_there(const Finding& place, const Finding& finding) {
  if (place.category != finding.category) return false;
  if (place.utterance < 0 || finding.utterance < 0) return place.utterance == finding.utterance;
  if (place.start_s < place.end_s && finding.start_s < finding.end_s)
    return place.start_s < finding.end_s && finding.start_s < place.end_s;
  return place.utterance == finding.utterance;
}

/// Two findings of one category in one utterance are told apart by how much of them lies under the place.
int find_again(const Finding& place, const std::vector<Finding>& findings) {
  int best = -1;
  double most_s = -1.0;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    if (!is_there(place, findings[i])) continue;
    const double shared_s =
        std::min(place.end_s, findings[i].end_s) - std::max(place.start_s, findings[i].start_s);
    if (best >= 0 && shared_s <= most_s) continue;
    best = static_cast<int>(i);
    most_s = shared_s;
  }
  return best;
}

Result<Placed> placed(const access::Keyring& keyring, const std::string& tenant, const store::Row& row) {
  const auto comment = keyring.unseal(tenant, row.bytes("comment_sealed"), kCommentContext);
  if (!comment) return tl::unexpected<Error>(comment.error());
  const auto name = keyring.unseal(tenant, row.bytes("name_sealed"), kNameContext);
  if (!name) return tl::unexpected<Error>(name.error());
  Placed one;
  one.id = row.text("id");
  one.place.category = row.text("category");
  one.place.utterance = static_cast<int>(row.integer("utterance"));
  one.place.start_s = row.real("start_s");
  one.place.end_s = row.real("end_s");
  one.decision = {-1,
                  ruling_named(row.text("verdict")).value_or(Ruling::confirmed),
                  row.text("new_category"),
                  static_cast<int>(row.integer("new_severity")),
                  *comment,
                  row.text("decided_by"),
                  *name,
                  row.integer("at_ms")};
  return one;
}

/// All that were not taken back, oldest first, each with the finding it is about now.
Result<std::vector<Placed>> standing(store::Transaction& t, const access::Keyring& keyring,
                                     const std::string& tenant, const Reviewed& reviewed) {
  std::vector<Placed> all;
  for (const auto& row : t.query(
           "SELECT * FROM review_decisions WHERE tenant_id = ? AND recording_id = ? AND undone_ms IS NULL "
           "ORDER BY id",
           {tenant, reviewed.recording})) {
    auto one = placed(keyring, tenant, row);
    if (!one) return tl::unexpected<Error>(one.error());
    one->decision.finding = find_again(one->place, reviewed.report.verdict.findings);
    all.push_back(std::move(*one));
  }
  return all;
}

const Finding* finding_at(const Reviewed& reviewed, int finding) {
  const auto& findings = reviewed.report.verdict.findings;
  const auto index = static_cast<std::size_t>(finding);
  return finding >= 0 && index < findings.size() ? &findings[index] : nullptr;
}

Result<Decision> decision_of(const Finding& finding, const Choice& choice, const access::Caller& by) {
  const bool changes = choice.ruling == Ruling::changed;
  Decision decision{-1,
                    choice.ruling,
                    changes ? choice.category.value_or(finding.category) : finding.category,
                    changes ? choice.severity.value_or(finding.severity) : finding.severity,
                    choice.comment,
                    by.id,
                    by.name,
                    now_ms()};
  if (decision.severity < 0 || decision.severity > 100)
    return bad_value("severity", {"0 から 100 までにしてください", "it must be from 0 to 100"});
  if (count_characters(choice.comment) > kCommentCharacters)
    return bad_value("comment", {"1000 文字までにしてください", "at most 1000 characters"});
  if (changes && decision.category == finding.category && decision.severity == finding.severity)
    return bad_value("ruling", {"何も変わっていません", "nothing is changed"});
  return decision;
}

insights::Counted counted(const report::Report& report, const std::vector<Decision>& decisions,
                          const policy::Policy& policy) {
  const auto& verdict = report.verdict;
  const auto left = after_review(verdict.findings, decisions);
  const int score = score_after_review(verdict, decisions, policy);
  insights::Counted counted{
      score, decisions.empty() ? verdict.suspected : score >= policy.scale.suspected_from, {}};
  for (const auto& finding : left)
    counted.findings.push_back(
        {finding.category, finding.severity,
         finding.utterance < 0 || !report.transcript.timed ? std::nullopt : std::optional(finding.start_s),
         insights::lead_up_to(report, finding)});
  return counted;
}

}  // namespace

std::string_view name_of(Ruling ruling) {
  return std::find_if(kRulings.begin(), kRulings.end(), [&](const auto& one) { return one.first == ruling; })
      ->second;
}

std::optional<Ruling> ruling_named(std::string_view name) {
  for (const auto& [ruling, known] : kRulings)
    if (known == name) return ruling;
  return std::nullopt;
}

Result<std::vector<Decision>> Decisions::decide(store::Transaction& transaction, const access::Caller& by,
                                                const Reviewed& reviewed, int finding,
                                                const Choice& choice) const {
  const auto* found = finding_at(reviewed, finding);
  if (found == nullptr) return unknown("finding");
  const auto decision = decision_of(*found, choice, by);
  if (!decision) return tl::unexpected<Error>(decision.error());
  transaction.execute(
      "INSERT INTO review_decisions (id, tenant_id, recording_id, category, utterance, start_s, end_s, "
      "verdict, new_category, new_severity, comment_sealed, decided_by, name_sealed, at_ms) VALUES (?, ?, ?, "
      "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {make_id(), by.tenant, reviewed.recording, found->category, std::int64_t{found->utterance},
       found->start_s, found->end_s, std::string(name_of(decision->ruling)), decision->category,
       std::int64_t{decision->severity}, keyring_.seal(by.tenant, decision->comment, kCommentContext), by.id,
       keyring_.seal(by.tenant, by.name, kNameContext), decision->at_ms});
  audit_.add(transaction, {by.tenant, by.id, "finding." + std::string(name_of(decision->ruling)),
                           reviewed.recording, std::to_string(finding) + " " + decision->category, ""});
  return settle(transaction, by.tenant, reviewed);
}

Result<std::vector<Decision>> Decisions::undo(store::Transaction& transaction, const access::Caller& by,
                                              const Reviewed& reviewed, int finding) const {
  const auto all = standing(transaction, keyring_, by.tenant, reviewed);
  if (!all) return tl::unexpected<Error>(all.error());
  const auto last = std::find_if(all->rbegin(), all->rend(),
                                 [&](const Placed& one) { return one.decision.finding == finding; });
  if (finding < 0 || last == all->rend()) return unknown("decision");
  transaction.execute("UPDATE review_decisions SET undone_ms = ? WHERE tenant_id = ? AND id = ?",
                      {now_ms(), by.tenant, last->id});
  audit_.add(transaction,
             {by.tenant, by.id, "finding.undo", reviewed.recording, std::to_string(finding), ""});
  return settle(transaction, by.tenant, reviewed);
}

Result<std::vector<Decision>> Decisions::of(store::Transaction& transaction, const std::string& tenant,
                                            const Reviewed& reviewed) const {
  const auto all = standing(transaction, keyring_, tenant, reviewed);
  if (!all) return tl::unexpected<Error>(all.error());
  std::vector<Decision> counting;
  for (const auto& one : *all) {
    // A later one of the same finding replaces it.
    if (one.decision.finding >= 0)
      std::erase_if(counting,
                    [&](const Decision& earlier) { return earlier.finding == one.decision.finding; });
    counting.push_back(one.decision);
  }
  std::stable_sort(counting.begin(), counting.end(), [](const Decision& a, const Decision& b) {
    if ((a.finding < 0) != (b.finding < 0)) return b.finding < 0;
    return a.finding < b.finding;
  });
  return counting;
}

Result<void> Decisions::apply_again(store::Transaction& transaction,
                                    const archive::Analysed& analysed) const {
  const auto settled = settle(transaction, analysed.tenant, {analysed.recording, analysed.report});
  if (!settled) return tl::unexpected<Error>(settled.error());
  return {};
}

void Decisions::forget(store::Transaction& transaction, const std::string& tenant,
                       const std::string& recording) {
  insights::forget_counted(transaction, tenant, recording);
  transaction.execute("DELETE FROM review_decisions WHERE tenant_id = ? AND recording_id = ?",
                      {tenant, recording});
}

/// The load and the pictures of insights/ follow what counts now.
Result<std::vector<Decision>> Decisions::settle(store::Transaction& transaction, const std::string& tenant,
                                                const Reviewed& reviewed) const {
  auto decisions = of(transaction, tenant, reviewed);
  if (!decisions) return decisions;
  std::vector<int> rejected;
  for (const auto& decision : *decisions)
    if (decision.finding >= 0 && decision.ruling == Ruling::rejected) rejected.push_back(decision.finding);
  ledger_.leave_out(transaction, tenant, reviewed.recording, rejected);
  insights::keep_counted(transaction, tenant, reviewed.recording,
                         counted(reviewed.report, *decisions, policy_));
  return decisions;
}

int score_after_review(const judgement::Verdict& verdict, const std::vector<Decision>& decisions,
                       const policy::Policy& policy) {
  return decisions.empty() ? verdict.score
                           : judgement::call_score(after_review(verdict.findings, decisions), policy);
}

std::vector<Finding> after_review(const std::vector<Finding>& findings,
                                  const std::vector<Decision>& decisions) {
  auto left = findings;
  std::vector<std::size_t> rejected;
  for (const auto& decision : decisions) {
    const auto index = static_cast<std::size_t>(decision.finding);
    if (decision.finding < 0 || index >= left.size()) continue;
    if (decision.ruling == Ruling::rejected) rejected.push_back(index);
    left[index].category = decision.category;
    left[index].severity = decision.severity;
    left[index].confidence = judgement::kMostCertain;
    left[index].speaker_share = 1.0;
  }
  std::sort(rejected.rbegin(), rejected.rend());
  for (const auto index : rejected) left.erase(left.begin() + static_cast<std::ptrdiff_t>(index));
  return left;
}

}  // namespace guardian::review
