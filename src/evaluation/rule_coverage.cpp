#include "evaluation/rule_coverage.h"

#include <algorithm>

namespace guardian::evaluation {
namespace {

using policy::CategoryKind;

constexpr int kFewRules = 3;
constexpr int kFewExamples = 6;
constexpr int kEnoughLabelled = 10;
constexpr double kLowRecall = 0.30;

void count_rules(CategoryCoverage& coverage, const policy::Policy& policy) {
  for (const auto& rule : policy.rules) {
    if (rule.category != coverage.category->id) continue;
    ++coverage.rules;
    coverage.indirect_rules += rule.indirect ? 1 : 0;
    coverage.examples += static_cast<int>(rule.match.size());
    coverage.near_misses += static_cast<int>(rule.no_match.size());
  }
}

bool is_reported_alone(const std::string& text, const judgement::Judge& judge) {
  speech::Transcript transcript;
  transcript.utterances.emplace_back();
  transcript.utterances.back().text = text;
  transcript.utterances.back().speaker = speech::Speaker::customer;
  return !judge.judge(transcript).findings.empty();
}

}  // namespace

bool CategoryCoverage::is_thin() const {
  if (category->kind == CategoryKind::excluded || category->kind == CategoryKind::signal) return false;
  const int labelled = found.found_right + found.missed;
  return rules < kFewRules || examples < kFewExamples || indirect_rules == 0 ||
         (labelled >= kEnoughLabelled && found.recall() < kLowRecall);
}

std::vector<CategoryCoverage> measure_coverage(const judgement::Judge& rules_alone,
                                               const std::vector<LabelledUtterance>& data) {
  std::vector<CategoryCoverage> all;
  for (const auto& category : rules_alone.policy().categories) {
    all.push_back({&category, 0, 0, 0, 0, {}});
    count_rules(all.back(), rules_alone.policy());
  }
  for (const auto& utterance : data) {
    const auto found = rules_alone.judge_utterance(utterance.text).category;
    for (auto& coverage : all)
      coverage.found.add(utterance.category == coverage.category->id, found == coverage.category->id);
  }
  return all;
}

std::vector<DoubtedExample> find_doubted_examples(const judgement::Judge& judge) {
  std::vector<DoubtedExample> doubted;
  for (const auto& rule : judge.policy().rules) {
    if (!policy::is_harassment(judge.policy().category(rule.category).kind) ||
        rule.speaker != speech::Speaker::customer)
      continue;
    for (const auto& example : rule.match)
      if (!is_reported_alone(example, judge)) doubted.push_back({&rule, example});
  }
  return doubted;
}

}  // namespace guardian::evaluation
