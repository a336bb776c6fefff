// server/routes/job_json.h - a job of the queue as the API shows it.
#pragma once

#include <nlohmann/json.hpp>

#include "archive/queue.h"

namespace guardian::server {

inline nlohmann::json job_json(const archive::Job& job, Language language) {
  return {{"id", job.id},
          {"recording", job.recording},
          {"pass", archive::name_of(job.pass)},
          {"state", job.state},
          {"priority", job.priority},
          {"attempts", job.attempts},
          {"progress", job.progress},
          {"not_before_ms", job.not_before_ms},
          {"reason", job.reason ? nlohmann::json(job.reason->in(language)) : nlohmann::json(nullptr)},
          {"created_ms", job.created_ms},
          {"finished_ms", job.finished_ms ? nlohmann::json(*job.finished_ms) : nlohmann::json(nullptr)}};
}

}  // namespace guardian::server
