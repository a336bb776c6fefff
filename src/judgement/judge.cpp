#include "judgement/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "judgement/call_score.h"
#include "judgement/complaint.h"
#include "judgement/course.h"
#include "judgement/evidence.h"
#include "judgement/rule_matcher.h"
#include "judgement/searchable_text.h"
#include "judgement/weighing.h"

namespace guardian::judgement {
namespace {

using policy::CategoryKind;
using speech::Speaker;

constexpr const char* kDistress = "customer_distress";
constexpr const char* kWarning = "warning";
constexpr const char* kByMeaning = "meaning";  // in place of a rule's id
constexpr double kUnknownSpeaker = 0.6;        // confidence that a speaker without a role is the customer

bool has_category(const std::vector<RuleHit>& hits, const char* category) {
  return std::any_of(hits.begin(), hits.end(),
                     [&](const RuleHit& hit) { return hit.rule->category == category; });
}

/// What the company's own rules hold for harassment, out of all hits.
std::vector<RuleHit> take_own(std::vector<RuleHit>& hits, const policy::Policy& policy) {
  const auto first = std::stable_partition(hits.begin(), hits.end(), [&](const RuleHit& hit) {
    return !hit.rule->own || !policy::is_harassment(policy.category(hit.rule->category).kind);
  });
  std::vector<RuleHit> own(first, hits.end());
  hits.erase(first, hits.end());
  return own;
}

Text hearing_text(const Hearing& hearing) {
  const auto& suspicion = hearing.suspicion;
  return {fmt::format(
              "「{}」と聞き取られたが、聞き直すと音は「{}」とも合う (対数確率 {:.1f} に対し {:.1f}、規則 {})",
              suspicion.heard, suspicion.written, hearing.heard_log_probability,
              hearing.suspected_log_probability, suspicion.rule),
          fmt::format("heard as \"{}\"; heard again, the sound also supports \"{}\" (log probability {:.1f} "
                      "against {:.1f}, rule {})",
                      suspicion.heard, suspicion.written, hearing.suspected_log_probability,
                      hearing.heard_log_probability, suspicion.rule)};
}

/// How the rule, if there is one, comes into it.
Text rule_text(const Statement& statement, std::string_view quote) {
  const auto& id = statement.rule->id;
  if (statement.by_sound)
    return {fmt::format("「{}」と書き起こされたが、音が規則 {} の語に近い", quote, id),
            fmt::format("heard as \"{}\", which sounds like what rule {} looks for", quote, id)};
  return {fmt::format("規則 {}: 「{}」", id, quote), fmt::format("rule {}: \"{}\"", id, quote)};
}

std::vector<Text> grounds_of(const Statement& statement, std::string_view quote, const policy::Policy& policy,
                             const speech::Utterance& utterance, const std::vector<Hearing>& hearings) {
  std::vector<Text> grounds;
  const auto* hearing = best_support_of_category(hearings, utterance.index, statement.category);
  if (hearing != nullptr) grounds.push_back(hearing_text(*hearing));
  if (statement.rule != nullptr) {
    if (!statement.by_sound || hearing == nullptr) grounds.push_back(rule_text(statement, quote));
    if (statement.rule->indirect) grounds.push_back({"遠回しな言い方", "indirect wording"});
    if (statement.rule->speaker == Speaker::employee)
      grounds.push_back({"従業員の言葉からうかがえる", "gathered from the employee's words"});
  }
  grounds.insert(grounds.end(), statement.witnesses.begin(), statement.witnesses.end());
  if (utterance.speaker == Speaker::unknown)
    grounds.push_back({"話者が不明のため確信度を下げた", "speaker unknown, therefore less sure"});
  if (utterance.cues.interruption) grounds.push_back({"相手の話をさえぎっている", "cuts the other side off"});
  const auto& legal = policy.category(statement.category).legal;
  grounds.insert(grounds.end(), legal.begin(), legal.end());
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
    after_warning += verdict.follows_warning(finding) ? 1 : 0;
  }
  axes.persistence = std::max(axes.persistence, std::min(100, after_warning * kPerFindingAfterWarning));
  return axes;
}

}  // namespace

