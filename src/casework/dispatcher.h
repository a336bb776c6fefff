// casework/dispatcher.h - the threads that empty the outbox.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <set>
#include <stop_token>
#include <thread>
#include <vector>

#include "casework/outbox.h"

namespace guardian::casework {

struct DispatcherOptions {
  std::size_t senders = 4;  ///< threads; one recipient has one at most, so that who hangs holds up
                            ///< nobody else for long
  std::chrono::milliseconds poll{1'000};  ///< how often an idle sender looks
};

/// Begins to send when it is made, and ends within the channels' limits of time when it goes.
class Dispatcher {
 public:
  /// Told of every attempt, for logs and metrics: channel, id of the notice, and the error, if there is one.
  using Observer = std::function<void(ChannelKind, const std::string& notice, const Error* why)>;

  /// All references and the channels must outlive it.
  Dispatcher(const Outbox& outbox, const Channels& channels, DispatcherOptions options = {},
             Observer observer = {});
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;
  ~Dispatcher();

  /// Notices may have been written: do not wait for the next look.
  void wake();
  /// No more notices are begun, and those on their way to a webhook are cut short. Does not wait.
  void stop();

 private:
  void work(const std::stop_token& stop);
  bool send_some(const std::stop_token& stop);
  void send_batch(Batch& batch, const std::stop_token& stop);

  const Outbox& outbox_;
  Channels channels_;
  DispatcherOptions options_;
  Observer observer_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::size_t wakes_ = 0;
  std::set<RecipientKey> busy_;
  std::vector<std::jthread> senders_;  // last: they end before what they use
};

}  // namespace guardian::casework
