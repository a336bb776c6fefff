#include "training/train_meaning.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <future>
#include <map>
#include <thread>

#include "evaluation/metrics.h"
#include "judgement/ngrams.h"
#include "training/belief_fit.h"
#include "training/linear_solver.h"

namespace guardian::training {
namespace {

using evaluation::LabelledUtterance;
using judgement::LinearHead;
using judgement::UtteranceFeatures;

constexpr int kLeastDocuments = 3;  // an n-gram in fewer utterances says nothing about the next one
constexpr std::size_t kLeastExamples = 20;
constexpr double kMeaningShare =
    0.6;  // average length of the centred sentence vector; that of the wording is 1
constexpr double kMeaningCost = 8.0;  // liblinear's C: higher fits the examples closer
constexpr double kWordingCost = 6.0;
constexpr double kCategoryCost = 10.0;
constexpr double kSeverityCost = 0.5;
constexpr double kAsksCost = 3.0;
constexpr int kComplaintSeverity = 4;  // from here on a harmless utterance is a complaint; data/README.md
constexpr std::size_t kEncodedAtOnce = 64;
// The unseen data is full of rough words meant kindly, written to mislead: by it alone a rule would hardly
// count. In ordinary use whoever says what a company's own rule looks for mostly means it.
constexpr Prior kRules = {2.0, 100.0};
// In a call the turns around tell how it is meant, so the rules need less help.
constexpr Prior kRulesInCall = {1.0, 100.0};

using Vectors = std::vector<std::vector<float>>;
using Utterances = std::vector<LabelledUtterance>;

Vectors encode(const Utterances& utterances, const judgement::SentenceEncoder& encoder,
               const std::function<void(double)>& progress) {
  Vectors vectors;
  for (std::size_t begin = 0; begin < utterances.size(); begin += kEncodedAtOnce) {
    std::vector<std::string> texts;
    for (std::size_t i = begin; i < std::min(begin + kEncodedAtOnce, utterances.size()); ++i)
      texts.push_back(utterances[i].text);
    for (auto& vector : encoder.encode(texts)) vectors.push_back(std::move(vector));
    progress(static_cast<double>(begin) / static_cast<double>(utterances.size()));
  }
  return vectors;
}

judgement::FeatureSpace make_space(const Utterances& utterances, const Vectors& vectors, int versions) {
  std::map<std::uint64_t, int> documents;
  for (const auto& utterance : utterances)
    for (const auto& [hash, count] : judgement::count_ngrams(utterance.text)) ++documents[hash];
  judgement::FeatureSpace space;
  const auto total = static_cast<double>(utterances.size());
  for (const auto& [hash, count] : documents) {
    if (count < kLeastDocuments * versions) continue;
    space.vocabulary.push_back(hash);
    space.rarity.push_back(static_cast<float>(std::log((1.0 + total) / (1.0 + count)) + 1.0));
  }
  space.middle.assign(vectors.front().size(), 0.0F);
  for (const auto& vector : vectors)
    for (std::size_t i = 0; i < vector.size(); ++i) space.middle[i] += vector[i] / static_cast<float>(total);
  double length = 0.0;
  for (const auto& vector : vectors) {
    double square = 0.0;
    for (std::size_t i = 0; i < vector.size(); ++i)
      square += (static_cast<double>(vector[i]) - space.middle[i]) *
                (static_cast<double>(vector[i]) - space.middle[i]);
    length += std::sqrt(square) / total;
  }
  space.scale = static_cast<float>(kMeaningShare / std::max(length, 1e-6));
  return space;
}

/// Runs `work` for 0 ... count - 1 on all cores. Which core does what does not change the result.
void for_each_in_parallel(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  std::vector<std::future<void>> cores;
  for (unsigned core = 0; core < std::max(1U, std::thread::hardware_concurrency()); ++core)
    cores.push_back(std::async(std::launch::async, [&] {
      for (std::size_t i = next++; i < count; i = next++) work(i);
    }));
  for (auto& core : cores) core.get();
}

/// The heads, each from all examples.
class Trainer {
 public:
  Trainer(const Utterances& examples, const Vectors& vectors, const TrainingOptions& options)
      : examples_(examples), options_(options), space_(make_space(examples, vectors, options.versions)) {
    for (std::size_t i = 0; i < vectors.size(); ++i)
      features_.push_back(space_.features(examples[i].text, vectors[i]));
  }