struct Judge::Impl {
  policy::Policy policy;
  std::shared_ptr<const Morphology> morphology;
  std::shared_ptr<const MeaningWitness> witness;  ///< may be none
  RuleMatcher matcher;

  Impl(policy::Policy checked, std::shared_ptr<const Morphology> words,
       std::shared_ptr<const MeaningWitness> second)
      : policy(std::move(checked)),
        morphology(std::move(words)),
        witness(std::move(second)),
        matcher(policy) {}

  std::vector<SearchableText> prepare(const speech::Transcript& transcript) const;
  Thoughts think(const speech::Transcript& transcript, const std::vector<Hearing>& hearings) const;
  std::vector<Statement> weigh_turn(const std::vector<RuleHit>& strongest,
                                    const std::optional<Opinion>& opinion, const SearchableText& text,
                                    const Scales& scales) const;
  std::vector<Scales> scales_for(const speech::Transcript& transcript, const Thoughts& thoughts,
                                 const OutsideOpinions& outside) const;
  void judge_turn(std::size_t index, const speech::Transcript& transcript,
                  const std::vector<SearchableText>& texts, const std::optional<Opinion>& opinion,
                  const Scales& scales, const std::vector<Hearing>& hearings, Verdict& verdict,
                  std::vector<Complaint>& complaints) const;
  Finding to_finding(const Statement& statement, const speech::Utterance& utterance,
                     const SearchableText& text, const std::vector<Hearing>& hearings) const;
  void score(Verdict& verdict) const;
};

std::vector<SearchableText> Judge::Impl::prepare(const speech::Transcript& transcript) const {
  std::vector<SearchableText> texts;
  texts.reserve(transcript.utterances.size());
  for (const auto& utterance : transcript.utterances) texts.emplace_back(utterance.text, *morphology);
  return texts;
}

Finding Judge::Impl::to_finding(const Statement& statement, const speech::Utterance& utterance,
                                const SearchableText& text, const std::vector<Hearing>& hearings) const {
  Finding finding;
  finding.category = statement.category;
  finding.label = policy.category(statement.category).label;
  finding.severity = statement.severity;
  finding.speaker_share = utterance.speaker == Speaker::unknown ? kUnknownSpeaker : 1.0;
  finding.confidence = statement.confidence * finding.speaker_share;
  finding.utterance = utterance.index;
  finding.quote = std::string(text.quote(statement.in_surface));
  const auto spoken = locate(utterance, text.original_range(statement.in_surface));
  finding.start_s = spoken.start_s;
  finding.end_s = spoken.end_s;
  finding.grounds = grounds_of(statement, finding.quote, policy, utterance, hearings);
  finding.rule = statement.rule != nullptr ? statement.rule->id : kByMeaning;
  return finding;
}

Thoughts Judge::Impl::think(const speech::Transcript& transcript,
                            const std::vector<Hearing>& hearings) const {
  const auto size = transcript.utterances.size();
  Thoughts thoughts{std::vector<std::optional<Opinion>>(size), std::vector<double>(size)};
  if (!witness) return thoughts;
  std::vector<std::string> texts;
  std::vector<std::size_t> turns;
  for (std::size_t i = 0; i < transcript.utterances.size(); ++i) {
    if (transcript.utterances[i].speaker == Speaker::employee) continue;
    turns.push_back(i);
    const auto* support = best_support(hearings, transcript.utterances[i].index);
    texts.push_back(support != nullptr ? support->suspicion.suspected_text : transcript.utterances[i].text);
  }
  auto opinions = witness->opinions(texts);
  const auto together = witness->opinions(with_turn_before(texts));
  for (std::size_t i = 0; i < turns.size(); ++i) {
    thoughts.alone[turns[i]] = std::move(opinions[i]);
    thoughts.together[turns[i]] = surest_category(together[i], policy);
  }
  return thoughts;
}

std::vector<Statement> Judge::Impl::weigh_turn(const std::vector<RuleHit>& strongest,
                                               const std::optional<Opinion>& opinion,
                                               const SearchableText& text, const Scales& scales) const {
  return opinion ? weigh(strongest, *opinion, text, *witness, policy, scales) : statements_of(strongest);
}

