// server/openapi.h - the description of the API, joined from src/server/openapi/*.yaml: one document for
// clients, tests and the documentation page.
#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "base/result.h"
#include "server/embedded.h"

namespace guardian::server {

/// Joins `tags`, `paths` and `components` of all files into the frame of api.yaml. Errors: policy, with file
/// and line, for what is no YAML, is said twice, or is none of the three.
Result<nlohmann::json> join_openapi(std::span<const EmbeddedFile> files);

}  // namespace guardian::server
