// server/routes/shared_judge.h - the judge of this program with both witnesses, for routes that judge past
// dealings anew. Loaded when first needed: that takes a second, and the encoder's memory.
#pragma once

#include <filesystem>

#include "pipeline/assessor.h"
#include "pipeline/installation.h"

namespace guardian::server {

inline const Result<pipeline::Assessor>& shared_assessor() {
  static const auto loaded = pipeline::find_policy({}).and_then(
      [](const std::filesystem::path& folder) { return pipeline::Assessor::load(folder); });
  return loaded;
}

}  // namespace guardian::server
