#include "evaluation/labelled_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/file.h"
#include "base/json_guard.h"

namespace guardian::evaluation {
namespace {

constexpr std::uint64_t kFileBytes = 256U << 20U;
constexpr std::size_t kLineBytes = 4U << 20U;

const std::map<std::string, judgement::Band> kBands = {{"none", judgement::Band::none},
                                                       {"notice", judgement::Band::notice},
                                                       {"caution", judgement::Band::caution},
                                                       {"high", judgement::Band::high},
                                                       {"emergency", judgement::Band::emergency}};
const std::map<std::string, speech::Speaker> kSpeakers = {{"customer", speech::Speaker::customer},
                                                          {"employee", speech::Speaker::employee},
                                                          {"unknown", speech::Speaker::unknown}};

LabelledUtterance to_utterance(const nlohmann::json& line) {
  LabelledUtterance utterance;
  utterance.id = line.at("id");
  utterance.text = line.at("text");
  utterance.category = line.at("category");
  if (utterance.category == "none") utterance.category.clear();
  utterance.severity = line.at("severity");
  utterance.kind = line.value("kind", "");
  utterance.slice = line.value("slice", "");
  return utterance;
}

LabelledDialogue to_dialogue(const nlohmann::json& line) {
  LabelledDialogue dialogue;
  dialogue.id = line.at("id");
  dialogue.transcript.id = dialogue.id;
  dialogue.transcript.asr_model = "none";
  for (const auto& turn : line.at("turns")) {
    speech::Utterance utterance;
    utterance.index = static_cast<int>(dialogue.transcript.utterances.size());
    utterance.speaker = kSpeakers.at(turn.at("speaker").get<std::string>());
    utterance.text = turn.at("text");
    utterance.start_s = turn.value("start", 0.0);
    utterance.end_s = turn.value("end", utterance.start_s);
    dialogue.transcript.utterances.push_back(std::move(utterance));
    auto& labels = dialogue.labels.emplace_back();
    for (const auto& label : turn.value("labels", nlohmann::json::array()))
      labels.push_back({label.at("category"), label.at("severity"), label.at("span")});
  }
  dialogue.harassment = line.at("call").at("harassment");
  dialogue.band = kBands.at(line.at("call").at("band").get<std::string>());
  dialogue.slice = line.value("slice", "");
  return dialogue;
}

AskingLine to_asking_line(const nlohmann::json& line) {
  return {line.at("text"), line.at("group").get<int>() > 0};
}

DemandingCall to_demanding_call(const nlohmann::json& line) {
  constexpr int kAsksNothing = -1;
  const auto& turns = line.at("turns");
  std::vector<int> demand(turns.size(), kAsksNothing);
  int number = 0;
  for (const auto& [name, members] : line.at("demands").items()) {
    for (const auto& turn : members) demand.at(turn.get<std::size_t>()) = number;
    ++number;
  }
  DemandingCall call;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    if (kSpeakers.at(turns[i].at("speaker").get<std::string>()) != speech::Speaker::customer) continue;
    call.turns.push_back(turns[i].at("text"));
    call.demand.push_back(demand[i]);
  }
  return call;
}

HeardPair to_heard_pair(const nlohmann::json& line) { return {line.at("said"), line.at("heard")}; }

template <class Item, class Convert>
Result<std::vector<Item>> read_lines(const std::filesystem::path& file, const Convert& convert) {
  const auto content = read_file(file, kFileBytes);
  if (!content) return tl::unexpected<Error>(content.error());
  std::vector<Item> items;
  std::string_view rest = *content;
  for (int number = 1; !rest.empty(); ++number) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto place = fmt::format("{}:{}", file.string(), number);
    const auto document = parse_json(line, place, {kLineBytes, 16});
    if (!document) return tl::unexpected<Error>(document.error());
    const auto wrong = [&](const std::string& reason) {
      return fail(
          Error::Kind::damaged, place,
          {"ラベル付きデータの形ではありません (" + reason + ")", "is not labelled data (" + reason + ")"},
          {"data/README.md の形式に直してください", "See data/README.md for the format"});
    };
    try {
      items.push_back(convert(*document));
    } catch (const nlohmann::json::exception& error) {
      return wrong(error.what());
    } catch (const std::out_of_range&) {
      return wrong("speaker, band, turn");
    }
  }
  return items;
}

}  // namespace

bool is_excluded_class(const std::string& category) {
  return category == "legit_complaint" || category == "customer_distress";
}

Result<std::vector<LabelledUtterance>> read_utterances(const std::filesystem::path& file) {
  return read_lines<LabelledUtterance>(file, to_utterance);
}

Result<std::vector<LabelledDialogue>> read_dialogues(const std::filesystem::path& file) {
  return read_lines<LabelledDialogue>(file, to_dialogue);
}

Result<std::vector<AskingLine>> read_asking_lines(const std::filesystem::path& file) {
  return read_lines<AskingLine>(file, to_asking_line);
}

Result<std::vector<DemandingCall>> read_demanding_calls(const std::filesystem::path& file) {
  return read_lines<DemandingCall>(file, to_demanding_call);
}

Result<std::vector<HeardPair>> read_heard_pairs(const std::filesystem::path& file) {
  return read_lines<HeardPair>(file, to_heard_pair);
}

std::string line_of(const LabelledUtterance& utterance) {
  nlohmann::ordered_json line = {{"id", utterance.id},
                                 {"text", utterance.text},
                                 {"category", utterance.is_harassment() ? utterance.category : "none"},
                                 {"severity", utterance.severity},
                                 {"kind", utterance.kind}};
  if (!utterance.slice.empty()) line["slice"] = utterance.slice;
  return line.dump() + "\n";
}

Result<void> write_utterances(const std::filesystem::path& file,
                              const std::vector<LabelledUtterance>& utterances) {
  std::string lines;
  for (const auto& utterance : utterances) lines += line_of(utterance);
  return write_file(file, lines);
}

std::vector<LabelledUtterance> customer_turns(const std::vector<LabelledDialogue>& dialogues) {
  std::vector<LabelledUtterance> turns;
  for (const auto& dialogue : dialogues)
    for (std::size_t i = 0; i < dialogue.labels.size(); ++i) {
      const auto& said = dialogue.transcript.utterances[i];
      if (said.speaker != speech::Speaker::customer) continue;
      LabelledUtterance turn;
      turn.id = fmt::format("{}.{}", dialogue.id, i);
      turn.text = said.text;
      turn.kind = "ordinary";
      for (const auto& label : dialogue.labels[i]) {
        if (is_excluded_class(label.category)) {
          if (turn.category.empty())
            turn.slice = label.category == "customer_distress" ? "distress" : "fair_complaint";
        } else if (turn.category.empty() || label.severity > turn.severity) {
          turn.category = label.category;
          turn.severity = label.severity;
          turn.kind = "direct";
        }
      }
      turns.push_back(std::move(turn));
    }
  return turns;
}

}  // namespace guardian::evaluation
