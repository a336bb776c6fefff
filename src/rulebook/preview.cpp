#include "rulebook/preview.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace guardian::rulebook {
namespace {

using judgement::Judge;

tl::unexpected<Error> refuse(const std::string& rule, const Text& what) {
  return fail(Error::Kind::policy, rule, what, {"規則を直してください", "Mend the rules"});
}

Result<void> check_switched_off(const policy::Policy& policy, const std::vector<std::string>& off) {
  for (const auto& id : off) {
    const auto rule = std::find_if(policy.rules.begin(), policy.rules.end(),
                                   [&](const policy::Rule& one) { return one.id == id; });
    if (rule == policy.rules.end())
      return refuse(printable(id), {"そのような規則はありません", "there is no such rule"});
    if (!policy::is_harassment(policy.category(rule->category).kind))
      return refuse(id, {"害のない言葉を見分ける規則は外せません",
                         "rules that tell harmless words apart always count"});
  }
  return {};
}

/// Own rules alone, so that the program's are not gone through again.
policy::Policy only_own(policy::Policy policy) {
  std::erase_if(policy.rules, [](const policy::Rule& rule) { return !rule.own; });
  return policy;
}

Text wrong_example(const judgement::FailedExample& failed) {
  const auto example = printable(failed.example);
  if (failed.should_match)
    return {fmt::format("例文「{}」に一致しません", example),
            fmt::format("does not find its example \"{}\"", example)};
  return {fmt::format("一致してはならない例文「{}」に一致します", example),
          fmt::format("finds \"{}\", which it must not", example)};
}

}  // namespace

Result<void> check(const Judge& program, const policy::Amendment& draft) {
  if (draft.off.size() > policy::kMostSwitchedOff) return refuse("off", {"多すぎます", "there are too many"});
  if (auto known = check_switched_off(program.policy(), draft.off); !known) return known;
  auto policy = policy::amend(program.policy(), draft);
  if (!policy) return tl::unexpected<Error>(policy.error());
  const auto failed = program.with_policy(only_own(std::move(*policy))).test_examples();
  if (failed.empty()) return {};
  return refuse(failed.front().rule, wrong_example(failed.front()));
}

Result<Preview> Preview::of(const Judge& program, const policy::Amendment& in_force,
                            const policy::Amendment& draft) {
  auto before = policy::amend(program.policy(), in_force);
  if (!before) return tl::unexpected<Error>(before.error());
  auto after = policy::amend(program.policy(), draft);
  if (!after) return tl::unexpected<Error>(after.error());
  return Preview(program.with_policy(std::move(*before)), program.with_policy(std::move(*after)));
}

Difference Preview::look(const speech::Transcript& transcript) const {
  const auto thoughts = before_.think(transcript);
  return difference(before_.conclude(transcript, thoughts), after_.conclude(transcript, thoughts));
}

}  // namespace guardian::rulebook
