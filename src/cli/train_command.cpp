#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "evaluation/mishearing.h"
#include "judgement/judge.h"
#include "pipeline/installation.h"
#include "policy/policy.h"
#include "training/misheard_examples.h"
#include "training/train_meaning.h"

namespace guardian::cli {
namespace {

/// The examples of both parts; `sums` gets the hashes of the files they came from.
Result<training::TrainingData> read_data(const TrainOptions& options, std::string& sums) {
  training::TrainingData data;
  const auto take = [&](const std::filesystem::path& file,
                        std::vector<evaluation::LabelledUtterance>& to) -> Result<void> {
    const auto utterances = evaluation::read_utterances(file);
    if (!utterances) return tl::unexpected<Error>(utterances.error());
    to.insert(to.end(), utterances->begin(), utterances->end());
    sums += sha256_of_file(file).value_or("");
    return {};
  };
  for (const auto& file : options.weigh_on)
    if (auto taken = take(file, data.unseen); !taken) return tl::unexpected<Error>(taken.error());
  const auto take_dialogues = [&](const std::filesystem::path& file,
                                  std::vector<evaluation::LabelledDialogue>& to) -> Result<void> {
    auto dialogues = evaluation::read_dialogues(file);
    if (!dialogues) return tl::unexpected<Error>(dialogues.error());
    std::move(dialogues->begin(), dialogues->end(), std::back_inserter(to));
    sums += sha256_of_file(file).value_or("");
    return {};
  };
  for (const auto& file : options.weigh_on_dialogues)
    if (auto taken = take_dialogues(file, data.unseen_dialogues); !taken)
      return tl::unexpected<Error>(taken.error());
  for (const auto& file : options.utterances)
    if (auto taken = take(file, data.examples); !taken) return tl::unexpected<Error>(taken.error());
  std::vector<evaluation::LabelledDialogue> dialogues;
  for (const auto& file : options.dialogues)
    if (auto taken = take_dialogues(file, dialogues); !taken) return tl::unexpected<Error>(taken.error());
  for (auto& turn : evaluation::customer_turns(dialogues)) data.examples.push_back(std::move(turn));
  if (!options.demands.empty()) {
    auto lines = evaluation::read_asking_lines(options.demands);
    if (!lines) return tl::unexpected<Error>(lines.error());
    auto calls = evaluation::read_demanding_calls(options.demanding_calls);
    if (!calls) return tl::unexpected<Error>(calls.error());
    data.asking = std::move(*lines);
    data.demanding_calls = std::move(*calls);
    sums +=
        sha256_of_file(options.demands).value_or("") + sha256_of_file(options.demanding_calls).value_or("");
  }
  if (options.heard_pairs.empty()) return data;
  const auto mishearing = evaluation::Mishearing::load(options.heard_pairs);
  if (!mishearing) return tl::unexpected<Error>(mishearing.error());
  sums += sha256_of_file(options.heard_pairs).value_or("");
  training::add_misheard(data.examples, *mishearing, options.hearings);
  return data;
}

Result<judgement::Judge> rules_alone(const CommonOptions& common) {
  const auto folder = pipeline::find_policy(common.policy);
  if (!folder) return tl::unexpected<Error>(folder.error());
  auto policy = policy::load_policy(*folder);
  if (!policy) return tl::unexpected<Error>(policy.error());
  return judgement::Judge::create(std::move(*policy));
}

std::string describe(const training::Trained& trained, Language language) {
  const auto& [f1, recall, hard, ordinary] = trained.report;
  const auto& model = trained.model;
  const char* form = language == Language::japanese
                         ? "発話 {} 件、文字列 {} 種、規則の重み {:.2f}、しきい値 {:.3f}\n"
                           "通話の中では: 意味 {:.2f}、規則 {:.2f}、ほかの発言 {:.2f}、前の発言と続けて "
                           "{:.2f}、基準 {:+.2f}\n"
                           "学習に使っていない発話: F1 {:.3f}、再現率 {:.3f}、紛らわしい負例の誤検知 "
                           "{:.1f}%、ふつうの発話 {:.1f}%\n"
                         : "{} utterances, {} n-grams, rule weight {:.2f}, threshold {:.3f}\n"
                           "in a call: meaning {:.2f}, rules {:.2f}, rest {:.2f}, with the turn before "
                           "{:.2f}, base {:+.2f}\n"
                           "on unseen utterances: F1 {:.3f}, recall {:.3f}, hard negatives flagged {:.1f}%, "
                           "ordinary {:.1f}%\n";
  return fmt::format(fmt::runtime(form), model.origin.utterances, model.space.vocabulary.size(),
                     model.alone.rules, model.threshold, model.in_call.meaning, model.in_call.rules,
                     model.in_call.rest, model.in_call.together, model.in_call.offset, f1, recall,
                     hard * 100.0, ordinary * 100.0);
}

Result<void> train_and_save(const TrainOptions& options, const CommonOptions& common) {
  std::string sums;
  const auto data = read_data(options, sums);
  if (!data) return tl::unexpected<Error>(data.error());
  const auto rules = rules_alone(common);
  if (!rules) return tl::unexpected<Error>(rules.error());
  const auto weights = pipeline::find_sentence_encoder();
  if (!weights) return tl::unexpected<Error>(weights.error());
  const auto encoder = judgement::SentenceEncoder::load(*weights, "");
  if (!encoder) return tl::unexpected<Error>(encoder.error());
  training::TrainingOptions settings;
  settings.version = options.version;
  settings.versions = options.heard_pairs.empty() ? 1 : 1 + options.hearings;
  settings.data_sha256 = sha256(sums);
  settings.encoder_sha256 = sha256_of_file(*weights).value_or("");
  const auto trained = [&] {
    ProgressBar bar(options.out.filename().string(), common.language);
    return training::train_meaning(*data, *encoder, *rules, settings,
                                   [&](double share) { bar.update(share); });
  }();
  if (!trained) return tl::unexpected<Error>(trained.error());
  return trained->model.save(options.out).and_then([&] {
    return print(describe(*trained, common.language));
  });
}

}  // namespace

int train(const TrainOptions& options, const CommonOptions& common) {
  const auto done = train_and_save(options, common);
  if (done) return kDone;
  print_error(done.error(), common.language);
  return kFailed;
}

}  // namespace guardian::cli
