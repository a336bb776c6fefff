// bench_role_accuracy [dialogues.jsonl]: how often speech/roles.h tells customer and employee apart.
// Each side of a dialogue is taken as a channel; then the same without channels, utterance by utterance.
// Dialogues with a number divisible by four are the validation part: no word of policy/roles.yaml was written
// from them.
#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "speech/roles.h"

namespace {

using guardian::speech::Speaker;
using guardian::speech::Transcript;
using guardian::speech::Utterance;

struct Count {
  int right = 0;
  int wrong = 0;
  int unknown = 0;

  void add(Speaker heard, Speaker truth) {
    ++(heard == Speaker::unknown ? unknown : heard == truth ? right : wrong);
  }
};

struct Part {
  Count dialogues;
  Count employee_last;  // the same dialogues where the customer speaks first
  Count utterances;     // without channels
};

struct Dialogue {
  Transcript transcript;
  std::vector<Speaker> truth;
};

Dialogue read_dialogue(const nlohmann::json& json, bool channels, bool drop_first) {
  Dialogue dialogue;
  for (const auto& turn : json.at("turns")) {
    if (drop_first && dialogue.truth.empty() && turn.at("speaker") == "employee") continue;
    Utterance utterance;
    const bool employee = turn.at("speaker") == "employee";
    utterance.channel = !channels ? -1 : employee ? 0 : 1;
    utterance.text = turn.at("text");
    dialogue.transcript.utterances.push_back(utterance);
    dialogue.truth.push_back(employee ? Speaker::employee : Speaker::customer);
  }
  return dialogue;
}

void measure(const nlohmann::json& json, const guardian::speech::RolePolicy& policy, Part& part) {
  for (const bool drop_first : {false, true}) {
    Dialogue dialogue = read_dialogue(json, true, drop_first);
    if (!guardian::speech::assign_roles(dialogue.transcript, {2, false}, {}, policy)) std::exit(1);
    const Speaker heard = dialogue.transcript.utterances.front().speaker;
    (drop_first ? part.employee_last : part.dialogues).add(heard, dialogue.truth.front());
    if (heard != dialogue.truth.front()) {
      fmt::print("  {} {}: {}\n", std::string(json.at("id")), heard == Speaker::unknown ? "unknown" : "wrong",
                 dialogue.transcript.warnings.back().en);
    }
  }
  Dialogue mono = read_dialogue(json, false, false);
  if (!guardian::speech::assign_roles(mono.transcript, {1, false}, {}, policy)) std::exit(1);
  for (std::size_t i = 0; i < mono.truth.size(); ++i) {
    part.utterances.add(mono.transcript.utterances[i].speaker, mono.truth[i]);
  }
}

void print(const char* what, const Count& count) {
  const int all = count.right + count.wrong + count.unknown;
  fmt::print("  {:44} right {:4} wrong {:3} unknown {:3} of {:4}\n", what, count.right, count.wrong,
             count.unknown, all);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string path = argc > 1 ? argv[1] : GUARDIAN_SHARED_DIR "/data/dialogues/dev.jsonl";
  const auto policy = guardian::speech::RolePolicy::load(GUARDIAN_SOURCE_DIR "/policy/roles.yaml");
  if (!policy) {
    fmt::print(stderr, "{}\n", guardian::describe(policy.error(), guardian::Language::english));
    return 1;
  }
  Part tuning;
  Part validation;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto json = nlohmann::json::parse(line);
    const int number = std::stoi(std::string(json.at("id")).substr(1));
    measure(json, *policy, number % 4 == 0 ? validation : tuning);
  }
  for (const auto& [name, part] :
       {std::pair{"tuning part", tuning}, std::pair{"validation part", validation}}) {
    fmt::print("{}\n", name);
    print("two channels, dialogues", part.dialogues);
    print("two channels, first employee turn removed", part.employee_last);
    print("no voices, utterances", part.utterances);
  }
  return 0;
}
