#include "consultation/answer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/json_guard.h"

namespace guardian::consultation {
namespace {

using Json = nlohmann::json;

constexpr JsonLimits kLimits = {1U << 20U, 16};
constexpr double kMostOfNone = 0.5;  // "none" and probably harassment contradict each other
constexpr std::size_t kKeysOfTurn = 3;

/// Why an answer is of no use.
tl::unexpected<Text> useless(const char* ja, const char* en) { return tl::unexpected<Text>(Text{ja, en}); }

const Json* member(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string text_of(const Json* value) {
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

/// The words of the model, out of the completion around them.
tl::expected<std::string, Text> content_of(const Json& completion) {
  const auto* choices = member(completion, "choices");
  if (choices == nullptr || !choices->is_array() || choices->empty())
    return useless("応答の形式が違います", "not a chat completion");
  const auto& choice = choices->front();
  const auto* message = member(choice, "message");
  const auto finish = text_of(member(choice, "finish_reason"));
  const bool refused = message != nullptr && !text_of(member(*message, "refusal")).empty();
  if (refused || finish == "content_filter") return useless("回答を拒否しました", "refused to answer");
  if (finish == "length") return useless("回答が途中で切れました", "the answer was cut off");
  const auto* content = message != nullptr ? member(*message, "content") : nullptr;
  if (finish != "stop" || content == nullptr || !content->is_string())
    return useless("応答の形式が違います", "not a chat completion");
  return content->get<std::string>();
}

bool is_judged(const Question& question, int turn) {
  return std::any_of(question.turns.begin(), question.turns.end(),
                     [&](const AskedTurn& asked) { return asked.judged && asked.turn == turn; });
}

/// The turn's number if the entry names one that was asked about.
std::optional<int> turn_of(const Json& entry, const Question& question) {
  const auto* number = member(entry, "turn");
  if (number == nullptr || !number->is_number_integer()) return std::nullopt;
  const auto turn = number->get<std::int64_t>();
  const auto last = question.turns.back().turn;
  if (turn < 0 || turn > last || !is_judged(question, static_cast<int>(turn))) return std::nullopt;
  return static_cast<int>(turn);
}

std::optional<judgement::OutsideOpinion> opinion_of(const Json& entry,
                                                    const std::vector<std::string>& categories) {
  const auto* probability = member(entry, "probability");
  const auto category = text_of(member(entry, "category"));
  if (entry.size() != kKeysOfTurn || probability == nullptr || !probability->is_number()) return std::nullopt;
  judgement::OutsideOpinion opinion{category, probability->get<double>()};
  if (!(opinion.probability >= 0.0 && opinion.probability <= 1.0)) return std::nullopt;
  if (category != "none") {
    const bool known = std::find(categories.begin(), categories.end(), category) != categories.end();
    return known ? std::optional(opinion) : std::nullopt;
  }
  opinion.category.clear();
  return opinion.probability <= kMostOfNone ? std::optional(opinion) : std::nullopt;
}

}  // namespace

Opinions read_answer(std::string_view body, const Question& question,
                     const std::vector<std::string>& categories) {
  const auto completion = parse_json(body, "", kLimits);
  if (!completion) return useless("応答が JSON ではありません", "the response is not JSON");
  const auto content = content_of(*completion);
  if (!content) return tl::unexpected<Text>(content.error());
  const auto answer = parse_json(*content, "", kLimits);
  const auto* turns = answer ? member(*answer, "turns") : nullptr;
  if (turns == nullptr || !turns->is_array() || answer->size() != 1)
    return useless("回答が決められた形式ではありません", "the answer is not in the form asked for");
  judgement::OutsideOpinions opinions;
  for (const auto& entry : *turns) {
    const auto turn = turn_of(entry, question);
    const auto opinion = opinion_of(entry, categories);
    if (!turn || !opinion || !opinions.emplace(*turn, *opinion).second)
      return useless("回答の内容に誤りがあります", "the answer contradicts the question or itself");
  }
  if (static_cast<int>(opinions.size()) != question.judged())
    return useless("回答に欠けた発話があります", "the answer leaves turns out");
  return opinions;
}

}  // namespace guardian::consultation
