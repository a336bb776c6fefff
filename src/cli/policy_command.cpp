#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "pipeline/assessor.h"
#include "pipeline/installation.h"

namespace guardian::cli {
namespace {

std::string describe_failure(const judgement::FailedExample& failed, Language language) {
  const bool japanese = language == Language::japanese;
  const char* expected = failed.should_match ? (japanese ? "一致しません" : "does not match")
                                             : (japanese ? "一致してしまいます" : "must not match");
  return fmt::format("{}: {} {}\n", failed.rule, printable(failed.example), expected);
}

/// Also loads the playbook, so that every file of the policy has been checked.
Result<int> test_policy(const CommonOptions& common) {
  const auto policy = pipeline::find_policy(common.policy);
  if (!policy) return tl::unexpected<Error>(policy.error());
  const auto assessor = pipeline::Assessor::load(*policy);
  if (!assessor) return tl::unexpected<Error>(assessor.error());
  const auto failures = assessor->judge().test_examples();
  std::string answer;
  for (const auto& failed : failures) answer += describe_failure(failed, common.language);
  const auto rules = assessor->judge().policy().rules.size();
  answer += common.language == Language::japanese
                ? fmt::format("規則 {} 件、合わない例文 {} 件\n", rules, failures.size())
                : fmt::format("{} rules, {} examples that came out wrong\n", rules, failures.size());
  if (auto printed = print(answer); !printed) return tl::unexpected<Error>(printed.error());
  return failures.empty() ? kDone : kFailed;
}

}  // namespace

int policy_test(const CommonOptions& common) {
  const auto code = test_policy(common);
  if (code) return *code;
  print_error(code.error(), common.language);
  return kFailed;
}

}  // namespace guardian::cli