  const judgement::FeatureSpace& space() const { return space_; }

  /// Log odds of harassment by the meaning alone, and by the wording alone: kept apart, since an encoder that
  /// was tuned on the examples makes them look easier by meaning than anything new will be.
  LinearHead fit_meaning() const { return fit_harassment(&UtteranceFeatures::meaning, kMeaningCost); }
  LinearHead fit_wording() const { return fit_harassment(&UtteranceFeatures::wording, kWordingCost); }

  LinearHead fit_severity() const {
    std::vector<Example> examples;
    for (std::size_t i = 0; i < features_.size(); ++i)
      if (examples_[i].is_harassment())
        examples.push_back({&features_[i], static_cast<double>(examples_[i].severity), 1.0});
    return fit_value(examples, size(), kSeverityCost);
  }

  std::map<std::string, LinearHead> fit_categories() const {
    std::map<std::string, std::vector<std::size_t>> members;
    for (std::size_t i = 0; i < features_.size(); ++i)
      if (auto name = class_of(examples_[i]); !name.empty()) members[name].push_back(i);
    std::map<std::string, LinearHead> heads;
    std::vector<std::pair<LinearHead*, const std::vector<std::size_t>*>> work;
    work.reserve(members.size());
    for (const auto& [category, indices] : members) work.emplace_back(&heads[category], &indices);
    for_each_in_parallel(work.size(), [&](std::size_t i) { *work[i].first = fit_category(*work[i].second); });
    return heads;
  }

 private:
  HeadSize size() const { return {space_.vocabulary.size(), space_.middle.size()}; }

  /// `part`: the features that the head may use; its other weights are 0.
  template <class Part>
  LinearHead fit_harassment(Part UtteranceFeatures::*part, double cost) const {
    std::vector<UtteranceFeatures> partial(features_.size());
    std::vector<Example> examples;
    for (std::size_t i = 0; i < features_.size(); ++i) {
      partial[i].*part = features_[i].*part;
      const double weight = examples_[i].kind == "hard_negative" ? options_.hard_negative_weight : 1.0;
      examples.push_back({&partial[i], examples_[i].is_harassment() ? 1.0 : 0.0, weight});
    }
    return fit_log_odds(examples, size(), cost);
  }

  LinearHead fit_category(const std::vector<std::size_t>& members) const {
    std::vector<Example> examples;
    for (const auto& features : features_) examples.push_back({&features, 0.0, 1.0});
    for (const std::size_t i : members) examples[i].answer = 1.0;
    return fit_log_odds(examples, size(), kCategoryCost);
  }

  /// The category, or the excluded class that a harmless utterance is known to belong to.
  static std::string class_of(const LabelledUtterance& utterance) {
    if (utterance.is_harassment()) return utterance.category;
    if (utterance.slice == "distress") return "customer_distress";
    return utterance.slice == "fair_complaint" || utterance.severity >= kComplaintSeverity ? "legit_complaint"
                                                                                           : "";
  }

