#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "evaluation/rule_coverage.h"
#include "pipeline/assessor.h"
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

std::string describe(const std::vector<evaluation::DoubtedExample>& doubted, Language language) {
  std::string text =
      language == Language::japanese
          ? fmt::format("その一言だけの通話では報告されない例文 {} 件\n", doubted.size())
          : fmt::format("{} examples that are not reported in a call of nothing else\n", doubted.size());
  for (const auto& [rule, example] : doubted) text += fmt::format("  {}: {}\n", rule->id, printable(example));
  return text;
}

Result<std::string> describe_coverage(const std::filesystem::path& utterances, const CommonOptions& common) {
  const auto folder = pipeline::find_policy(common.policy);
  if (!folder) return tl::unexpected<Error>(folder.error());
  const auto assessor = pipeline::Assessor::load(*folder);
  if (!assessor) return tl::unexpected<Error>(assessor.error());
  const auto rules_alone = judgement::Judge::create(assessor->judge().policy());
  if (!rules_alone) return tl::unexpected<Error>(rules_alone.error());
  const auto data = read_data(utterances);
  if (!data) return tl::unexpected<Error>(data.error());
  return describe(evaluation::measure_coverage(*rules_alone, *data), !data->empty(), common.language) +
         describe(evaluation::find_doubted_examples(assessor->judge()), common.language);
}

}  // namespace

int policy_coverage(const std::filesystem::path& utterances, const CommonOptions& common) {
  const auto done =
      describe_coverage(utterances, common).and_then([](const std::string& text) { return print(text); });
  if (done) return kDone;
  print_error(done.error(), common.language);
  return kFailed;
}

}  // namespace guardian::cli
