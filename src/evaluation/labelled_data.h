// evaluation/labelled_data.h - utterances and dialogues whose answer is known. Format: data/README.md.
// Training learns from them, evaluation measures with them; both read them here.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "judgement/verdict.h"
#include "speech/transcript.h"

namespace guardian::evaluation {

/// One customer's utterance without context.
struct LabelledUtterance {
  std::string id;
  std::string text;
  std::string category;  ///< empty: harmless
  int severity = 0;
  std::string kind;   ///< direct, indirect, hard_negative or ordinary
  std::string slice;  ///< of harmless ones, e.g. "quotation"; may be empty

  bool is_harassment() const { return !category.empty(); }
};

struct Label {
  std::string category;
  int severity = 0;
  std::string span;  ///< substring of the turn's text
};

struct LabelledDialogue {
  std::string id;
  speech::Transcript transcript;
  std::vector<std::vector<Label>> labels;  ///< one list per turn; excluded classes are labelled too
  bool harassment = false;
  judgement::Band band = judgement::Band::none;
  std::string slice;
};

/// Whether a customer's line asks for something. From demands.jsonl, where lines of one group ask for the
/// same.
struct AskingLine {
  std::string text;
  bool asks = false;
};

/// A call whose customer's turns are labelled by what they ask for.
struct DemandingCall {
  std::vector<std::string> turns;  ///< the customer's
  std::vector<int> demand;  ///< of each; the same number for the same demand, -1 if it asks for nothing
};

/// What was said and what a recogniser wrote.
struct HeardPair {
  std::string said;
  std::string heard;
};

/// True for the classes that are labelled but are not harassment: legit_complaint and customer_distress.
bool is_excluded_class(const std::string& category);

/// Errors: not_found, unreadable; damaged, naming file and line.
Result<std::vector<LabelledUtterance>> read_utterances(const std::filesystem::path& file);
Result<std::vector<LabelledDialogue>> read_dialogues(const std::filesystem::path& file);
Result<std::vector<AskingLine>> read_asking_lines(const std::filesystem::path& file);
Result<std::vector<DemandingCall>> read_demanding_calls(const std::filesystem::path& file);
Result<std::vector<HeardPair>> read_heard_pairs(const std::filesystem::path& file);

/// One line of that format, with its end.
std::string line_of(const LabelledUtterance& utterance);
/// The same format again. Errors: disk_full, unwritable.
Result<void> write_utterances(const std::filesystem::path& file,
                              const std::vector<LabelledUtterance>& utterances);

/// Every customer turn of the dialogues as an utterance: its strongest harassing label, else harmless.
std::vector<LabelledUtterance> customer_turns(const std::vector<LabelledDialogue>& dialogues);

}  // namespace guardian::evaluation
