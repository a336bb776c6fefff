#include "judgement/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "judgement/call_score.h"
#include "judgement/course.h"
#include "judgement/evidence.h"
#include "judgement/rule_matcher.h"
#include "judgement/searchable_text.h"

namespace guardian::judgement {
namespace {

using policy::CategoryKind;
using speech::Speaker;

constexpr const char* kComplaint = "legit_complaint";
constexpr const char* kDistress = "customer_distress";
constexpr const char* kWarning = "warning";
constexpr double kUnknownSpeaker = 0.6;  // confidence that a speaker without a role is the customer
constexpr double kHint = 0.6;            // rules less sure than this are hints
constexpr std::size_t kQuotedComplaints = 2;

bool is_harassment(CategoryKind kind) {
  return kind == CategoryKind::conduct || kind == CategoryKind::demand || kind == CategoryKind::context;
}

/// What counts when one category fires several times in one utterance.
double strength(const RuleHit& hit) { return hit.rule->severity * hit.confidence; }

/// True if both hits are the same statement: in one sentence, and of one rule or not even a clause apart.
bool is_same_statement(const RuleHit& a, const RuleHit& b, const SearchableText& text) {
  if (a.rule->category != b.rule->category) return false;
  if (text.sentence_at(a.in_surface.begin) != text.sentence_at(b.in_surface.begin)) return false;
  if (a.rule == b.rule) return true;
  const auto end = std::min(a.in_surface.end, b.in_surface.end);
  const auto begin = std::max(a.in_surface.begin, b.in_surface.begin);
  return begin <= end || text.surface().substr(end, begin - end).find("、") == std::string::npos;
}

/// The strongest hit for each statement and harassment category, in order of their place. Hits that are only
/// a hint of a tone count where nothing clearer was found in the utterance.
std::vector<RuleHit> strongest_of_each(std::vector<RuleHit> hits, const SearchableText& text,
                                       const policy::Policy& policy) {
  std::erase_if(hits,
                [&](const RuleHit& hit) { return !is_harassment(policy.category(hit.rule->category).kind); });
  double surest = 0.0;
  for (const auto& hit : hits) surest = std::max(surest, hit.rule->confidence);
  std::erase_if(hits, [&](const RuleHit& hit) { return hit.rule->confidence < std::min(kHint, surest); });
  std::stable_sort(hits.begin(), hits.end(),
                   [](const RuleHit& a, const RuleHit& b) { return strength(a) > strength(b); });
  std::vector<RuleHit> chosen;
  for (const auto& hit : hits)
    if (std::none_of(chosen.begin(), chosen.end(),
                     [&](const RuleHit& stronger) { return is_same_statement(hit, stronger, text); }))
      chosen.push_back(hit);
  std::stable_sort(chosen.begin(), chosen.end(), [](const RuleHit& a, const RuleHit& b) {
    return a.in_surface.begin < b.in_surface.begin;
  });
  return chosen;
}

bool has_category(const std::vector<RuleHit>& hits, const char* category) {
  return std::any_of(hits.begin(), hits.end(),
                     [&](const RuleHit& hit) { return hit.rule->category == category; });
}

std::vector<Text> grounds_of(const RuleHit& hit, std::string_view quote, const policy::Policy& policy,
                             const speech::Utterance& utterance) {
  std::vector<Text> grounds;
  if (hit.by_sound)
    grounds.push_back(
        {fmt::format("「{}」と書き起こされたが、音が規則 {} の語に近い", quote, hit.rule->id),
         fmt::format("heard as \"{}\", which sounds like what rule {} looks for", quote, hit.rule->id)});
  else
    grounds.push_back({fmt::format("規則 {}: 「{}」", hit.rule->id, quote),
                       fmt::format("rule {}: \"{}\"", hit.rule->id, quote)});
  if (hit.rule->indirect) grounds.push_back({"遠回しな言い方", "indirect wording"});
  if (hit.rule->speaker == Speaker::employee)
    grounds.push_back({"従業員の言葉からうかがえる", "gathered from the employee's words"});
  if (utterance.speaker == Speaker::unknown)
    grounds.push_back({"話者が不明のため確信度を下げた", "speaker unknown, therefore less sure"});
  if (utterance.cues.interruption) grounds.push_back({"相手の話をさえぎっている", "cuts the other side off"});
  for (const auto& legal : policy.category(hit.rule->category).legal) grounds.push_back(legal);
  return grounds;
}

/// Signs in the employee's words and the course that the working environment suffers.
int measure_harm(const Verdict& verdict, const std::vector<SearchableText>& texts,
                 const speech::Transcript& transcript) {
  static constexpr std::array<std::string_view, 4> kStrain = {"申し訳", "すみません", "やめてください",
                                                              "怖い"};
  constexpr int kPerSign = 8;
  if (verdict.findings.empty()) return 0;
  int signs = static_cast<int>(verdict.warned_utterances.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (transcript.utterances[i].speaker != Speaker::employee) continue;
    signs += static_cast<int>(std::count_if(kStrain.begin(), kStrain.end(), [&](std::string_view sign) {
      return texts[i].surface().find(sign) != std::string::npos;
    }));
  }
  return std::min(100, signs * kPerSign);
}

Axes measure_axes(const Verdict& verdict, const policy::Policy& policy) {
  static const std::set<std::string> kPersistent = {"repetitive_contact", "time_restraint",
                                                    "refusal_to_leave", "stalking"};
  constexpr int kPerRepetition = 15;
  constexpr int kPerFindingAfterWarning = 20;
  Axes axes;
  int after_warning = 0;
  std::map<std::string, int> times;
  for (const auto& finding : verdict.findings) {
    const bool conduct = policy.category(finding.category).kind == CategoryKind::conduct;
    auto& axis = conduct ? axes.conduct : axes.demand;
    axis = std::max(axis, finding.severity);
    if (kPersistent.contains(finding.category))
      axes.persistence = std::max(axes.persistence, finding.severity);
    axes.persistence = std::max(axes.persistence, std::min(100, times[finding.category]++ * kPerRepetition));
    const bool warned = std::any_of(verdict.warned_utterances.begin(), verdict.warned_utterances.end(),
                                    [&](int utterance) { return utterance < finding.utterance; });
    after_warning += warned ? 1 : 0;
  }
  axes.persistence = std::max(axes.persistence, std::min(100, after_warning * kPerFindingAfterWarning));
  return axes;
}

}  // namespace

struct Judge::Impl {
  policy::Policy policy;
  Morphology morphology;
  RuleMatcher matcher;

