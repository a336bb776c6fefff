// judgement/meaning_model.h - the second witness: what an utterance means, learnt from labelled examples.
// The first witness (judgement/rule_matcher.h) knows phrases; this one also knows wordings that nobody wrote
// down. `guardian train` (training/) makes the model; docs/decisions/0005-three-witnesses.md says how both
// are weighed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "judgement/same_demand.h"
#include "judgement/sentence_encoder.h"
#include "policy/policy.h"

namespace guardian::judgement {

/// One linear function of an utterance's features.
struct LinearHead {
  std::vector<float> wording;  ///< one weight per n-gram of the vocabulary
  std::vector<float> meaning;  ///< one weight per dimension of the sentence vector
  float bias = 0.0F;
};

/// Features of an utterance in the order in which heads weigh them.
struct UtteranceFeatures {
  std::vector<std::pair<std::size_t, float>>
      wording;                 ///< position in the vocabulary, weight; together of length 1
  std::vector<float> meaning;  ///< centred and scaled sentence vector
};

/// Which n-grams count and how, and where the cloud of sentence vectors has its middle.
struct FeatureSpace {
  std::vector<std::uint64_t> vocabulary;  ///< hashes, rising
  std::vector<float> rarity;              ///< inverse document frequency of each
  std::vector<float> middle;
  float scale = 1.0F;

  UtteranceFeatures features(std::string_view text, const std::vector<float>& vector) const;
};

/// What the witnesses say of one utterance.
struct Testimony {
  double meaning = 0.0;  ///< log odds of harassment
  double category =
      0.0;  ///< log odds of the likeliest category: looks for one kind, where `meaning` looks for any
  double rules = 0.0;     ///< confidence of the surest rule, 0 without
  double rest = 0.0;      ///< mean log odds of what the customer said around it, see mean_of_rest
  double together = 0.0;  ///< `category` of the utterance read with the one before, see with_turn_before
};

/// How much of it is believed: P(harassment) = 1 / (1 + exp(-(weighted sum + offset))), at most 0.99. The
/// weights are fitted on data that no witness has seen. Platt 1999.
struct Belief {
  double meaning = 1.0;
  double category = 0.0;
  double rules = 0.0;
  double rest = 0.0;
  double together = 0.0;
  double offset = 0.0;

  double probability(const Testimony& testimony) const;
};

/// What training found out about a model; stated in reports and in docs/accuracy.md.
struct MeaningOrigin {
  std::string version;
  std::string licence;
  std::string data_sha256;     ///< of the training files, in their order
  std::string encoder_sha256;  ///< the vectors are only valid for this encoder
  int utterances = 0;
};

/// What a model thinks of one utterance.
struct Opinion {
  double logit = 0.0;                        ///< log odds of harassment; unbounded
  std::map<std::string, double> categories;  ///< probability of each by itself, excluded classes included
  int severity = 0;
  Asking asking;  ///< empty without heads for it
};

/// What tells demands apart, harassing or not.
struct DemandHeads {
  LinearHead asks;  ///< log odds that an utterance asks for something
  SameDemand same;  ///< of two that do
};

struct MeaningModel {
  MeaningOrigin origin;
  FeatureSpace space;
  LinearHead harassment;
  std::map<std::string, LinearHead> categories;  ///< by id; also the excluded classes
  LinearHead severity;                           ///< 0-100, of an utterance that is harassment
  std::optional<DemandHeads> demands;
  Belief alone;            ///< of an utterance by itself
  Belief in_call;          ///< of a turn among others, most of which are harmless
  double threshold = 0.5;  ///< of the probability of an utterance by itself, from which on it is reported

  /// `vector` is the encoder's of the text.
  Opinion opinion(std::string_view text, const std::vector<float>& vector) const;

  /// Errors: not_found, unreadable; model, if it is damaged (every byte is covered by a hash).
  static Result<MeaningModel> load(const std::filesystem::path& file);

  /// All or nothing. Errors: storage.
  Result<void> save(const std::filesystem::path& file) const;
};

/// A model with its encoder. Safe to use from several threads.
class MeaningWitness {
 public:
  /// Errors: those of both files.
  static Result<MeaningWitness> load(const std::filesystem::path& model,
                                     const std::filesystem::path& encoder);
  MeaningWitness(MeaningModel model, SentenceEncoder encoder);

  const MeaningModel& model() const { return model_; }

  std::vector<Opinion> opinions(const std::vector<std::string>& texts) const;

 private:
  MeaningModel model_;
  SentenceEncoder encoder_;
};

double apply(const LinearHead& head, const UtteranceFeatures& features);

/// The opinion without the excluded classes: probability of each category of the policy that is harassment.
std::map<std::string, double> harassment_in(const Opinion& opinion, const policy::Policy& policy);

/// Log odds of the likeliest harassment category, between one in ten thousand and its opposite: some thousand
/// examples cannot teach more.
double surest_category(const Opinion& opinion, const policy::Policy& policy);

/// For each of a customer's turns the mean log odds of the four before and the four after, each kept within
/// [-6, 6], and of three more at -3, which is usual for harmless talk: a short call says little about its
/// customer, and what is said much later takes nothing back.
std::vector<double> mean_of_rest(const std::vector<double>& log_odds);

/// Each of a customer's turns as it reads after the end of the one before: whoever stays polite spreads over
/// two turns what neither says by itself.
std::vector<std::string> with_turn_before(const std::vector<std::string>& turns);

}  // namespace guardian::judgement
