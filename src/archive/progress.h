// archive/progress.h - what happens to recordings right now, told to whoever listens: the workers
// (archive/workers.h) publish, open pages subscribe. Nothing is kept; the truth is in the store.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "archive/queue.h"

namespace guardian::archive {

struct ProgressEvent {
  std::string tenant;
  std::string job;
  std::string recording;
  std::optional<std::string> employee;  ///< whose recording it is: who may hear of it
  std::optional<std::string> group;
  Pass pass = Pass::full;
  std::string state;   ///< of the recording, as in recordings.state
  double share = 0.0;  ///< of the pass, in [0, 1]
};

/// Safe to use from several threads. Never waits for a listener.
class Progress {
 public:
  using Filter = std::function<bool(const ProgressEvent&)>;
  static constexpr std::size_t kMostWaiting = 256;

  /// One listener's queue. When it does not keep up, it gets the newest state of each recording, and then
  /// the newest recordings only: `missed` tells that it should look at the store.
  class Subscription {
   public:
    /// The next event; empty if none came in time.
    std::optional<ProgressEvent> next(std::chrono::milliseconds patience);
    /// True once after events were thrown away.
    bool missed();

   private:
    friend class Progress;
    void add(const ProgressEvent& event);

    Filter filter_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<ProgressEvent> waiting_;
    bool missed_ = false;
  };

  /// Listens as long as the pointer lives. `filter` runs on the publisher's thread.
  std::shared_ptr<Subscription> subscribe(Filter filter);
  void publish(const ProgressEvent& event);

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<Subscription>> subscriptions_;
};

}  // namespace guardian::archive
