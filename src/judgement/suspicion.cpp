#include "judgement/suspicion.h"

#include <algorithm>
#include <map>

namespace guardian::judgement {
namespace {

// Measured on held-out halves: docs/decisions/0008-second-hearing.md
constexpr double kMargin = 10.0;             // log probability that the heard words may be ahead by
constexpr double kMarginOfHomophone = 15.0;  // where no sound differs, only the spelling does
constexpr double kHomophone = 0.05;          // weighted edits per kana

constexpr std::size_t kPhrasesPerUtterance = 3;
constexpr double kUtterancesPerHour = 40.0;
constexpr std::size_t kUtterancesAlways = 8;  // of recordings of a few minutes

double lead(const Hearing& hearing) {
  return hearing.suspected_log_probability - hearing.heard_log_probability;
}

bool is_nearer(const Suspicion& a, const Suspicion& b) { return a.distance < b.distance; }

template <class Asked>
const Hearing* best_where(const std::vector<Hearing>& hearings, int utterance, const Asked& asked) {
  const Hearing* best = nullptr;
  for (const auto& hearing : hearings) {
    if (hearing.suspicion.utterance != utterance || !asked(hearing.suspicion)) continue;
    if (is_supported(hearing) && (best == nullptr || lead(hearing) > lead(*best))) best = &hearing;
  }
  return best;
}

}  // namespace

bool is_supported(const Hearing& hearing) {
  const double margin = hearing.suspicion.distance <= kHomophone ? kMarginOfHomophone : kMargin;
  return lead(hearing) >= -margin;
}

const Hearing* best_support(const std::vector<Hearing>& hearings, int utterance) {
  return best_where(hearings, utterance, [](const Suspicion&) { return true; });
}

const Hearing* best_support_of_rule(const std::vector<Hearing>& hearings, int utterance,
                                    const std::string& rule) {
  return best_where(hearings, utterance, [&](const Suspicion& suspicion) { return suspicion.rule == rule; });
}

const Hearing* best_support_of_category(const std::vector<Hearing>& hearings, int utterance,
                                        const std::string& category) {
  return best_where(hearings, utterance,
                    [&](const Suspicion& suspicion) { return suspicion.category == category; });
}

bool was_heard_again(const std::vector<Hearing>& hearings, int utterance, const std::string& rule) {
  return std::any_of(hearings.begin(), hearings.end(), [&](const Hearing& hearing) {
    return hearing.suspicion.utterance == utterance && hearing.suspicion.rule == rule;
  });
}

std::vector<Suspicion> most_promising(std::vector<Suspicion> suspicions, double duration_s) {
  std::stable_sort(suspicions.begin(), suspicions.end(), is_nearer);
  const auto utterances =
      kUtterancesAlways + static_cast<std::size_t>(std::max(0.0, duration_s) / 3600.0 * kUtterancesPerHour);
  std::map<int, std::size_t> phrases;
  std::vector<Suspicion> chosen;
  for (auto& suspicion : suspicions) {
    if (!phrases.contains(suspicion.utterance) && phrases.size() >= utterances) continue;
    if (phrases[suspicion.utterance]++ >= kPhrasesPerUtterance) continue;
    chosen.push_back(std::move(suspicion));
  }
  std::stable_sort(chosen.begin(), chosen.end(),
                   [](const Suspicion& a, const Suspicion& b) { return a.utterance < b.utterance; });
  return chosen;
}

}  // namespace guardian::judgement