  const Utterances& examples_;
  const TrainingOptions& options_;
  judgement::FeatureSpace space_;
  std::vector<UtteranceFeatures> features_;
};

std::vector<bool> answers_of(const Utterances& utterances) {
  std::vector<bool> answers;
  answers.reserve(utterances.size());
  for (const auto& utterance : utterances) answers.push_back(utterance.is_harassment());
  return answers;
}

/// The probability above which at most the wanted share of hard negatives lies.
double choose_threshold(const Utterances& unseen, const std::vector<double>& probabilities, double rate) {
  std::vector<double> hard;
  for (std::size_t i = 0; i < unseen.size(); ++i)
    if (unseen[i].kind == "hard_negative") hard.push_back(probabilities[i]);
  if (hard.empty()) return 0.5;
  std::sort(hard.begin(), hard.end(), std::greater<>());
  const auto let_through = static_cast<std::size_t>(rate * static_cast<double>(hard.size()));
  return std::clamp(hard[std::min(let_through, hard.size() - 1)], 0.05, 0.95);
}

TrainingReport measure(const Utterances& unseen, const std::vector<double>& probabilities, double threshold) {
  evaluation::Counts all;
  std::map<std::string, evaluation::Counts> kinds;  // of each: flagged or not
  for (std::size_t i = 0; i < unseen.size(); ++i) {
    const bool found = probabilities[i] > threshold;
    all.add(unseen[i].is_harassment(), found);
    kinds[unseen[i].kind].add(true, found);
  }
  return {all.f1(), all.recall(), kinds["hard_negative"].recall(), kinds["ordinary"].recall()};
}

/// Scaled sum of two heads.
LinearHead add(const LinearHead& a, double share_of_a, const LinearHead& b, double share_of_b) {
  const auto sum = [&](float x, float y) { return static_cast<float>(share_of_a * x + share_of_b * y); };
  LinearHead head;
  for (std::size_t i = 0; i < a.wording.size(); ++i) head.wording.push_back(sum(a.wording[i], b.wording[i]));
  for (std::size_t i = 0; i < a.meaning.size(); ++i) head.meaning.push_back(sum(a.meaning[i], b.meaning[i]));
  head.bias = sum(a.bias, b.bias);
  return head;
}

std::vector<double> rule_confidences(const Utterances& utterances, const judgement::Judge& rules) {
  std::vector<double> confidences;
  confidences.reserve(utterances.size());
  for (const auto& utterance : utterances) confidences.push_back(rules.rule_confidence(utterance.text));
  return confidences;
}

/// Log odds by meaning and wording in one head, each believed as the unseen part says.
LinearHead fit_harassment_head(const Trainer& trainer, const judgement::FeatureSpace& space,
                               const Utterances& unseen, const Vectors& vectors,
                               const std::vector<double>& rules) {
  const auto meaning = trainer.fit_meaning();
  const auto wording = trainer.fit_wording();
  std::vector<std::vector<double>> said;
  for (std::size_t i = 0; i < unseen.size(); ++i) {
    const auto features = space.features(unseen[i].text, vectors[i]);
    said.push_back({judgement::apply(meaning, features), judgement::apply(wording, features), rules[i]});
  }
  const auto weights = fit_belief(said, answers_of(unseen), {{1.0, 0.1}, {0.3, 0.1}, kRules});
  return add(meaning, std::max(0.0, weights[0]), wording, std::max(0.0, weights[1]));
}

std::vector<judgement::Testimony> testimonies(const judgement::MeaningModel& model, const Utterances& unseen,
                                              const Vectors& vectors, const std::vector<double>& rules,
                                              const policy::Policy& policy) {
  std::vector<judgement::Testimony> said;
  said.reserve(unseen.size());
  for (std::size_t i = 0; i < unseen.size(); ++i) {
    const auto opinion = model.opinion(unseen[i].text, vectors[i]);
    said.push_back({opinion.logit, judgement::surest_category(opinion, policy), rules[i], 0.0, 0.0});
  }
  return said;
}

/// How much the witnesses are believed of an utterance by itself, and from where on it is reported.
TrainingReport weigh_alone(judgement::MeaningModel& model, const Utterances& unseen, const Vectors& vectors,
                           const std::vector<double>& rules, const policy::Policy& policy,
                           const TrainingOptions& options) {
  const auto said = testimonies(model, unseen, vectors, rules, policy);
  std::vector<std::vector<double>> rows;
  rows.reserve(said.size());
  for (const auto& testimony : said) rows.push_back({testimony.meaning, testimony.category, testimony.rules});
  const auto weights = fit_belief(rows, answers_of(unseen), {{}, {}, kRules});
  model.alone = {
      std::max(0.0, weights[0]), std::max(0.0, weights[1]), std::max(0.0, weights[2]), 0.0, 0.0, weights[3]};
  std::vector<double> probabilities;
  probabilities.reserve(said.size());
  for (const auto& testimony : said) probabilities.push_back(model.alone.probability(testimony));
  model.threshold = choose_threshold(unseen, probabilities, options.hard_negative_rate);
  return measure(unseen, probabilities, model.threshold);
}

/// Testimony::together of each of a call's turns.
std::vector<double> read_together(const judgement::MeaningModel& model, const Utterances& turns,
                                  const judgement::SentenceEncoder& encoder, const policy::Policy& policy) {
  std::vector<std::string> texts;
  texts.reserve(turns.size());
  for (const auto& turn : turns) texts.push_back(turn.text);
  texts = judgement::with_turn_before(texts);
  const auto vectors = encoder.encode(texts);
  std::vector<double> together;
  together.reserve(turns.size());
  for (std::size_t i = 0; i < turns.size(); ++i)
    together.push_back(judgement::surest_category(model.opinion(texts[i], vectors[i]), policy));
  return together;
}

/// How much they are believed in a call: there most turns are harmless, and the rest of the call is known.
judgement::Belief weigh_in_calls(const judgement::MeaningModel& model,
                                 const std::vector<evaluation::LabelledDialogue>& dialogues,
                                 const judgement::SentenceEncoder& encoder, const judgement::Judge& rules) {
  std::vector<std::vector<double>> rows;
  std::vector<bool> answers;
  for (const auto& dialogue : dialogues) {
    const auto turns = evaluation::customer_turns({dialogue});
    const auto said = testimonies(model, turns, encode(turns, encoder, [](double) {}),
                                  rule_confidences(turns, rules), rules.policy());
    std::vector<double> log_odds;
    log_odds.reserve(said.size());
    for (const auto& testimony : said) log_odds.push_back(testimony.meaning);
    const auto rest = judgement::mean_of_rest(log_odds);
    const auto together = read_together(model, turns, encoder, rules.policy());
    for (std::size_t i = 0; i < turns.size(); ++i) {
      rows.push_back({said[i].meaning, said[i].category, said[i].rules, rest[i], together[i]});
      answers.push_back(turns[i].is_harassment());
    }
  }
  const auto weights = fit_belief(rows, answers, {{}, {}, kRulesInCall, {}, {}});
  return {std::max(0.0, weights[0]), std::max(0.0, weights[1]), std::max(0.0, weights[2]),
          std::max(0.0, weights[3]), std::max(0.0, weights[4]), weights[5]};
}

std::vector<judgement::UtteranceFeatures> features_of(const std::vector<std::string>& texts,
                                                      const judgement::FeatureSpace& space,
                                                      const judgement::SentenceEncoder& encoder) {
  const auto vectors = encoder.encode(texts);
  std::vector<judgement::UtteranceFeatures> features;
  features.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) features.push_back(space.features(texts[i], vectors[i]));
  return features;
}

/// From the lines and every other call; the calls between are left for weighing.
LinearHead fit_asks(const TrainingData& data, const judgement::FeatureSpace& space,
                    const judgement::SentenceEncoder& encoder) {
  std::vector<std::string> texts;
  std::vector<double> answers;
  for (const auto& line : data.asking) {
    texts.push_back(line.text);
    answers.push_back(line.asks ? 1.0 : 0.0);
  }
  for (std::size_t call = 0; call < data.demanding_calls.size(); call += 2)
    for (std::size_t i = 0; i < data.demanding_calls[call].turns.size(); ++i) {
      texts.push_back(data.demanding_calls[call].turns[i]);
      answers.push_back(data.demanding_calls[call].demand[i] >= 0 ? 1.0 : 0.0);
    }
  const auto features = features_of(texts, space, encoder);
  std::vector<Example> examples;
  examples.reserve(features.size());
  for (std::size_t i = 0; i < features.size(); ++i) examples.push_back({&features[i], answers[i], 1.0});
  return fit_log_odds(examples, {space.vocabulary.size(), space.middle.size()}, kAsksCost);
}

/// How much shared words and asking count, from the pairs of turns of the calls that taught nothing else.
judgement::SameDemand weigh_same_demand(const TrainingData& data, const LinearHead& asks,
                                        const judgement::FeatureSpace& space,
                                        const judgement::SentenceEncoder& encoder) {
  std::vector<std::vector<double>> rows;
  std::vector<bool> answers;
  for (std::size_t call = 1; call < data.demanding_calls.size(); call += 2) {
    const auto& [turns, demand] = data.demanding_calls[call];
    std::vector<judgement::Asking> asking;
    for (auto& features : features_of(turns, space, encoder))
      asking.push_back({judgement::apply(asks, features), std::move(features.wording)});
    for (std::size_t a = 0; a < asking.size(); ++a)
      for (std::size_t b = 0; b < a; ++b) {
        const auto likeness = judgement::compare(asking[a], asking[b]);
        rows.push_back({likeness.shared, likeness.lesser, likeness.greater});
        answers.push_back(demand[a] >= 0 && demand[a] == demand[b]);
      }
  }
  const auto weights = fit_belief(rows, answers, {{}, {}, {}});
  return {weights[0], weights[1], weights[2], weights[3]};
}

bool has_both_sides(const Utterances& utterances) {
  const auto harassing = static_cast<std::size_t>(std::count_if(
      utterances.begin(), utterances.end(), [](const auto& utterance) { return utterance.is_harassment(); }));
  return harassing >= kLeastExamples && utterances.size() - harassing >= kLeastExamples;
}

}  // namespace

