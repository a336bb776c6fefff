#include "cli/interrupt.h"

#include <pthread.h>

#include <csignal>
#include <thread>

namespace guardian::cli {

std::stop_token stop_on_interrupt() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  // Blocked here, before any other thread exists, so that only the waiting thread below receives them.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  std::stop_source stop;
  auto token = stop.get_token();
  std::thread([signals, stop]() mutable {
    int received = 0;
    if (sigwait(&signals, &received) != 0) return;
    stop.request_stop();
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
  }).detach();
  return token;
}

}  // namespace guardian::cli
