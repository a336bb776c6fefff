// server/routes/shared_policy.h - the policy that this program judges with, for routes that name its
// categories or weigh findings anew. Loaded when first needed.
#pragma once

#include <filesystem>

#include "pipeline/installation.h"
#include "policy/policy.h"

namespace guardian::server {

inline const Result<policy::Policy>& shared_policy() {
  static const auto loaded = pipeline::find_policy({}).and_then(
      [](const std::filesystem::path& folder) { return policy::load_policy(folder); });
  return loaded;
}

}  // namespace guardian::server
