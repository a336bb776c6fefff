// bench_mishear HEARD_PAIRS.jsonl SEED FILE.jsonl... - utterances, or customers' turns of dialogues, as
// Whisper base might hear them: one JSON object with `text` and `heard` a line. scripts/tune_encoder.py
// learns from both.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "evaluation/labelled_data.h"
#include "evaluation/misheard_accuracy.h"

using namespace guardian;

namespace {

using Utterances = std::vector<evaluation::LabelledUtterance>;

/// Of a file of utterances, or the customers' turns of a file of dialogues.
Result<Utterances> read(const char* file) {
  if (auto utterances = evaluation::read_utterances(file)) return utterances;
  return evaluation::read_dialogues(file).map(
      [](const auto& dialogues) { return evaluation::customer_turns(dialogues); });
}

void print(const Utterances& written, const Utterances& heard) {
  for (std::size_t i = 0; i < written.size(); ++i)
    std::cout << nlohmann::ordered_json{{"text", written[i].text}, {"heard", heard[i].text}}.dump() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: bench_mishear HEARD_PAIRS.jsonl SEED FILE.jsonl...\n";
    return 2;
  }
  const auto mishearing = evaluation::Mishearing::load(argv[1]);
  if (!mishearing) {
    std::cerr << mishearing.error().what.en << '\n';
    return 1;
  }
  const auto seed = static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10));
  for (int i = 3; i < argc; ++i) {
    const auto written = read(argv[i]);
    if (!written) {
      std::cerr << argv[i] << ": " << written.error().what.en << '\n';
      return 1;
    }
    print(*written, evaluation::mishear(*written, *mishearing, seed));
  }
  return 0;
}
