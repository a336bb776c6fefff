#include "policy/amendment.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>
#include <set>

namespace guardian::policy {
namespace {

constexpr const char* kSource = "own-rules.yaml";

tl::unexpected<Error> refuse(const std::string& subject, const Text& what) {
  return fail(Error::Kind::policy, subject, what, {"規則を直してください", "Mend the rules"});
}

Result<std::vector<Rule>> own_rules(const std::string& text) {
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) return {};
  if (text.size() > kOwnRulesBytes)
    return refuse(kSource, {fmt::format("長すぎます ({} バイトまで)", kOwnRulesBytes),
                            fmt::format("too long, at most {} bytes", kOwnRulesBytes)});
  auto rules = parse_rules(text, kSource);
  if (!rules) return rules;
  for (auto& rule : *rules) {
    if (!rule.id.starts_with(kOwnPrefix))
      return refuse(rule.id, {fmt::format("自社の規則の id は {} で始めてください", kOwnPrefix),
                              fmt::format("ids of a company's own rules begin with {}", kOwnPrefix)});
    rule.own = true;
  }
  return rules;
}

}  // namespace

Result<Policy> amend(Policy policy, const Amendment& amendment) {
  auto own = own_rules(amendment.rules);
  if (!own) return tl::unexpected<Error>(own.error());
  const std::set<std::string> off(amendment.off.begin(), amendment.off.end());
  std::erase_if(policy.rules, [&](const Rule& rule) {
    return off.contains(rule.id) && is_harassment(policy.category(rule.category).kind);
  });
  std::move(own->begin(), own->end(), std::back_inserter(policy.rules));
  if (amendment.held_minutes) {
    if (*amendment.held_minutes < 1 || *amendment.held_minutes > kLongestHeld_minutes)
      return refuse("held_minutes", {"1 分から 1440 分までです", "from 1 to 1440 minutes"});
    policy.scale.held_minutes = *amendment.held_minutes;
  }
  if (auto checked = check_rules(policy, kSource); !checked) return tl::unexpected<Error>(checked.error());
  policy.version += amendment.edition > 0 ? fmt::format("+{}", amendment.edition) : std::string("+draft");
  return policy;
}

std::int64_t edition_in(std::string_view version) {
  const auto plus = version.rfind('+');
  std::int64_t edition = 0;
  if (plus != std::string_view::npos)
    std::from_chars(version.data() + plus + 1, version.data() + version.size(), edition);
  return edition;
}

}  // namespace guardian::policy
