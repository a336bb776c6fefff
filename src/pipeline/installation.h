// pipeline/installation.h - where the program finds what it needs to run: policy and models.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace guardian::pipeline {

/// The folder with policy.yaml: `chosen` if not empty, else $GUARDIAN_POLICY, else
/// <program>/../share/kasuhara-guardian/policy, else the source tree the program was built from.
/// Errors: not_found, naming the places looked at.
Result<std::filesystem::path> find_policy(const std::filesystem::path& chosen);

}  // namespace guardian::pipeline
