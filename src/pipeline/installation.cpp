#include "pipeline/installation.h"

#include <fmt/format.h>

#include <cstdlib>
#include <vector>

namespace guardian::pipeline {
namespace {

std::vector<std::filesystem::path> policy_places(const std::filesystem::path& chosen) {
  if (!chosen.empty()) return {chosen};
  if (const char* named = std::getenv("GUARDIAN_POLICY"); named != nullptr && *named != '\0') return {named};
  std::error_code ignored;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return {program.parent_path().parent_path() / "share/kasuhara-guardian/policy",
          std::filesystem::path(GUARDIAN_SOURCE_DIR) / "policy"};
}

}  // namespace

Result<std::filesystem::path> find_policy(const std::filesystem::path& chosen) {
  std::string looked_at;
  for (const auto& place : policy_places(chosen)) {
    std::error_code ignored;
    if (std::filesystem::exists(place / "policy.yaml", ignored)) return place;
    looked_at += (looked_at.empty() ? "" : ", ") + place.string();
  }
  return fail(Error::Kind::not_found, looked_at,
              {"判定ポリシー (policy.yaml) がありません", "no judgement policy (policy.yaml) here"},
              {"--policy でフォルダーを指定してください", "Name its folder with --policy"});
}

}  // namespace guardian::pipeline
