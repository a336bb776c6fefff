// evaluation/accuracy.h - how often a judge is right on labelled data. `guardian evaluate` prints it;
// docs/accuracy.md is generated from it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "evaluation/labelled_data.h"
#include "evaluation/metrics.h"
#include "judgement/judge.h"

namespace guardian::evaluation {

/// How often something harmless was flagged.
struct Rate {
  int flagged = 0;
  int all = 0;
};

struct UtteranceAccuracy {
  int size = 0;
  Counts harassment;                         ///< harassment or not
  Estimate f1;                               ///< of that
  std::map<std::string, Counts> categories;  ///< exact category
  Estimate macro_f1;                         ///< mean over the categories that occur
  std::map<std::string, Rate>
      flagged_by_kind;  ///< direct, indirect: found; hard_negative, ordinary: wrongly flagged
  std::map<std::string, Rate> flagged_by_slice;
  double calibration_error = 0.0;              ///< of the probabilities, all utterances
  std::optional<double> severity_correlation;  ///< Spearman, of harassing utterances that were found
};

struct DialogueAccuracy {
  int size = 0;
  Estimate auroc;                ///< of the call score
  Estimate recall_at_5_percent;  ///< of harassing calls, at 5 % of harmless ones flagged
  Counts suspected;              ///< "suspected" against the label
  Estimate band_exact;           ///< of all calls
  Estimate band_within_one;
  std::map<std::string, Counts> categories;  ///< does the call have it
  std::map<std::string, Rate> flagged_by_slice;
  Counts complaints;          ///< calls whose legitimate complaint is quoted, from a turn that is labelled so
  double span_overlap = 0.0;  ///< mean intersection over union of quotes and labelled spans, in bytes
  std::optional<double> severity_correlation;  ///< Spearman, call score against the gravest label
};

UtteranceAccuracy measure_utterances(const judgement::Judge& judge,
                                     const std::vector<LabelledUtterance>& data);

/// `blank_employees`: the employees' words are taken away first, so that they cannot give the answer.
DialogueAccuracy measure_dialogues(const judgement::Judge& judge, const std::vector<LabelledDialogue>& data,
                                   bool blank_employees);

}  // namespace guardian::evaluation
