#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/console.h"
#include "evaluation/accuracy.h"
#include "evaluation/misheard_accuracy.h"
#include "pipeline/assessor.h"
#include "pipeline/installation.h"

namespace guardian::cli {
namespace {

using evaluation::Counts;
using evaluation::Estimate;
using evaluation::Rate;
using nlohmann::ordered_json;

struct Accuracy {
  std::optional<evaluation::UtteranceAccuracy> utterances;
  std::optional<evaluation::MisheardAccuracy> misheard;
  std::optional<evaluation::DialogueAccuracy> dialogues;
  std::optional<evaluation::DialogueAccuracy> customers_only;  ///< employees' words blanked
};

double rounded(double value) { return std::round(value * 10000.0) / 10000.0; }

ordered_json to_json(const Estimate& estimate) {
  return {
      {"value", rounded(estimate.value)}, {"low", rounded(estimate.low)}, {"high", rounded(estimate.high)}};
}

ordered_json to_json(const Counts& counts) {
  return {{"precision", rounded(counts.precision())},
          {"recall", rounded(counts.recall())},
          {"f1", rounded(counts.f1())},
          {"labelled", counts.found_right + counts.missed},
          {"found", counts.found_right + counts.found_wrong}};
}

ordered_json to_json(const std::map<std::string, Counts>& categories) {
  ordered_json json = ordered_json::object();
  for (const auto& [category, counts] : categories) json[category] = to_json(counts);
  return json;
}

ordered_json to_json(const std::map<std::string, Rate>& rates) {
  ordered_json json = ordered_json::object();
  for (const auto& [name, rate] : rates)
    json[name] = {{"flagged", rate.flagged},
                  {"all", rate.all},
                  {"rate", rounded(static_cast<double>(rate.flagged) / std::max(1, rate.all))}};
  return json;
}

ordered_json to_json(const std::optional<double>& value) {
  return value ? ordered_json(rounded(*value)) : nullptr;
}

ordered_json to_json(const evaluation::UtteranceAccuracy& accuracy) {
  return {{"size", accuracy.size},
          {"harassment", to_json(accuracy.harassment)},
          {"f1", to_json(accuracy.f1)},
          {"macro_f1", to_json(accuracy.macro_f1)},
          {"flagged_by_kind", to_json(accuracy.flagged_by_kind)},
          {"flagged_by_slice", to_json(accuracy.flagged_by_slice)},
          {"calibration_error", rounded(accuracy.calibration_error)},
          {"severity_correlation", to_json(accuracy.severity_correlation)},
          {"categories", to_json(accuracy.categories)}};
}

ordered_json to_json(const evaluation::DialogueAccuracy& accuracy) {
  return {{"size", accuracy.size},
          {"auroc", to_json(accuracy.auroc)},
          {"recall_at_5_percent", to_json(accuracy.recall_at_5_percent)},
          {"suspected", to_json(accuracy.suspected)},
          {"band_exact", to_json(accuracy.band_exact)},
          {"band_within_one", to_json(accuracy.band_within_one)},
          {"flagged_by_slice", to_json(accuracy.flagged_by_slice)},
          {"complaints", to_json(accuracy.complaints)},
          {"span_overlap", rounded(accuracy.span_overlap)},
          {"severity_correlation", to_json(accuracy.severity_correlation)},
          {"categories", to_json(accuracy.categories)}};
}

ordered_json to_json(const evaluation::MisheardAccuracy& accuracy) {
  return {{"error_rate_of_pairs", rounded(accuracy.errors_of_pairs.rate())},
          {"characters_of_pairs", accuracy.errors_of_pairs.characters},
          {"error_rate", rounded(accuracy.errors.rate())},
          {"recall_as_written", to_json(accuracy.recall_as_written)},
          {"recall", to_json(accuracy.recall)},
          {"fall", to_json(accuracy.fall)},
          {"flagged_as_written", to_json(accuracy.flagged_as_written)},
          {"flagged", to_json(accuracy.flagged)}};
}

std::string row(const std::string& name, const Estimate& estimate) {
  return fmt::format("  {:<34} {:.3f}  [{:.3f}, {:.3f}]\n", name, estimate.value, estimate.low,
                     estimate.high);
}

std::string row(const std::string& name, const Counts& counts) {
  return fmt::format("  {:<34} P {:.3f}  R {:.3f}  F1 {:.3f}  ({} / {})\n", name, counts.precision(),
                     counts.recall(), counts.f1(), counts.found_right, counts.found_right + counts.missed);
}

std::string rows(const std::map<std::string, Rate>& rates) {
  std::string text;
  for (const auto& [name, rate] : rates)
    text += fmt::format("  {:<34} {:5.1f}%  ({} / {})\n", name, 100.0 * rate.flagged / std::max(1, rate.all),
                        rate.flagged, rate.all);
  return text;
}

std::string rows(const std::map<std::string, Counts>& categories) {
  std::string text;
  for (const auto& [category, counts] : categories) text += row(category, counts);
  return text;
}

std::string as_text(const evaluation::UtteranceAccuracy& accuracy) {
  return fmt::format("utterances: {}\n", accuracy.size) + row("harassment", accuracy.harassment) +
         row("harassment F1 [95%]", accuracy.f1) + row("macro-F1 [95%]", accuracy.macro_f1) +
         fmt::format("  {:<34} {:.3f}\n", "calibration error", accuracy.calibration_error) +
         fmt::format("  {:<34} {:.3f}\n", "severity, Spearman", accuracy.severity_correlation.value_or(0.0)) +
         "flagged, by kind\n" + rows(accuracy.flagged_by_kind) + "flagged, by slice\n" +
         rows(accuracy.flagged_by_slice) + "categories\n" + rows(accuracy.categories);
}

std::string as_text(const evaluation::MisheardAccuracy& accuracy) {
  return fmt::format("misheard utterances: {:.1f}% of characters wrong; {:.1f}% in what was heard\n",
                     100.0 * accuracy.errors.rate(), 100.0 * accuracy.errors_of_pairs.rate()) +
         row("harassment recall as written", accuracy.recall_as_written) +
         row("harassment recall", accuracy.recall) + row("fall", accuracy.fall) +
         row("harmless flagged as written", accuracy.flagged_as_written) +
         row("harmless flagged", accuracy.flagged);
}

std::string as_text(const evaluation::DialogueAccuracy& accuracy, const char* title) {
  return fmt::format("{}: {}\n", title, accuracy.size) + row("AUROC [95%]", accuracy.auroc) +
         row("recall at 5% false positives", accuracy.recall_at_5_percent) +
         row("suspected", accuracy.suspected) + row("band exact", accuracy.band_exact) +
         row("band within one", accuracy.band_within_one) +
         row("legitimate complaint quoted", accuracy.complaints) +
         fmt::format("  {:<34} {:.3f}\n", "span overlap (IoU)", accuracy.span_overlap) +
         fmt::format("  {:<34} {:.3f}\n", "score and gravest label, Spearman",
                     accuracy.severity_correlation.value_or(0.0)) +
         "harmless calls suspected, by slice\n" + rows(accuracy.flagged_by_slice);
}

Result<evaluation::MisheardAccuracy> measure_misheard(const judgement::Judge& judge,
                                                      const std::vector<evaluation::LabelledUtterance>& data,
                                                      const EvaluateOptions& options) {
  const auto mishearing = evaluation::Mishearing::load(options.heard_pairs);
  if (!mishearing) return tl::unexpected<Error>(mishearing.error());
  const auto misheard = evaluation::mishear(data, *mishearing, *options.degrade);
  if (!options.misheard_to.empty())
    if (auto written = evaluation::write_utterances(options.misheard_to, misheard); !written)
      return tl::unexpected<Error>(written.error());
  return evaluation::measure_misheard(judge, data, misheard, mishearing->errors());
}

Result<Accuracy> measure(const judgement::Judge& judge, const EvaluateOptions& options) {
  Accuracy accuracy;
  if (!options.utterances.empty()) {
    const auto utterances = evaluation::read_utterances(options.utterances);
    if (!utterances) return tl::unexpected<Error>(utterances.error());
    accuracy.utterances = evaluation::measure_utterances(judge, *utterances);
    if (options.degrade) {
      const auto misheard = measure_misheard(judge, *utterances, options);
      if (!misheard) return tl::unexpected<Error>(misheard.error());
      accuracy.misheard = *misheard;
    }
  }
  if (!options.dialogues.empty()) {
    const auto dialogues = evaluation::read_dialogues(options.dialogues);
    if (!dialogues) return tl::unexpected<Error>(dialogues.error());
    accuracy.dialogues = evaluation::measure_dialogues(judge, *dialogues, false);
    accuracy.customers_only = evaluation::measure_dialogues(judge, *dialogues, true);
  }
  return accuracy;
}

Result<void> print_accuracy(const Accuracy& accuracy, bool json) {
  if (!json)
    return print((accuracy.utterances ? as_text(*accuracy.utterances) : "") +
                 (accuracy.misheard ? as_text(*accuracy.misheard) : "") +
                 (accuracy.dialogues ? as_text(*accuracy.dialogues, "dialogues") : "") +
                 (accuracy.customers_only
                      ? as_text(*accuracy.customers_only, "dialogues, employees' words blanked")
                      : ""));
  ordered_json answer = ordered_json::object();
  if (accuracy.utterances) answer["utterances"] = to_json(*accuracy.utterances);
  if (accuracy.misheard) answer["utterances_misheard"] = to_json(*accuracy.misheard);
  if (accuracy.dialogues) answer["dialogues"] = to_json(*accuracy.dialogues);
  if (accuracy.customers_only) answer["dialogues_customers_only"] = to_json(*accuracy.customers_only);
  return print(answer.dump(1) + "\n");
}

}  // namespace

int evaluate(const EvaluateOptions& options, const CommonOptions& common) {
  const auto done =
      pipeline::find_policy(common.policy)
          .and_then([](const auto& policy) { return pipeline::Assessor::load(policy); })
          .and_then([&](const auto& assessor) { return measure(assessor.judge(), options); })
          .and_then([&](const auto& accuracy) { return print_accuracy(accuracy, options.json); });
  if (done) return kDone;
  print_error(done.error(), common.language);
  return kFailed;
}

}  // namespace guardian::cli