/// A turn is weighed knowing what the customer's other turns mean: the same rough word is one thing in
/// friendly talk and another amid abuse.
std::vector<Scales> Judge::Impl::scales_for(const speech::Transcript& transcript, const Thoughts& thoughts,
                                            const OutsideOpinions& outside) const {
  std::vector<Scales> scales(thoughts.alone.size());
  if (!witness) return scales;
  std::vector<double> log_odds;
  for (const auto& thought : thoughts.alone)
    if (thought) log_odds.push_back(thought->logit);
  const auto rest = mean_of_rest(log_odds);
  for (std::size_t i = 0, turn = 0; i < scales.size(); ++i) {
    if (!thoughts.alone[i]) continue;
    const auto heard = outside.find(transcript.utterances[i].index);
    scales[i] = {witness->model().in_call, rest[turn++], thoughts.together[i], policy.scale.reported_from,
                 heard == outside.end() ? nullptr : &heard->second};
  }
  return scales;
}

void Judge::Impl::judge_turn(std::size_t index, const speech::Transcript& transcript,
                             const std::vector<SearchableText>& texts, const std::optional<Opinion>& opinion,
                             const Scales& scales, const std::vector<Hearing>& hearings, Verdict& verdict,
                             std::vector<Complaint>& complaints) const {
  const auto& utterance = transcript.utterances[index];
  auto hits = matcher.find(texts[index], utterance.speaker, {&texts, &transcript, index, &hearings});
  if (has_category(hits, kWarning)) verdict.warned_utterances.push_back(utterance.index);
  // A cry for help is never harassment, whatever else it says.
  if (has_category(hits, kDistress)) {
    verdict.distress_utterances.push_back(utterance.index);
    return;
  }
  const auto own = take_own(hits, policy);
  auto statements = weigh_turn(strongest_of_each(hits, texts[index], policy), opinion, texts[index], scales);
  add_own(statements, strongest_of_each(own, texts[index], policy));
  for (const auto& statement : statements)
    verdict.findings.push_back(to_finding(statement, utterance, texts[index], hearings));
  if (utterance.speaker != Speaker::employee)
    if (auto complaint = complaint_in(hits, statements, opinion, texts[index]))
      complaints.push_back(std::move(*complaint));
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

Result<Judge> Judge::create(policy::Policy policy, std::optional<MeaningWitness> witness) {
  auto morphology = Morphology::load();
  if (!morphology) return tl::unexpected<Error>(morphology.error());
  return Judge(std::make_unique<Impl>(
      std::move(policy), std::make_shared<const Morphology>(std::move(*morphology)),
      witness ? std::make_shared<const MeaningWitness>(std::move(*witness)) : nullptr));
}

Judge Judge::with_policy(policy::Policy policy) const {
  return Judge(std::make_unique<Impl>(std::move(policy), impl_->morphology, impl_->witness));
}

const policy::Policy& Judge::policy() const { return impl_->policy; }

Thoughts Judge::think(const speech::Transcript& transcript, const std::vector<Hearing>& hearings) const {
  return impl_->think(transcript, hearings);
}

Verdict Judge::judge(const speech::Transcript& transcript, const OutsideOpinions& outside,
                     const History& history, const std::vector<Hearing>& hearings) const {
  return conclude(transcript, think(transcript, hearings), outside, history, hearings);
}

Verdict Judge::conclude(const speech::Transcript& transcript, const Thoughts& thoughts,
                        const OutsideOpinions& outside, const History& history,
                        const std::vector<Hearing>& hearings) const {
  const auto texts = impl_->prepare(transcript);
  Verdict verdict;
  verdict.policy_version = impl_->policy.version;
  std::vector<Complaint> complaints;
  const auto scales = impl_->scales_for(transcript, thoughts, outside);
  for (std::size_t i = 0; i < texts.size(); ++i)
    impl_->judge_turn(i, transcript, texts, thoughts.alone[i], scales[i], hearings, verdict, complaints);
  follow_course(verdict.findings, verdict, transcript, impl_->policy);
  const auto* model = impl_->witness ? &impl_->witness->model() : nullptr;
  const auto* same_demand = model != nullptr && model->demands ? &model->demands->same : nullptr;
  for (auto& finding :
       find_in_course(verdict, transcript, {texts, thoughts.alone, same_demand}, impl_->policy))
    verdict.findings.push_back(std::move(finding));
  follow_history(verdict, history, transcript, impl_->policy);
  impl_->score(verdict);
  verdict.axes = measure_axes(verdict, impl_->policy);
  verdict.axes.harm = measure_harm(verdict, texts, transcript);
  note_escalation(verdict, history, impl_->policy.scale.history);
  verdict.legitimate_complaint = quote_complaints(complaints);
  return verdict;
}

std::vector<Suspicion> Judge::suspicions(const speech::Transcript& transcript) const {
  const auto texts = impl_->prepare(transcript);
  std::vector<Suspicion> suspicions;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto& utterance = transcript.utterances[i];
    if (utterance.speaker == Speaker::employee) continue;
    for (auto& suspicion : impl_->matcher.suspect(texts[i], utterance.speaker, {&texts, &transcript, i}))
      suspicions.push_back(std::move(suspicion));
  }
  const double duration_s = transcript.utterances.empty() ? 0.0 : transcript.utterances.back().end_s;
  return most_promising(std::move(suspicions), duration_s);
}

