// server/routes/shared_playbook.h - what to do and what to prevent, for routes that tell it. Loaded when
// first needed.
#pragma once

#include <filesystem>

#include "guidance/playbook.h"
#include "pipeline/installation.h"

namespace guardian::server {

inline const Result<guidance::Playbook>& shared_playbook() {
  static const auto loaded = pipeline::find_policy({}).and_then(
      [](const std::filesystem::path& folder) { return guidance::load_playbook(folder / "playbooks.yaml"); });
  return loaded;
}

}  // namespace guardian::server
