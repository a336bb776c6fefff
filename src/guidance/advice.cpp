#include "guidance/advice.h"

#include <algorithm>
#include <map>

#include "judgement/call_score.h"

namespace guardian::guidance {
namespace {

using judgement::Band;

constexpr std::size_t kMostAdvice = 8;
constexpr std::size_t kMostCategories = 3;

/// A category of the call with the severity of its worst finding.
struct Topic {
  const Card* card = nullptr;
  int severity = 0;
};

/// Gravest first, so that what is cut off at the end is the least urgent.
std::vector<Topic> topics_of(const Playbook& playbook, const judgement::Verdict& verdict) {
  std::map<std::string, int> worst;
  for (const auto& finding : verdict.findings) {
    auto& severity = worst[finding.category];
    severity = std::max(severity, finding.severity);
  }
  std::vector<Topic> topics;
  for (const auto& [category, severity] : worst)
    if (const auto* card = playbook.card(category); card != nullptr) topics.push_back({card, severity});
  std::stable_sort(topics.begin(), topics.end(),
                   [](const Topic& a, const Topic& b) { return a.severity > b.severity; });
  if (topics.size() > kMostCategories) topics.resize(kMostCategories);
  return topics;
}

Advice make(const char* when, const Text& text, const std::string& category, Level level) {
  return {when, text, category, level_name(level)};
}

/// Told apart from the words to say.
Text not_to_do(const Card& card) { return {"避けること: " + card.avoid.ja, "Avoid: " + card.avoid.en}; }

Text with_people(const Rung& rung) {
  return {rung.next.ja + " " + rung.involve.ja, rung.next.en + " " + rung.involve.en};
}

/// Everything one card says, for cases in which it is the only one.
std::vector<Advice> whole_card(const Card& card, Band band, const Rung& rung) {
  const auto& step = card.step(band);
  return {make("now", step.say, card.category, step.level),
          make("now", not_to_do(card), card.category, step.level),
          make("next", card.next.ja.empty() ? with_people(rung) : card.next, card.category, step.level),
          make("after", card.after, card.category, step.level),
          make("prevent", card.prevent, card.category, step.level)};
}

std::vector<Advice> single(const Playbook& playbook, const char* category,
                           const speech::Transcript& transcript) {
  const auto* card = playbook.card(category);
  if (card == nullptr) return {};
  return whole_card(*card, Band::none, playbook.rung(card->step(Band::none).level, transcript.industry));
}

std::vector<Advice> about_harassment(const Playbook& playbook, const std::vector<Topic>& topics,
                                     const judgement::Verdict& verdict,
                                     const speech::Transcript& transcript) {
  std::vector<Advice> advice;
  Level highest = Level::L0;
  std::string reason;
  for (const auto& topic : topics) {
    const auto& step = topic.card->step(judgement::band_of(topic.severity));
    advice.push_back(make("now", step.say, topic.card->category, step.level));
    if (reason.empty() || step.level > highest) reason = topic.card->category;
    highest = std::max(highest, step.level);
  }
  const auto& gravest = *topics.front().card;
  const auto level = gravest.step(judgement::band_of(topics.front().severity)).level;
  advice.push_back(make("now", not_to_do(gravest), gravest.category, level));
  advice.push_back(make("next", with_people(playbook.rung(highest, transcript.industry)), reason, highest));
  if (verdict.legitimate_complaint) {
    const auto* fair = playbook.card("legit_complaint");
    if (fair != nullptr)
      advice.push_back(make("next", fair->step(Band::none).say, fair->category, Level::L0));
  }
  advice.push_back(make("after", gravest.after, gravest.category, level));
  advice.push_back(make("prevent", gravest.prevent, gravest.category, level));
  return advice;
}

}  // namespace

std::vector<Advice> advise(const Playbook& playbook, const judgement::Verdict& verdict,
                           const speech::Transcript& transcript) {
  if (!verdict.distress_utterances.empty()) return single(playbook, "customer_distress", transcript);
  const auto topics = topics_of(playbook, verdict);
  if (topics.empty())
    return verdict.legitimate_complaint ? single(playbook, "legit_complaint", transcript)
                                        : std::vector<Advice>();
  auto advice = about_harassment(playbook, topics, verdict, transcript);
  if (advice.size() > kMostAdvice) advice.resize(kMostAdvice);
  return advice;
}

}  // namespace guardian::guidance
