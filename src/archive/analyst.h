// archive/analyst.h - one child process (archive/work.h) as one worker sees it: a recording in, a report out.
// Whatever the child does - crash, hang, talk nonsense - ends as an Error, and the next recording gets a new
// child.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "archive/line_process.h"
#include "archive/work_messages.h"
#include "base/result.h"

namespace guardian::archive {

/// For one thread.
class Analyst {
 public:
  /// `command` starts a child. `patience`: with one that says nothing; empty: two minutes, and more for long
  /// recordings.
  Analyst(std::vector<std::string> command, std::optional<std::chrono::milliseconds> patience)
      : command_(std::move(command)), patience_(patience) {}

  /// Called every half second with the share of the work done; an Error ends the work with it.
  using Watch = std::function<Result<void>(double share)>;

  /// Errors: those that the child tells; those of `watch`; model, if it crashed or hung; damaged is made
  /// `model`, too, where it was the child's talk and not the file that was broken.
  Result<WorkResult> analyse(const WorkOrder& order, const Watch& watch);

  /// Process id of the child, 0 if none runs. For any thread.
  int child() const { return child_; }

 private:
  Result<void> start(const Watch& watch);
  Result<WorkResult> listen(const WorkOrder& order, const Watch& watch);
  Result<std::optional<WorkMessage>> hear();
  void drop();

  std::vector<std::string> command_;
  std::optional<std::chrono::milliseconds> patience_;
  std::optional<LineProcess> process_;
  std::atomic<int> child_ = 0;
};

}  // namespace guardian::archive
