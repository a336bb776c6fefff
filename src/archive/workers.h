// archive/workers.h - takes jobs from the queue, has a child process analyse each (archive/work.h), and notes
// the outcome. The report lies in the object store first; then one unit of work updates the recording, runs
// every consequence (archive/analysed.h) and ends the job. If anything in it fails, nothing of it happened
// and the job is tried again.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/keyring.h"
#include "archive/analysed.h"
#include "archive/keeping_days.h"
#include "archive/progress.h"
#include "archive/queue.h"
#include "base/result.h"
#include "policy/amendment.h"
#include "store/database.h"
#include "store/objects.h"

namespace guardian::archive {

struct WorkersOptions {
  std::filesystem::path program;                      ///< `guardian`; empty: this program itself
  std::filesystem::path objects;                      ///< folder of the object store, for the children
  std::filesystem::path policy;                       ///< empty: the installed one
  std::string model;                                  ///< of speech; empty: the default
  int number = 1;                                     ///< workers, each with a child
  int threads = 0;                                    ///< of each child; 0: the machine's cores, shared out
  KeepingDays keeping;                                ///< of companies that chose nothing else
  std::chrono::milliseconds idle{1000};               ///< between looks into the queue when nothing is due
  std::optional<std::chrono::milliseconds> patience;  ///< with a silent child; empty: by the recording's size
};

/// What workers work with. All of it must outlive them.
struct WorkersParts {
  store::Database& database;
  access::Keyring& keyring;
  store::ObjectStore& objects;
  const Queue& queue;
  Progress& progress;
  std::vector<Consequence> consequences;
  /// Asked before a recording is begun, in the unit of work that takes its job: why it must wait; empty: it
  /// may begin. None: all may. Then the job is held until somebody releases it (Queue::release).
  std::function<Result<std::optional<Text>>(store::Transaction&, const Lease&)> hold_back;
  /// How the company changed the policy. None: nobody did.
  std::function<Result<policy::Amendment>(store::Transaction&, const std::string& tenant)> amendment;
  std::function<void(const Error&)> trouble;  ///< told of what no job can be blamed for; from any thread
};

class Workers {
 public:
  /// Takes back what an earlier server left half done, then starts working. Errors: storage.
  static Result<std::unique_ptr<Workers>> start(WorkersParts parts, WorkersOptions options);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  /// Stops: what is under way goes back to the queue.
  ~Workers();

  /// Asks them to stop, without waiting for it.
  void stop();

  /// Something was enqueued or released; without it workers look once a second.
  void wake();

  /// Process ids of the children that are running.
  std::vector<int> children() const;

 private:
  struct Impl;
  explicit Workers(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The report of an analysed recording. Errors: not_found, if there is none; damaged; unreadable.
Result<report::Report> read_report(store::ObjectStore& objects, const access::Keyring& keyring,
                                   const std::string& tenant, const std::string& object);

}  // namespace guardian::archive
