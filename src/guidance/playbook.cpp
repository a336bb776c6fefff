#include "guidance/playbook.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/yaml_guard.h"

namespace guardian::guidance {
namespace {

constexpr std::size_t kMaximumCards = 200;
constexpr std::size_t kMaximumSteps = 5;

const std::map<std::string, Level> kLevels = {{"L0", Level::L0}, {"L1", Level::L1}, {"L2", Level::L2},
                                              {"L3", Level::L3}, {"L4", Level::L4}, {"L5", Level::L5}};
const std::map<std::string, judgement::Band> kBands = {{"none", judgement::Band::none},
                                                       {"notice", judgement::Band::notice},
                                                       {"caution", judgement::Band::caution},
                                                       {"high", judgement::Band::high},
                                                       {"emergency", judgement::Band::emergency}};

[[noreturn]] void complain(const YamlFields& fields, const char* key, const std::string& ja,
                           const std::string& en) {
  throw YamlMistake{fields.line(), {fmt::format("{}: {}", key, ja), fmt::format("{}: {}", key, en)}};
}

template <class Value>
Value choose(const YamlFields& fields, const char* key, const std::map<std::string, Value>& values) {
  const auto word = fields.text(key);
  const auto found = values.find(word);
  if (found == values.end()) complain(fields, key, "知らない値 " + word, "unknown value " + word);
  return found->second;
}

YAML::Node list(const YamlFields& fields, const char* key, std::size_t limit) {
  const auto node = fields.required(key);
  if (!node.IsSequence() || node.size() == 0)
    complain(fields, key, "空でない一覧が必要です", "must be a list with entries");
  if (node.size() > limit) complain(fields, key, "多すぎます", "has too many entries");
  return node;
}

std::map<Level, Rung> read_ladder(const YamlFields& fields, const char* key) {
  std::map<Level, Rung> ladder;
  for (const auto& node : list(fields, key, kLevels.size())) {
    const YamlFields rung(node, {"level", "next", "involve"});
    const auto level = choose(rung, "level", kLevels);
    if (!ladder.emplace(level, Rung{rung.both_languages("next"), rung.both_languages("involve")}).second)
      complain(rung, "level", "二度あります", "is there twice");
  }
  return ladder;
}

Step read_step(const YAML::Node& node) {
  const YamlFields fields(node, {"from", "level", "say"});
  return {choose(fields, "from", kBands), choose(fields, "level", kLevels), fields.both_languages("say")};
}

Card read_card(const YAML::Node& node, const Text& after, const Text& prevent) {
  const YamlFields fields(node, {"category", "avoid", "next", "after", "prevent", "steps"});
  Card card;
  card.category = fields.text("category");
  card.avoid = fields.both_languages("avoid");
  if (fields.has("next")) card.next = fields.both_languages("next");
  card.after = fields.has("after") ? fields.both_languages("after") : after;
  card.prevent = fields.has("prevent") ? fields.both_languages("prevent") : prevent;
  for (const auto& entry : list(fields, "steps", kMaximumSteps)) card.steps.push_back(read_step(entry));
  const auto rises = [](const Step& a, const Step& b) { return a.from >= b.from; };
  if (std::adjacent_find(card.steps.begin(), card.steps.end(), rises) != card.steps.end())
    complain(fields, "steps", "from は低い帯から順に書きます", "from must rise from step to step");
  if (card.steps.front().from > judgement::Band::notice)
    complain(fields, "steps", "最初の from は none か notice です", "the first from must be none or notice");
  return card;
}

Playbook read_playbook(const YAML::Node& document) {
  const YamlFields fields(document, {"ladder", "duty", "general", "cards"});
  Playbook playbook;
  playbook.ladder = read_ladder(fields, "ladder");
  if (playbook.ladder.size() != kLevels.size())
    complain(fields, "ladder", "L0 から L5 までが必要です", "needs all of L0 to L5");
  if (fields.has("duty")) {
    const YamlFields duty(fields.required("duty"), {"industries", "ladder"});
    playbook.duty_industries = duty.texts("industries");
    playbook.duty_ladder = read_ladder(duty, "ladder");
  }
  const YamlFields general(fields.required("general"), {"after", "prevent"});
  const auto after = general.both_languages("after");
  const auto prevent = general.both_languages("prevent");
  for (const auto& node : list(fields, "cards", kMaximumCards)) {
    auto card = read_card(node, after, prevent);
    if (playbook.card(card.category) != nullptr)
      throw YamlMistake{
          node.Mark().line + 1,
          {"category: 二度あります: " + card.category, "category: is there twice: " + card.category}};
    playbook.cards.push_back(std::move(card));
  }
  return playbook;
}

Result<Playbook> read_checked(const YAML::Node& document, const std::string& name) {
  try {
    return read_playbook(document);
  } catch (const YamlMistake& mistake) {
    return policy_error(name, mistake);
  } catch (const YAML::Exception& error) {
    return policy_error(name, {std::max(error.mark.line, 0) + 1, {error.msg, error.msg}});
  }
}

}  // namespace

std::string level_name(Level level) { return fmt::format("L{}", static_cast<int>(level)); }

const Step& Card::step(judgement::Band band) const {
  const auto above =
      std::find_if(steps.begin() + 1, steps.end(), [&](const Step& s) { return s.from > band; });
  return *(above - 1);
}

const Card* Playbook::card(const std::string& category) const {
  const auto found =
      std::find_if(cards.begin(), cards.end(), [&](const Card& c) { return c.category == category; });
  return found == cards.end() ? nullptr : &*found;
}

const Rung& Playbook::rung(Level level, const std::string& industry) const {
  const bool duty =
      std::find(duty_industries.begin(), duty_industries.end(), industry) != duty_industries.end();
  if (duty && duty_ladder.contains(level)) return duty_ladder.at(level);
  return ladder.at(level);
}

Result<Playbook> load_playbook(const std::filesystem::path& file) {
  const auto document = read_yaml(file.string());
  if (!document) return tl::unexpected<Error>(document.error());
  return read_checked(*document, file.string());
}

Result<Playbook> parse_playbook(std::string_view text, const std::string& name) {
  const auto document = parse_yaml(text, name);
  if (!document) return tl::unexpected<Error>(document.error());
  return read_checked(*document, name);
}

}  // namespace guardian::guidance
