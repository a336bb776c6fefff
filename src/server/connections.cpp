#include "server/connections.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace guardian::server {

Connections::Ticket Connections::enter(int socket) {
  const std::lock_guard lock(mutex_);
  const auto ticket = entries_.insert(entries_.end(), Entry{::dup(socket), std::nullopt});
  // Accepted before the stop and late to come here: `stop` has not seen it, so nobody else would end it.
  if (stopping_) ::shutdown(ticket->socket, SHUT_RDWR);
  return ticket;
}

void Connections::leave(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  ::close(ticket->socket);
  entries_.erase(ticket);
  if (stopping_) done_.notify_all();
}

void Connections::expect_headers(Ticket ticket, Clock::time_point deadline) {
  const std::lock_guard lock(mutex_);
  ticket->deadline = deadline;
  if (deadline < next_look_) sooner_.notify_all();
}

bool Connections::begin_answer(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  ticket->deadline.reset();
  if (stopping_) return false;
  ticket->state = Entry::State::answering;
  return true;
}

bool Connections::begin_stream(Ticket ticket, int most) {
  const std::lock_guard lock(mutex_);
  const auto streams = std::count_if(entries_.begin(), entries_.end(), [](const Entry& entry) {
    return entry.state == Entry::State::streaming;
  });
  if (stopping_ || streams >= most) return false;
  ticket->state = Entry::State::streaming;
  return true;
}

void Connections::end_answer(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  ticket->state = Entry::State::waiting;
  if (!stopping_) return;
  ::shutdown(ticket->socket, SHUT_RD);
  done_.notify_all();
}

int Connections::stop(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  for (const auto& entry : entries_) {
    if (entry.state == Entry::State::waiting) ::shutdown(entry.socket, SHUT_RD);
    // Its sender may be stuck with a listener that does not listen.
    if (entry.state == Entry::State::streaming) ::shutdown(entry.socket, SHUT_RDWR);
  }
  const auto idle = [&] {
    return std::none_of(entries_.begin(), entries_.end(),
                        [](const Entry& entry) { return entry.state != Entry::State::waiting; });
  };
  if (done_.wait_until(lock, deadline, idle)) return 0;
  int cut = 0;
  for (const auto& entry : entries_) {
    if (entry.state != Entry::State::waiting) ++cut;
    ::shutdown(entry.socket, SHUT_RDWR);
  }
  return cut;
}

int Connections::count() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(entries_.size());
}

void Connections::cut_late(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const auto now = Clock::now();
    next_look_ = now + std::chrono::hours(1);
    for (auto& entry : entries_) {
      if (!entry.deadline) continue;
      if (*entry.deadline <= now) {
        ::shutdown(entry.socket, SHUT_RDWR);
        entry.deadline.reset();
      } else {
        next_look_ = std::min(next_look_, *entry.deadline);
      }
    }
    // The predicate is true after the first look, so that a deadline, the time and the stop end the wait.
    sooner_.wait_until(lock, stop, next_look_,
                       [seen = false]() mutable { return std::exchange(seen, true); });
  }
}

}  // namespace guardian::server