UtteranceVerdict Judge::judge_utterance(const std::string& text) const {
  const SearchableText searchable(text, *impl_->morphology);
  const auto hits = impl_->matcher.find(searchable, Speaker::customer, {});
  UtteranceVerdict verdict;
  if (has_category(hits, kDistress)) return verdict;
  std::optional<Opinion> opinion;
  if (impl_->witness) opinion = impl_->witness->opinions({text}).front();
  const auto strongest = strongest_of_each(hits, searchable, impl_->policy);
  verdict.probability = surest_of(strongest);
  Scales scales;
  if (opinion) {
    const auto& model = impl_->witness->model();
    scales = {model.alone, 0.0, 0.0, model.threshold, nullptr};
    verdict.probability = model.alone.probability(testimony_of(strongest, *opinion, impl_->policy, scales));
  }
  const auto statements = impl_->weigh_turn(strongest, opinion, searchable, scales);
  const auto main =
      std::max_element(statements.begin(), statements.end(), [](const Statement& a, const Statement& b) {
        return std::pair(a.confidence, a.severity) < std::pair(b.confidence, b.severity);
      });
  if (main == statements.end()) return verdict;
  verdict.category = main->category;
  verdict.severity = main->severity;
  verdict.confidence = main->confidence;
  verdict.quote = std::string(searchable.quote(main->in_surface));
  verdict.rule = main->rule != nullptr ? main->rule->id : kByMeaning;
  return verdict;
}

double Judge::rule_confidence(const std::string& text) const {
  const SearchableText searchable(text, *impl_->morphology);
  const auto hits = impl_->matcher.find(searchable, Speaker::customer, {});
  if (has_category(hits, kDistress)) return 0.0;
  return surest_of(strongest_of_each(hits, searchable, impl_->policy));
}

std::vector<FailedExample> Judge::test_examples() const {
  std::vector<FailedExample> failed;
  for (const auto& rule : impl_->policy.rules) {
    const auto fires = [&](const std::string& example) {
      const SearchableText text(example, *impl_->morphology);
      const auto hits = impl_->matcher.find(text, rule.speaker, {});
      return std::any_of(hits.begin(), hits.end(), [&](const RuleHit& hit) { return hit.rule == &rule; });
    };
    for (const auto& example : rule.match)
      if (!fires(example)) failed.push_back({rule.id, example, true});
    for (const auto& example : rule.no_match)
      if (fires(example)) failed.push_back({rule.id, example, false});
  }
  for (const auto& sentence : impl_->policy.harmless) {
    const SearchableText text(sentence.text, *impl_->morphology);
    for (const auto& hit : impl_->matcher.find(text, Speaker::customer, {}))
      if (policy::is_harassment(impl_->policy.category(hit.rule->category).kind))
        failed.push_back({hit.rule->id, sentence.text, false});
  }
  return failed;
}

}  // namespace guardian::judgement
