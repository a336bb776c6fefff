// server/routes/shared_policy.h - the policy that this program judges with, for routes that name its
// categories or weigh findings anew. Loaded when first needed.
#pragma once

#include "pipeline/installation.h"
#include "policy/policy.h"

namespace guardian::server {

inline const Result<policy::Policy>& shared_policy() {
  static const auto loaded = [] {
    const auto folder = pipeline::find_policy({});
    if (!folder) return Result<policy::Policy>(tl::unexpected<Error>(folder.error()));
    return policy::load_policy(*folder);
  }();
  return loaded;
}

}  // namespace guardian::server
