#include "evaluation/accuracy.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace guardian::evaluation {
namespace {

using judgement::Verdict;
using speech::Speaker;

constexpr double kAllowedRate = 0.05;

double mean_f1(const std::map<std::string, Counts>& categories) {
  double sum = 0.0;
  int occurring = 0;
  for (const auto& [category, counts] : categories) {
    if (counts.found_right + counts.missed == 0) continue;
    sum += counts.f1();
    ++occurring;
  }
  return occurring == 0 ? 1.0 : sum / occurring;
}

void count_categories(std::map<std::string, Counts>& categories, const std::set<std::string>& truth,
                      const std::set<std::string>& found) {
  for (const auto& category : truth) categories[category].add(true, found.contains(category));
  for (const auto& category : found)
    if (!truth.contains(category)) ++categories[category].found_wrong;
}

std::set<std::string> single(const std::string& category) {
  return category.empty() ? std::set<std::string>{} : std::set<std::string>{category};
}

std::map<std::string, Counts> categories_of(const std::vector<LabelledUtterance>& data,
                                            const std::vector<judgement::UtteranceVerdict>& verdicts,
                                            const std::vector<std::size_t>& cases) {
  std::map<std::string, Counts> categories;
  for (const std::size_t i : cases)
    count_categories(categories, single(data[i].category), single(verdicts[i].category));
  return categories;
}

std::set<std::string> labelled_categories(const LabelledDialogue& dialogue) {
  std::set<std::string> categories;
  for (const auto& turn : dialogue.labels)
    for (const auto& label : turn)
      if (!is_excluded_class(label.category)) categories.insert(label.category);
  return categories;
}

double gravest_label(const LabelledDialogue& dialogue) {
  int gravest = 0;
  for (const auto& turn : dialogue.labels)
    for (const auto& label : turn)
      if (!is_excluded_class(label.category)) gravest = std::max(gravest, label.severity);
  return gravest;
}

/// Intersection over union of what was quoted and what is labelled, in bytes of one turn.
double overlap(const std::string& text, const std::vector<std::string>& quotes,
               const std::vector<Label>& labels) {
  std::vector<bool> quoted(text.size(), false);
  std::vector<bool> labelled(text.size(), false);
  const auto mark = [&](std::vector<bool>& bytes, const std::string& part) {
    const auto begin = text.find(part);
    if (begin == std::string::npos || part.empty()) return;
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(begin), part.size(), true);
  };
  for (const auto& quote : quotes) mark(quoted, quote);
  for (const auto& label : labels)
    if (!is_excluded_class(label.category)) mark(labelled, label.span);
  int both = 0;
  int either = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    both += quoted[i] && labelled[i] ? 1 : 0;
    either += quoted[i] || labelled[i] ? 1 : 0;
  }
  return either == 0 ? 0.0 : static_cast<double>(both) / either;
}

/// Mean over the labelled turns in which something was found.
double mean_overlap(const std::vector<LabelledDialogue>& data, const std::vector<Verdict>& verdicts) {
  double sum = 0.0;
  int turns = 0;
  for (std::size_t d = 0; d < data.size(); ++d) {
    std::map<int, std::vector<std::string>> quotes;
    for (const auto& finding : verdicts[d].findings)
      if (finding.utterance >= 0) quotes[finding.utterance].push_back(finding.quote);
    for (const auto& [turn, texts] : quotes) {
      const auto& labels = data[d].labels[static_cast<std::size_t>(turn)];
      if (std::all_of(labels.begin(), labels.end(),
                      [](const Label& l) { return is_excluded_class(l.category); }))
        continue;
      sum += overlap(data[d].transcript.utterances[static_cast<std::size_t>(turn)].text, texts, labels);
      ++turns;
    }
  }
  return turns == 0 ? 0.0 : sum / turns;
}

bool has_complaint(const std::vector<Label>& labels) {
  return std::any_of(labels.begin(), labels.end(),
                     [](const Label& label) { return label.category == "legit_complaint"; });
}

/// Whether the call holds a legitimate complaint, and whether the right words are quoted for it.
void count_complaint(Counts& counts, const LabelledDialogue& dialogue, const Verdict& verdict) {
  bool labelled = false;
  bool quoted_right = false;
  for (std::size_t i = 0; i < dialogue.labels.size(); ++i) {
    if (!has_complaint(dialogue.labels[i])) continue;
    labelled = true;
    std::string_view rest = verdict.legitimate_complaint ? *verdict.legitimate_complaint : std::string_view();
    while (!rest.empty()) {
      const auto line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      quoted_right |= dialogue.transcript.utterances[i].text.find(line) != std::string::npos;
    }
  }
  counts.add(labelled, labelled ? quoted_right : verdict.legitimate_complaint.has_value());
}

/// Scores of the harassing and of the harmless calls among the cases.
std::pair<std::vector<double>, std::vector<double>> split_scores(const std::vector<LabelledDialogue>& data,
                                                                 const std::vector<Verdict>& verdicts,
                                                                 const std::vector<std::size_t>& cases) {
  std::pair<std::vector<double>, std::vector<double>> scores;
  for (const std::size_t i : cases)
    (data[i].harassment ? scores.first : scores.second).push_back(verdicts[i].score);
  return scores;
}

