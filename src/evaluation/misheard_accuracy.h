// evaluation/misheard_accuracy.h - what is still found of utterances when they are misheard.
#pragma once

#include <cstdint>
#include <vector>

#include "evaluation/alignment.h"
#include "evaluation/labelled_data.h"
#include "evaluation/metrics.h"
#include "evaluation/mishearing.h"
#include "judgement/judge.h"

namespace guardian::evaluation {

/// Shares in [0, 1]. Every utterance is judged as written and as misheard.
struct MisheardAccuracy {
  CharacterErrors errors_of_pairs;  ///< of the recogniser that the mishearing was learnt from
  CharacterErrors errors;           ///< of the misheard utterances
  Estimate recall_as_written;       ///< of harassing utterances
  Estimate recall;
  Estimate fall;                ///< of recall, over pairs of the same utterance; negative: it rose
  Estimate flagged_as_written;  ///< of harmless utterances
  Estimate flagged;
};

/// The utterances with their labels as they might be heard. The same seed mishears the same.
std::vector<LabelledUtterance> mishear(std::vector<LabelledUtterance> data, const Mishearing& mishearing,
                                       std::uint32_t seed);

/// `misheard`: what `mishear` makes of `data`.
MisheardAccuracy measure_misheard(const judgement::Judge& judge, const std::vector<LabelledUtterance>& data,
                                  const std::vector<LabelledUtterance>& misheard,
                                  const CharacterErrors& errors_of_pairs);

}  // namespace guardian::evaluation