Result<Trained> train_meaning(const TrainingData& data, const judgement::SentenceEncoder& encoder,
                              const judgement::Judge& rules, const TrainingOptions& options,
                              const std::function<void(double share)>& progress) {
  const std::array<std::pair<const char*, bool>, 3> parts = {
      {{"--utterances", has_both_sides(data.examples)},
       {"--weigh-on", has_both_sides(data.unseen)},
       {"--weigh-on-dialogues", has_both_sides(evaluation::customer_turns(data.unseen_dialogues))}}};
  for (const auto& [part, is_enough] : parts)
    if (!is_enough)
      return fail(
          Error::Kind::usage, part,
          {"例が少なすぎます (疑いあり・なし各 20 件以上)", "too few examples (at least 20 of either side)"},
          {"例を増やしてください", "Add examples"});
  const auto vectors = encode(data.examples, encoder, [&](double share) { progress(0.5 * share); });
  const auto unseen_vectors = encode(data.unseen, encoder, [](double) {});
  const Trainer trainer(data.examples, vectors, options);
  Trained trained;
  trained.model.origin = {options.version, options.licence, options.data_sha256, options.encoder_sha256,
                          static_cast<int>(data.examples.size())};
  trained.model.space = trainer.space();
  trained.model.severity = trainer.fit_severity();
  trained.model.categories = trainer.fit_categories();
  progress(0.9);
  const auto rules_say = rule_confidences(data.unseen, rules);
  trained.model.harassment =
      fit_harassment_head(trainer, trained.model.space, data.unseen, unseen_vectors, rules_say);
  trained.report =
      weigh_alone(trained.model, data.unseen, unseen_vectors, rules_say, rules.policy(), options);
  trained.model.in_call = weigh_in_calls(trained.model, data.unseen_dialogues, encoder, rules);
  if (!data.asking.empty()) {
    const auto asks = fit_asks(data, trained.model.space, encoder);
    trained.model.demands = {asks, weigh_same_demand(data, asks, trained.model.space, encoder)};
  }
  progress(1.0);
  return trained;
}

}  // namespace guardian::training
