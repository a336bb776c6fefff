// archive/sandbox.h - what a process that decodes strangers' files may no longer do. If such a file takes the
// process over, it finds no network, no other program, nothing to write to, and no second job's time.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace guardian::archive {

struct SandboxLimits {
  std::uint64_t memory_bytes = std::uint64_t{6} << 30U;  ///< of addresses; models map more than they use
};

/// At the start of the process: no core files (they would hold keys), no file may grow, few descriptors, a
/// ceiling of memory, low priority; first to go when the machine runs out of memory; ends with its parent.
/// Errors: model, if the kernel refuses.
Result<void> limit_process(const SandboxLimits& limits);

/// When everything is loaded, for all threads and for good (seccomp): opening sockets, starting programs or
/// processes, looking into others, opening for writing, renaming and deleting fail with EPERM. Errors: model,
/// if the kernel refuses: then nothing of a stranger's may be decoded.
Result<void> close_sandbox();

/// Seconds of processor time from now on; when they are used up, the process dies.
void limit_processor_time(std::uint64_t seconds);

}  // namespace guardian::archive
