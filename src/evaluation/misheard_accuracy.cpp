#include "evaluation/misheard_accuracy.h"

namespace guardian::evaluation {
namespace {

/// Whether an utterance was reported, before and after.
struct Reported {
  bool as_written = false;
  bool misheard = false;
};

double share(const std::vector<Reported>& all, const std::vector<std::size_t>& cases, bool Reported::*when) {
  int reported = 0;
  for (const std::size_t i : cases) reported += all[i].*when ? 1 : 0;
  return cases.empty() ? 0.0 : static_cast<double>(reported) / static_cast<double>(cases.size());
}

Estimate share_of(const std::vector<Reported>& all, bool Reported::*when) {
  return bootstrap(all.size(), [&](const auto& cases) { return share(all, cases, when); });
}

}  // namespace

std::vector<LabelledUtterance> mishear(std::vector<LabelledUtterance> data, const Mishearing& mishearing,
                                       std::uint32_t seed) {
  std::mt19937 generator(seed);
  for (auto& utterance : data) utterance.text = mishearing.hear(utterance.text, generator);
  return data;
}

MisheardAccuracy measure_misheard(const judgement::Judge& judge, const std::vector<LabelledUtterance>& data,
                                  const std::vector<LabelledUtterance>& misheard,
                                  const CharacterErrors& errors_of_pairs) {
  MisheardAccuracy accuracy;
  accuracy.errors_of_pairs = errors_of_pairs;
  std::vector<Reported> harassing;
  std::vector<Reported> harmless;
  const auto is_reported = [&](const std::string& text) {
    return !judge.judge_utterance(text).category.empty();
  };
  for (std::size_t i = 0; i < data.size(); ++i) {
    accuracy.errors += count_errors(data[i].text, misheard[i].text);
    (data[i].is_harassment() ? harassing : harmless)
        .push_back({is_reported(data[i].text), is_reported(misheard[i].text)});
  }
  accuracy.recall_as_written = share_of(harassing, &Reported::as_written);
  accuracy.recall = share_of(harassing, &Reported::misheard);
  accuracy.fall = bootstrap(harassing.size(), [&](const auto& cases) {
    return share(harassing, cases, &Reported::as_written) - share(harassing, cases, &Reported::misheard);
  });
  accuracy.flagged_as_written = share_of(harmless, &Reported::as_written);
  accuracy.flagged = share_of(harmless, &Reported::misheard);
  return accuracy;
}

}  // namespace guardian::evaluation
