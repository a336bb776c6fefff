#include "casework/dispatcher.h"

namespace guardian::casework {

Dispatcher::Dispatcher(const Outbox& outbox, const Channels& channels, DispatcherOptions options,
                       Observer observer)
    : outbox_(outbox), channels_(channels), options_(options), observer_(std::move(observer)) {
  static_cast<void>(outbox_.recover());  // if the store fails, leases run out
  for (std::size_t i = 0; i < options_.senders; ++i)
    senders_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

Dispatcher::~Dispatcher() { stop(); }

void Dispatcher::stop() {
  for (auto& sender : senders_) sender.request_stop();
}

void Dispatcher::wake() {
  {
    const std::lock_guard lock(mutex_);
    ++wakes_;
  }
  woken_.notify_all();
}

void Dispatcher::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (send_some(stop)) continue;
    std::unique_lock lock(mutex_);
    woken_.wait_for(lock, stop, options_.poll, [&, before = wakes_] { return wakes_ != before; });
  }
}

/// False if there was nothing to do.
bool Dispatcher::send_some(const std::stop_token& stop) {
  Result<std::optional<Batch>> batch;
  {
    const std::lock_guard lock(mutex_);  // who claims, and who is busy, are one decision
    batch = outbox_.claim(busy_);
    if (!batch || !*batch) return false;
    busy_.insert((*batch)->to);
  }
  send_batch(**batch, stop);
  const std::lock_guard lock(mutex_);
  busy_.erase((*batch)->to);
  return true;
}

void Dispatcher::send_batch(Batch& batch, const std::stop_token& stop) {
  while (!batch.notices.empty()) {
    if (stop.stop_requested()) break;
    const auto id = batch.notices.front();
    const auto outgoing = outbox_.open(batch.to, id);
    Result<void> sent;
    auto channel = ChannelKind::mail;
    if (!outgoing) {
      sent = tl::unexpected<Error>(outgoing.error());
    } else if (*outgoing) {
      channel = (*outgoing)->channel;
      sent = channels_.send(channel, (*outgoing)->delivery, stop);
    }
    if (!sent && sent.error().kind == Error::Kind::cancelled) break;
    if (observer_ && (!outgoing || *outgoing)) observer_(channel, id, sent ? nullptr : &sent.error());
    batch.notices.erase(batch.notices.begin());
    if (sent) {
      // If this fails, the lease runs out and the notice goes again: at least once.
      static_cast<void>(outbox_.note_sent(batch.to, id));
      continue;
    }
    const auto closed = outbox_.note_failed(batch.to, id, sent.error());
    if (!closed || *closed) return;  // the others were put off with it
  }
  static_cast<void>(outbox_.give_back(batch));
}

}  // namespace guardian::casework
