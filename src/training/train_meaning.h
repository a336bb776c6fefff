// training/train_meaning.h - makes the second witness's model from labelled utterances: one command, the same
// bytes each time. After judgement/ and evaluation/ (whose labelled data it reads); only `guardian train`
// calls it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "evaluation/labelled_data.h"
#include "judgement/judge.h"
#include "judgement/meaning_model.h"

namespace guardian::training {

struct TrainingOptions {
  std::string version;
  std::string licence = "Apache-2.0";
  std::string data_sha256;
  std::string encoder_sha256;
  int versions = 1;  ///< how many of the examples are one utterance, as written and as misheard
  double hard_negative_weight = 1.5;  ///< a hard negative counts as that many utterances
  double hard_negative_rate =
      0.05;  ///< the threshold lets at most this share of unseen hard negatives through
};

/// Two parts that share nothing: the heads learn from the examples, and on what neither they nor the encoder
/// nor the authors of the rules have seen it is decided how much each of them is believed, of an utterance by
/// itself and of a turn in a call.
struct TrainingData {
  std::vector<evaluation::LabelledUtterance> examples;
  std::vector<evaluation::LabelledUtterance> unseen;
  std::vector<evaluation::LabelledDialogue> unseen_dialogues;  ///< on these, how much is believed in a call
  std::vector<evaluation::AskingLine> asking;                  ///< may be empty: then no demand is known
  std::vector<evaluation::DemandingCall> demanding_calls;  ///< with them; half of them teach what asking is
};

/// What the weighed witnesses do on the unseen part. The weights and the threshold come from it: a check, no
/// proof.
struct TrainingReport {
  double f1 = 0.0;
  double recall = 0.0;
  double hard_negative_rate = 0.0;
  double ordinary_rate = 0.0;
};

struct Trained {
  judgement::MeaningModel model;
  TrainingReport report;
};

/// `rules` judges without a second witness. Errors: usage, if there are too few examples of either side.
/// Source: L2-regularised logistic regression, Fan et al. 2008 (LIBLINEAR); weights of the witnesses after
/// Platt 1999.
Result<Trained> train_meaning(const TrainingData& data, const judgement::SentenceEncoder& encoder,
                              const judgement::Judge& rules, const TrainingOptions& options,
                              const std::function<void(double share)>& progress);

}  // namespace guardian::training
