#include "archive/progress.h"

#include <algorithm>
#include <utility>

namespace guardian::archive {

std::shared_ptr<Progress::Subscription> Progress::subscribe(Filter filter) {
  auto subscription = std::make_shared<Subscription>();
  subscription->filter_ = std::move(filter);
  const std::lock_guard lock(mutex_);
  subscriptions_.push_back(subscription);
  return subscription;
}

void Progress::publish(const ProgressEvent& event) {
  const std::lock_guard lock(mutex_);
  std::erase_if(subscriptions_, [](const auto& subscription) { return subscription.expired(); });
  for (const auto& each : subscriptions_)
    if (const auto subscription = each.lock(); subscription && subscription->filter_(event))
      subscription->add(event);
}

void Progress::Subscription::add(const ProgressEvent& event) {
  {
    const std::lock_guard lock(mutex_);
    const auto same = std::find_if(waiting_.begin(), waiting_.end(), [&](const ProgressEvent& waiting) {
      return waiting.recording == event.recording && waiting.state == event.state &&
             waiting.pass == event.pass;
    });
    if (same != waiting_.end()) {
      *same = event;
    } else {
      if (waiting_.size() >= kMostWaiting) {
        waiting_.pop_front();
        missed_ = true;
      }
      waiting_.push_back(event);
    }
  }
  arrived_.notify_one();
}

std::optional<ProgressEvent> Progress::Subscription::next(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  if (!arrived_.wait_for(lock, patience, [&] { return !waiting_.empty(); })) return std::nullopt;
  auto event = std::move(waiting_.front());
  waiting_.pop_front();
  return event;
}

bool Progress::Subscription::missed() {
  const std::lock_guard lock(mutex_);
  return std::exchange(missed_, false);
}

}  // namespace guardian::archive
