// server/routes/shared_playbook.h - what to do and what to prevent, for routes that tell it. Loaded when
// first needed.
#pragma once

#include "guidance/playbook.h"
#include "pipeline/installation.h"

namespace guardian::server {

inline const Result<guidance::Playbook>& shared_playbook() {
  static const auto loaded = [] {
    const auto folder = pipeline::find_policy({});
    if (!folder) return Result<guidance::Playbook>(tl::unexpected<Error>(folder.error()));
    return guidance::load_playbook(*folder / "playbooks.yaml");
  }();
  return loaded;
}

}  // namespace guardian::server
