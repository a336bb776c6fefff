#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "pipeline/assessor.h"
#include "rulebook/difference.h"

namespace guardian::cli {
namespace {

struct Changes {
  rulebook::Tally tally;
  std::string examples;  ///< a line for each finding that appeared or vanished
};

std::string lines_of(const std::string& call, const std::vector<judgement::Finding>& findings, char sign) {
  std::string lines;
  for (const auto& finding : findings)
    lines +=
        fmt::format("{} {}  {}  {}\n", sign, printable(call), finding.category, printable(finding.quote));
  return lines;
}

void add(const std::string& call, const rulebook::Difference& difference, Changes& changes) {
  changes.tally.add(difference);
  changes.examples += lines_of(call, difference.appeared, '+') + lines_of(call, difference.vanished, '-');
}

Result<std::vector<std::filesystem::path>> calls_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> calls;
  std::error_code code;
  for (const auto& entry : std::filesystem::directory_iterator(folder, code))
    if (entry.path().extension() == ".json") calls.push_back(entry.path());
  std::sort(calls.begin(), calls.end());
  if (!code && !calls.empty()) return calls;
  return fail(Error::Kind::not_found, folder.string(),
              {"報告書・文字起こしの JSON がありません", "holds no reports or transcripts (.json)"},
              {"--on のフォルダーを確かめてください", "Check the folder given by --on"});
}

std::string describe(const Changes& changes, Language language) {
  const auto& tally = changes.tally;
  std::string text = changes.examples;
  for (const auto& [category, counts] : tally.categories)
    text += fmt::format("{:<28} +{}  -{}\n", category, counts.first, counts.second);
  const char* form = language == Language::japanese
                         ? "通話 {} 件。新たに疑い {} 件、疑いでなくなる {} 件\n"
                         : "{} calls: {} newly suspected, {} no longer suspected\n";
  return text +
         fmt::format(fmt::runtime(form), tally.dealings, tally.newly_suspected, tally.no_longer_suspected);
}

Result<int> diff(const PolicyDiffOptions& options, const CommonOptions& common) {
  const auto before = pipeline::Assessor::load(options.before);
  if (!before) return tl::unexpected<Error>(before.error());
  const auto after = pipeline::Assessor::load(options.after);
  if (!after) return tl::unexpected<Error>(after.error());
  const auto calls = calls_in(options.calls);
  if (!calls) return tl::unexpected<Error>(calls.error());
  Changes changes;
  int code = kDone;
  for (const auto& call : *calls) {
    const auto heard = pipeline::read_ready_transcript(call);
    if (!heard) {
      print_error(heard.error(), common.language);
      code = kFailed;
      continue;
    }
    add(call.filename().string(),
        rulebook::difference(before->judge().judge(heard->transcript),
                             after->judge().judge(heard->transcript)),
        changes);
  }
  const auto printed = print(describe(changes, common.language));
  if (!printed) return tl::unexpected<Error>(printed.error());
  return code;
}

}  // namespace

int policy_diff(const PolicyDiffOptions& options, const CommonOptions& common) {
  const auto code = diff(options, common);
  if (code) return *code;
  print_error(code.error(), common.language);
  return kFailed;
}

}  // namespace guardian::cli
