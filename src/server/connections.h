// server/connections.h - who is connected, and who must go: connections whose headers do not come in time,
// and all of them when the server stops.
#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <thread>

namespace guardian::server {

/// Safe to use from several threads.
class Connections {
 public:
  using Clock = std::chrono::steady_clock;

  struct Entry {
    int socket;  ///< a duplicate, so that it stays this connection's until the entry goes
    std::optional<Clock::time_point> deadline;
    enum class State { waiting, answering, streaming } state = State::waiting;
  };
  using Ticket = std::list<Entry>::iterator;

  Connections() = default;
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  Ticket enter(int socket);
  void leave(Ticket ticket);
  /// From now on the next headers must be there by `deadline`, or the connection is cut.
  void expect_headers(Ticket ticket, Clock::time_point deadline);
  /// Headers are there. False: the server is stopping.
  bool begin_answer(Ticket ticket);
  /// False: there are `most` streams already.
  bool begin_stream(Ticket ticket, int most);
  void end_answer(Ticket ticket);

  /// Cuts what waits, ends what streams, and waits for answers under way until `deadline`. Returns how many
  /// were cut then.
  int stop(Clock::time_point deadline);

  int count() const;

 private:
  void cut_late(const std::stop_token& stop);

  mutable std::mutex mutex_;
  std::condition_variable_any sooner_;  ///< a deadline before `next_look_`
  std::condition_variable done_;        ///< an answer ended while the server stops
  std::list<Entry> entries_;
  Clock::time_point
      next_look_;  ///< of the thread that cuts: woken for every request it would cost more than they
  bool stopping_ = false;
  std::jthread watch_{[this](const std::stop_token& stop) { cut_late(stop); }};
};

}  // namespace guardian::server