  Impl(policy::Policy checked, Morphology words)
      : policy(std::move(checked)), morphology(std::move(words)), matcher(policy) {}

  std::vector<SearchableText> prepare(const speech::Transcript& transcript) const;
  void judge_turn(std::size_t index, const speech::Transcript& transcript,
                  const std::vector<SearchableText>& texts, Verdict& verdict,
                  std::vector<std::string>& complaints) const;
  Finding to_finding(const RuleHit& hit, const speech::Utterance& utterance,
                     const SearchableText& text) const;
  void score(Verdict& verdict) const;
};

std::vector<SearchableText> Judge::Impl::prepare(const speech::Transcript& transcript) const {
  std::vector<SearchableText> texts;
  texts.reserve(transcript.utterances.size());
  for (const auto& utterance : transcript.utterances) texts.emplace_back(utterance.text, morphology);
  return texts;
}

Finding Judge::Impl::to_finding(const RuleHit& hit, const speech::Utterance& utterance,
                                const SearchableText& text) const {
  Finding finding;
  finding.category = hit.rule->category;
  finding.label = policy.category(hit.rule->category).label;
  finding.severity = hit.rule->severity;
  finding.confidence = hit.confidence * (utterance.speaker == Speaker::unknown ? kUnknownSpeaker : 1.0);
  finding.utterance = utterance.index;
  finding.quote = std::string(text.quote(hit.in_surface));
  const auto spoken = locate(utterance, text.original_range(hit.in_surface));
  finding.start_s = spoken.start_s;
  finding.end_s = spoken.end_s;
  finding.grounds = grounds_of(hit, finding.quote, policy, utterance);
  finding.rule = hit.rule->id;
  return finding;
}

void Judge::Impl::judge_turn(std::size_t index, const speech::Transcript& transcript,
                             const std::vector<SearchableText>& texts, Verdict& verdict,
                             std::vector<std::string>& complaints) const {
  const auto& utterance = transcript.utterances[index];
  const auto hits = matcher.find(texts[index], utterance.speaker, {&texts, &transcript, index});
  if (has_category(hits, kWarning)) verdict.warned_utterances.push_back(utterance.index);
  // A cry for help is never harassment, whatever else it says.
  if (has_category(hits, kDistress)) {
    verdict.distress_utterances.push_back(utterance.index);
    return;
  }
  const auto found = strongest_of_each(hits, texts[index], policy);
  for (const auto& hit : found) verdict.findings.push_back(to_finding(hit, utterance, texts[index]));
  if (found.empty() && has_category(hits, kComplaint)) complaints.push_back(utterance.text);
}

void Judge::Impl::score(Verdict& verdict) const {
  verdict.score = call_score(verdict.findings, policy);
  verdict.band = band_of(verdict.score);
  verdict.suspected = verdict.score >= policy.scale.suspected_from;
  fill_scores_without(verdict.findings, policy);
}

Judge::Judge(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Judge::Judge(Judge&&) noexcept = default;
Judge& Judge::operator=(Judge&&) noexcept = default;
Judge::~Judge() = default;

Result<Judge> Judge::create(policy::Policy policy) {
  auto morphology = Morphology::load();
  if (!morphology) return tl::unexpected<Error>(morphology.error());
  return Judge(std::make_unique<Impl>(std::move(policy), std::move(*morphology)));
}

const policy::Policy& Judge::policy() const { return impl_->policy; }

Verdict Judge::judge(const speech::Transcript& transcript) const {
  const auto texts = impl_->prepare(transcript);
  Verdict verdict;
  verdict.policy_version = impl_->policy.version;
  std::vector<std::string> complaints;
  for (std::size_t i = 0; i < texts.size(); ++i) impl_->judge_turn(i, transcript, texts, verdict, complaints);
  follow_course(verdict.findings, verdict, transcript, impl_->policy);
  for (auto& finding : find_in_course(verdict, transcript, texts, impl_->policy))
    verdict.findings.push_back(std::move(finding));
  impl_->score(verdict);
  verdict.axes = measure_axes(verdict, impl_->policy);
  verdict.axes.harm = measure_harm(verdict, texts, transcript);
  for (std::size_t i = 0; i < complaints.size() && i < kQuotedComplaints; ++i)
    verdict.legitimate_complaint =
        verdict.legitimate_complaint.value_or("") + (i > 0 ? "\n" : "") + complaints[i];
  return verdict;
}

UtteranceVerdict Judge::judge_utterance(const std::string& text) const {
  const SearchableText searchable(text, impl_->morphology);
  const auto hits = impl_->matcher.find(searchable, Speaker::customer, {});
  if (has_category(hits, kDistress)) return {};
  const auto found = strongest_of_each(hits, searchable, impl_->policy);
  const auto main = std::max_element(found.begin(), found.end(), [](const RuleHit& a, const RuleHit& b) {
    return strength(a) < strength(b);
  });
  if (main == found.end()) return {};
  return {main->rule->category, main->rule->severity, main->confidence,
          std::string(searchable.quote(main->in_surface)), main->rule->id};
}

std::vector<FailedExample> Judge::test_examples() const {
  std::vector<FailedExample> failed;
  for (const auto& rule : impl_->policy.rules) {
    const auto fires = [&](const std::string& example) {
      const SearchableText text(example, impl_->morphology);
      const auto hits = impl_->matcher.find(text, rule.speaker, {});
      return std::any_of(hits.begin(), hits.end(), [&](const RuleHit& hit) { return hit.rule == &rule; });
    };
    for (const auto& example : rule.match)
      if (!fires(example)) failed.push_back({rule.id, example, true});
    for (const auto& example : rule.no_match)
      if (fires(example)) failed.push_back({rule.id, example, false});
  }
  return failed;
}

}  // namespace guardian::judgement
