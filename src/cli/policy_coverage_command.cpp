#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/console.h"
#include "evaluation/rule_coverage.h"
#include "pipeline/installation.h"

namespace guardian::cli {
namespace {

using evaluation::CategoryCoverage;
using Utterances = std::vector<evaluation::LabelledUtterance>;

std::string percent(double share) { return fmt::format("{:.0f}%", 100.0 * share); }

/// Recall and precision of the rules alone; dashes where nothing is labelled or found.
std::string describe_found(const evaluation::Counts& counts) {
  const int labelled = counts.found_right + counts.missed;
  const int found = counts.found_right + counts.found_wrong;
  return fmt::format("  {:>5} {:>5} {:>6}", labelled == 0 ? "-" : percent(counts.recall()),
                     found == 0 ? "-" : percent(counts.precision()), labelled);
}

std::string describe(const CategoryCoverage& coverage, bool with_data, bool japanese) {
  return fmt::format("{:<26} {:>5} {:>8} {:>8} {:>9}{}{}\n", coverage.category->id, coverage.rules,
                     coverage.indirect_rules, coverage.examples, coverage.near_misses,
                     with_data ? describe_found(coverage.found) : "",
                     coverage.is_thin() ? (japanese ? "  手薄" : "  thin") : "");
}

std::string describe(const std::vector<CategoryCoverage>& all, bool with_data, Language language) {
  const bool japanese = language == Language::japanese;
  std::string text = japanese ? "類型、規則、うち遠回し、一致する例文、一致しない例文" : "";
  if (japanese) text += with_data ? "、規則だけでの再現率、適合率、ラベルの数\n" : "\n";
  text += fmt::format("{:<26} {:>5} {:>8} {:>8} {:>9}{}\n", "category", "rules", "indirect", "examples",
                      "near-miss", with_data ? "  recall prec. labels" : "");
  int thin = 0;
  for (const auto& coverage : all) {
    text += describe(coverage, with_data, japanese);
    thin += coverage.is_thin() ? 1 : 0;
  }
  return text + (japanese ? fmt::format("規則が手薄な類型 {} 件\n", thin)
                          : fmt::format("{} categories with thin rules\n", thin));
}

Result<Utterances> read_data(const std::filesystem::path& file) {
  if (file.empty()) return Utterances{};
  return evaluation::read_utterances(file);
}

}  // namespace

int policy_coverage(const std::filesystem::path& utterances, const CommonOptions& common) {
  const auto done = pipeline::find_policy(common.policy)
                        .and_then([](const auto& folder) { return policy::load_policy(folder); })
                        .and_then([](auto policy) { return judgement::Judge::create(std::move(policy)); })
                        .and_then([&](const auto& judge) {
                          return read_data(utterances).and_then([&](const Utterances& data) {
                            return print(describe(evaluation::measure_coverage(judge, data), !data.empty(),
                                                  common.language));
                          });
                        });
  if (done) return kDone;
  print_error(done.error(), common.language);
  return kFailed;
}

}  // namespace guardian::cli
