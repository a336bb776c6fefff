#include "training/train_meaning.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <future>
#include <map>
#include <thread>

#include "judgement/ngrams.h"
#include "training/linear_solver.h"

namespace guardian::training {
namespace {

using evaluation::LabelledUtterance;
using judgement::LinearHead;
using judgement::UtteranceFeatures;

constexpr int kLeastDocuments = 3;  // an n-gram in fewer utterances says nothing about the next one
constexpr std::size_t kFolds = 5;
constexpr std::size_t kLeastExamples = 20;
constexpr double kCategoryCost = 10.0;
constexpr double kSeverityCost = 0.5;
constexpr int kComplaintSeverity = 4;  // from here on a harmless utterance is a complaint; data/README.md
constexpr std::size_t kEncodedAtOnce = 64;

judgement::FeatureSpace make_space(const std::vector<LabelledUtterance>& utterances,
                                   const std::vector<std::vector<float>>& vectors, double meaning_share) {
  std::map<std::uint64_t, int> documents;
  for (const auto& utterance : utterances)
    for (const auto& [hash, count] : judgement::count_ngrams(utterance.text)) ++documents[hash];
  judgement::FeatureSpace space;
  const auto total = static_cast<double>(utterances.size());
  for (const auto& [hash, count] : documents) {
    if (count < kLeastDocuments) continue;
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
      square += (static_cast<double>(vector[i]) - space.middle[i]) * (static_cast<double>(vector[i]) - space.middle[i]);
    length += std::sqrt(square) / total;
  }
  space.scale = static_cast<float>(meaning_share / std::max(length, 1e-6));
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

/// Trains on everything and, for honest numbers, on each four fifths.
class Trainer {
 public:
  Trainer(const TrainingData& data, const judgement::SentenceEncoder& encoder, const TrainingOptions& options,
          const std::function<void(double)>& progress)
      : data_(data), options_(options), progress_(progress) {
    encode(encoder);
    space_ = make_space(data.utterances, vectors_, options.meaning_share);
    for (std::size_t i = 0; i < vectors_.size(); ++i)
      features_.push_back(space_.features(data.utterances[i].text, vectors_[i]));
    size_ = {space_.vocabulary.size(), space_.middle.size()};
  }

  judgement::MeaningModel fit() {
    judgement::MeaningModel model;
    model.space = space_;
    model.harassment = fit_harassment(kFolds);
    model.severity = fit_severity();
    progress_(0.5);
    fit_categories(model);
    progress_(0.8);
    return model;
  }

  /// Log odds of every utterance by a head that has not seen it.
  std::vector<double> unseen_log_odds() {
    std::vector<double> odds(features_.size());
    for_each_in_parallel(kFolds, [&](std::size_t fold) {
      const auto head = fit_harassment(fold);
      for (std::size_t i = fold; i < features_.size(); i += kFolds) odds[i] = judgement::apply(head, features_[i]);
    });
    progress_(0.95);
    return odds;
  }

 private:
  void encode(const judgement::SentenceEncoder& encoder) {
    for (std::size_t begin = 0; begin < data_.utterances.size(); begin += kEncodedAtOnce) {
      std::vector<std::string> texts;
      for (std::size_t i = begin; i < std::min(begin + kEncodedAtOnce, data_.utterances.size()); ++i)
        texts.push_back(data_.utterances[i].text);
      for (auto& vector : encoder.encode(texts)) vectors_.push_back(std::move(vector));
      progress_(0.4 * static_cast<double>(begin) / static_cast<double>(data_.utterances.size()));
    }
  }

  /// `left_out`: the fold that is not used; kFolds uses everything.
  LinearHead fit_harassment(std::size_t left_out) const {
    std::vector<Example> examples;
    for (std::size_t i = 0; i < features_.size(); ++i) {
      if (i % kFolds == left_out) continue;
      const auto& utterance = data_.utterances[i];
      const double weight = utterance.kind == "hard_negative" ? options_.hard_negative_weight : 1.0;
      examples.push_back({&features_[i], utterance.is_harassment() ? 1.0 : 0.0, weight});
    }
    return fit_log_odds(examples, size_, options_.wording_cost);
  }

  LinearHead fit_severity() const {
    std::vector<Example> examples;
    for (std::size_t i = 0; i < features_.size(); ++i)
      if (data_.utterances[i].is_harassment())
        examples.push_back({&features_[i], static_cast<double>(data_.utterances[i].severity), 1.0});
    return fit_value(examples, size_, kSeverityCost);
  }

  void fit_categories(judgement::MeaningModel& model) const {
    std::map<std::string, std::vector<std::size_t>> members;
    for (std::size_t i = 0; i < features_.size(); ++i)
      if (auto name = class_of(data_.utterances[i]); !name.empty()) members[name].push_back(i);
    for (const auto& [category, indices] : members) model.categories[category] = {};
    std::vector<std::pair<LinearHead*, const std::vector<std::size_t>*>> work;
    for (auto& [category, head] : model.categories) work.emplace_back(&head, &members[category]);
    for_each_in_parallel(work.size(), [&](std::size_t i) { *work[i].first = fit_category(*work[i].second); });
  }

  LinearHead fit_category(const std::vector<std::size_t>& members) const {
    std::vector<Example> examples;
    for (const auto& features : features_) examples.push_back({&features, 0.0, 1.0});
    for (const std::size_t i : members) examples[i].answer = 1.0;
    return fit_log_odds(examples, size_, kCategoryCost);
  }

  /// The category, or the excluded class that a harmless utterance is known to belong to.
  static std::string class_of(const LabelledUtterance& utterance) {
    if (utterance.is_harassment()) return utterance.category;
    if (utterance.slice == "distress") return "customer_distress";
    return utterance.slice == "fair_complaint" || utterance.severity >= kComplaintSeverity ? "legit_complaint" : "";
  }

  const TrainingData& data_;
  const TrainingOptions& options_;
  const std::function<void(double)>& progress_;
  std::vector<std::vector<float>> vectors_;
  judgement::FeatureSpace space_;
  std::vector<UtteranceFeatures> features_;
  HeadSize size_;
};

/// The probability above which at most the wanted share of hard negatives lies.
double choose_threshold(const TrainingData& data, const std::vector<double>& probabilities, double rate) {
  std::vector<double> hard;
  for (std::size_t i = 0; i < data.unseen_by_rules; ++i)
    if (data.utterances[i].kind == "hard_negative") hard.push_back(probabilities[i]);
  if (hard.empty()) return 0.5;
  std::sort(hard.begin(), hard.end(), std::greater<>());
  const auto let_through = static_cast<std::size_t>(rate * static_cast<double>(hard.size()));
  return std::clamp(hard[std::min(let_through, hard.size() - 1)], 0.05, 0.95);
}

TrainingReport measure(const TrainingData& data, const std::vector<double>& probabilities, double threshold) {
  std::map<std::string, std::pair<double, double>> flagged;  // by kind: flagged, all
  double true_positives = 0.0;
  double positives = 0.0;
  double reported = 0.0;
  for (std::size_t i = 0; i < data.unseen_by_rules; ++i) {
    const auto& utterance = data.utterances[i];
    const double hit = probabilities[i] > threshold ? 1.0 : 0.0;
    reported += hit;
    positives += utterance.is_harassment() ? 1.0 : 0.0;
    true_positives += utterance.is_harassment() ? hit : 0.0;
    auto& [count, all] = flagged[utterance.kind];
    count += hit;
    all += 1.0;
  }
  const auto rate = [&](const char* kind) { return flagged[kind].first / std::max(1.0, flagged[kind].second); };
  return {2.0 * true_positives / std::max(1.0, positives + reported), true_positives / std::max(1.0, positives),
          rate("hard_negative"), rate("ordinary")};
}

/// Weighs both witnesses on utterances that neither has seen.
TrainingReport weigh_witnesses(judgement::MeaningModel& model, const TrainingData& data,
                               const std::vector<double>& odds, const judgement::Judge& rules,
                               const TrainingOptions& options) {
  std::vector<std::vector<double>> alone;
  std::vector<std::vector<double>> both;
  std::vector<bool> answers;
  for (std::size_t i = 0; i < data.unseen_by_rules; ++i) {
    alone.push_back({odds[i]});
    both.push_back({odds[i], rules.rule_confidence(data.utterances[i].text)});
    answers.push_back(data.utterances[i].is_harassment());
  }
  const auto calibration = fit_small(alone, answers);
  model.calibration = {calibration[0], calibration[1]};
  const auto weights = fit_small(both, answers);
  model.together = {weights[0], weights[2]};
  model.rule_weight = std::max(0.0, weights[1] / weights[0]);
  std::vector<double> probabilities;
  for (const auto& row : both) probabilities.push_back(model.together.probability(row[0] + model.rule_weight * row[1]));
  model.threshold = choose_threshold(data, probabilities, options.hard_negative_rate);
  return measure(data, probabilities, model.threshold);
}

}  // namespace

Result<Trained> train_meaning(const TrainingData& data, const judgement::SentenceEncoder& encoder,
                              const judgement::Judge& rules, const TrainingOptions& options,
                              const std::function<void(double share)>& progress) {
  const auto harassing = static_cast<std::size_t>(std::count_if(
      data.utterances.begin(), data.utterances.begin() + static_cast<std::ptrdiff_t>(data.unseen_by_rules),
      [](const LabelledUtterance& utterance) { return utterance.is_harassment(); }));
  if (harassing < kLeastExamples || data.unseen_by_rules - harassing < kLeastExamples)
    return fail(Error::Kind::usage, "--weigh-on",
                {"例が少なすぎます (疑いあり・なし各 20 件以上)", "too few examples (at least 20 of either side)"},
                {"例を増やしてください", "Add examples"});
  Trainer trainer(data, encoder, options, progress);
  Trained trained;
  trained.model = trainer.fit();
  trained.model.origin = {options.version, options.licence, options.data_sha256, options.encoder_sha256,
                          static_cast<int>(data.utterances.size())};
  trained.report = weigh_witnesses(trained.model, data, trainer.unseen_log_odds(), rules, options);
  progress(1.0);
  return trained;
}

}  // namespace guardian::training
