// archive/queue.h - which recording is analysed next, by whom, and what becomes of it when that fails.
// Between uploads (archive/recordings.h) and the workers (archive/workers.h). A recording has at most one job
// alive. It passes twice: a quick pass over everything first, then the full pass, the riskiest first; what a
// quick pass is stands in archive/work.h. Where nothing else waits, or the recording is short, the quick pass
// is left out. Every change is part of the caller's unit of work, so a job and what follows from it never
// disagree: whatever moment the power fails, the job is either done with all its consequences or waits.
//
// Functions check that a recording's id is one. They throw store::Fault as the store does.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "access/caller.h"
#include "base/id.h"
#include "base/result.h"
#include "store/database.h"

namespace guardian::archive {

enum class Pass { quick, full };

struct QueueOptions {
  std::int64_t lease_ms = 60'000;  ///< a worker that does not renew for so long is thought to be gone
  int attempts = 4;                ///< after so many failures a job is dead
  std::int64_t first_delay_ms =
      30'000;  ///< before the second attempt; four times as long before each further
  std::int64_t longest_delay_ms = 3'600'000;
  std::int64_t patience_ms = 86'400'000;  ///< who has waited so long goes first, whatever its priority
  int workers = 1;                        ///< for estimates
};

/// The right to work on a job, until it is given up, taken by a cancellation, or not renewed in time.
struct Lease {
  std::string job;
  std::string tenant;
  std::string recording;
  Pass pass = Pass::quick;
  int attempt = 1;
  std::string worker;
};

/// What a pass cost, for estimates.
struct Effort {
  double recording_s = 0.0;
  double bytes = 0.0;
  double work_s = 0.0;
};

struct Job {
  std::string id;
  std::string recording;
  Pass pass = Pass::quick;
  std::string state;  ///< "waiting", "held", "running", "done", "dead" or "cancelled"
  int priority = 0;
  int attempts = 0;
  double progress = 0.0;  ///< of the pass under way, in [0, 1]
  std::int64_t not_before_ms = 0;
  std::optional<Text> reason;  ///< of the last failure, or why it is held
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> finished_ms;
};

/// When a recording will be done, as far as that can be told.
struct Outlook {
  int before = 0;              ///< jobs that will be begun before it; 0 while it runs
  std::int64_t finish_ms = 0;  ///< estimate, from the speed of the last passes
};

struct JobFilter {
  std::optional<std::string> state;
  std::string before;  ///< only jobs older than this id; empty: from the newest
  int limit = 50;
};

/// Of all tenants, for metrics.
struct QueueStats {
  std::int64_t waiting = 0;
  std::int64_t held = 0;
  std::int64_t running = 0;
  std::int64_t dead = 0;
  double oldest_waiting_s = 0.0;
  double quick_speed = 0.0;  ///< seconds of recording per second of one worker
  double full_speed = 0.0;
};

/// Has no state of its own beside its options; safe to use from several threads.
class Queue {
 public:
  using Clock = std::function<std::int64_t()>;
  static constexpr int kHighestPriority = 10;  ///< and its negative is the lowest

  explicit Queue(QueueOptions options = {}, Clock clock = now_ms);

  /// A new job for a recording, waiting; returns its id. A recording that was analysed before is analysed
  /// again at once in full, and its report stays until there is a new one. Errors: usage; not_found; conflict
  /// if a job of it is alive.
  Result<std::string> enqueue(store::Transaction& transaction, const std::string& tenant,
                              const std::string& recording, int priority = 0) const;

  /// The next job for this worker: tenants take turns, those with fewest running jobs first; within a tenant
  /// by priority, urgency, age. A copy waits for what it is a copy of. Nothing if nothing is due. Leases that
  /// ran out go back first.
  std::optional<Lease> lease(store::Transaction& transaction, const std::string& worker) const;

  /// Tells that the worker is alive and how far it is. Errors: conflict, if the job is no longer its own:
  /// then it must stop and must not report.
  Result<void> renew(store::Transaction& transaction, const Lease& lease, double share) const;

  /// True while the job is this worker's own.
  bool is_own(store::Transaction& transaction, const Lease& lease) const;

  /// Notes the object to which the report will be written, before it is: after a crash nobody would know of
  /// it. Returns what an earlier attempt left, to be removed. Errors: conflict.
  Result<std::optional<std::string>> note_report(store::Transaction& transaction, const Lease& lease,
                                                 const std::string& object) const;

  /// After a quick pass: the job waits for its full pass. Errors: conflict.
  Result<void> pass_on(store::Transaction& transaction, const Lease& lease, int score,
                       const Effort& effort) const;

  /// The job is done; whoever calls this has noted the result in the same unit of work. Errors: conflict, and
  /// then the unit of work must not happen.
  Result<void> complete(store::Transaction& transaction, const Lease& lease, const Effort& effort) const;

  /// The attempt failed: the job waits for another with a growing delay, or is dead, at once where another
  /// attempt could not help (a damaged file). Returns true if it is dead. Errors: conflict.
  Result<bool> fail(store::Transaction& transaction, const Lease& lease, const Error& why) const;

  /// The worker stops, the attempt does not count. Errors: conflict.
  Result<void> give_back(store::Transaction& transaction, const Lease& lease) const;

  /// For the start of a server, before its workers: whatever was being worked on goes back at once, and the
  /// attempts do not count, since it was not the recordings that ended the server. Returns how many.
  std::int64_t recover(store::Transaction& transaction) const;

  /// No more work on it; a running job is taken from its worker. Errors: not_found, if no job is alive.
  Result<void> cancel(store::Transaction& transaction, const std::string& tenant,
                      const std::string& recording) const;

  /// Keeps a waiting job back, e.g. at the cap of the plan. Errors: not_found, if none waits.
  Result<void> hold(store::Transaction& transaction, const std::string& tenant, const std::string& recording,
                    const Text& reason) const;
  /// Lets held jobs go on: one, or all of the tenant. Returns how many.
  std::int64_t release(store::Transaction& transaction, const std::string& tenant,
                       const std::optional<std::string>& recording = std::nullopt) const;

  /// Errors: usage, not_found if no job is alive.
  Result<void> set_priority(store::Transaction& transaction, const std::string& tenant,
                            const std::string& recording, int priority) const;

  /// Newest first; on the recordings that the caller may know of.
  std::vector<Job> list(store::Transaction& transaction, const access::Caller& caller,
                        const JobFilter& filter) const;
  /// The newest job of a recording. Empty if there was none.
  std::optional<Job> job_of(store::Transaction& transaction, const std::string& tenant,
                            const std::string& recording) const;

  /// Empty if no job is alive, or it is held.
  std::optional<Outlook> outlook(store::Transaction& transaction, const std::string& tenant,
                                 const std::string& recording) const;

  QueueStats stats(store::Transaction& transaction) const;

  const QueueOptions& options() const { return options_; }

 private:
  std::int64_t expire(store::Transaction& transaction) const;
  std::int64_t delay_ms(int attempt) const;

  QueueOptions options_;
  Clock clock_;
};

/// "quick" or "full".
std::string name_of(Pass pass);

}  // namespace guardian::archive