Estimate band_share(const std::vector<LabelledDialogue>& data, const std::vector<Verdict>& verdicts,
                    int distance) {
  return bootstrap(data.size(), [&](const std::vector<std::size_t>& cases) {
    double near = 0.0;
    for (const std::size_t i : cases)
      near += std::abs(static_cast<int>(verdicts[i].band) - static_cast<int>(data[i].band)) <= distance ? 1.0
                                                                                                        : 0.0;
    return cases.empty() ? 0.0 : near / static_cast<double>(cases.size());
  });
}

Verdict judge_dialogue(const judgement::Judge& judge, const LabelledDialogue& dialogue,
                       bool blank_employees) {
  if (!blank_employees) return judge.judge(dialogue.transcript);
  auto transcript = dialogue.transcript;
  for (auto& utterance : transcript.utterances)
    if (utterance.speaker == Speaker::employee) utterance.text.clear();
  return judge.judge(transcript);
}

std::vector<std::size_t> all_cases(std::size_t size) {
  std::vector<std::size_t> cases(size);
  std::iota(cases.begin(), cases.end(), std::size_t{0});
  return cases;
}

}  // namespace

UtteranceAccuracy measure_utterances(const judgement::Judge& judge,
                                     const std::vector<LabelledUtterance>& data) {
  std::vector<judgement::UtteranceVerdict> verdicts;
  verdicts.reserve(data.size());
  for (const auto& utterance : data) verdicts.push_back(judge.judge_utterance(utterance.text));
  UtteranceAccuracy accuracy;
  accuracy.size = static_cast<int>(data.size());
  std::vector<double> probabilities;
  std::vector<bool> truths;
  std::vector<double> severities;
  std::vector<double> expected;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const bool found = !verdicts[i].category.empty();
    accuracy.harassment.add(data[i].is_harassment(), found);
    for (auto* rate : {&accuracy.flagged_by_kind[data[i].kind],
                       data[i].slice.empty() ? nullptr : &accuracy.flagged_by_slice[data[i].slice]}) {
      if (rate == nullptr) continue;
      rate->flagged += found ? 1 : 0;
      ++rate->all;
    }
    probabilities.push_back(verdicts[i].probability);
    truths.push_back(data[i].is_harassment());
    if (!found || !data[i].is_harassment()) continue;
    severities.push_back(verdicts[i].severity);
    expected.push_back(data[i].severity);
  }
  accuracy.categories = categories_of(data, verdicts, all_cases(data.size()));
  accuracy.f1 = bootstrap(data.size(), [&](const std::vector<std::size_t>& cases) {
    Counts counts;
    for (const std::size_t i : cases) counts.add(data[i].is_harassment(), !verdicts[i].category.empty());
    return counts.f1();
  });
  accuracy.macro_f1 = bootstrap(data.size(), [&](const std::vector<std::size_t>& cases) {
    return mean_f1(categories_of(data, verdicts, cases));
  });
  accuracy.calibration_error = calibration_error(probabilities, truths);
  accuracy.severity_correlation = rank_correlation(severities, expected);
  return accuracy;
}

DialogueAccuracy measure_dialogues(const judgement::Judge& judge, const std::vector<LabelledDialogue>& data,
                                   bool blank_employees) {
  std::vector<Verdict> verdicts;
  verdicts.reserve(data.size());
  for (const auto& dialogue : data) verdicts.push_back(judge_dialogue(judge, dialogue, blank_employees));
  DialogueAccuracy accuracy;
  accuracy.size = static_cast<int>(data.size());
  std::vector<double> scores;
  std::vector<double> gravest;
  for (std::size_t i = 0; i < data.size(); ++i) {
    accuracy.suspected.add(data[i].harassment, verdicts[i].suspected);
    count_complaint(accuracy.complaints, data[i], verdicts[i]);
    std::set<std::string> found;
    for (const auto& finding : verdicts[i].findings) found.insert(finding.category);
    count_categories(accuracy.categories, labelled_categories(data[i]), found);
    if (!data[i].harassment) {
      auto& rate = accuracy.flagged_by_slice[data[i].slice.empty() ? "harmless" : data[i].slice];
      rate.flagged += verdicts[i].suspected ? 1 : 0;
      ++rate.all;
    }
    scores.push_back(verdicts[i].score);
    gravest.push_back(gravest_label(data[i]));
  }
  accuracy.auroc = bootstrap(data.size(), [&](const std::vector<std::size_t>& cases) {
    const auto [positive, negative] = split_scores(data, verdicts, cases);
    return area_under_roc(positive, negative);
  });
  accuracy.recall_at_5_percent = bootstrap(data.size(), [&](const std::vector<std::size_t>& cases) {
    const auto [positive, negative] = split_scores(data, verdicts, cases);
    return recall_at(positive, negative, kAllowedRate);
  });
  accuracy.band_exact = band_share(data, verdicts, 0);
  accuracy.band_within_one = band_share(data, verdicts, 1);
  accuracy.span_overlap = mean_overlap(data, verdicts);
  accuracy.severity_correlation = rank_correlation(scores, gravest);
  return accuracy;
}

}  // namespace guardian::evaluation
