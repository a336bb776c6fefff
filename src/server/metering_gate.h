// server/metering_gate.h - no analysis begins beyond the month's minutes: between usage/, which counts, and
// the queue of archive/, which knows nothing of minutes. What does not fit is held, never lost, and goes on
// with the next month, a larger plan or an allowance. How long a recording is stands in it only after
// somebody has listened; before, the length is guessed from its bytes (usage::estimate). Where the guess was
// too low, that one recording runs over the cap and is charged.
#pragma once

#include <optional>
#include <string>

#include "access/keyring.h"
#include "archive/queue.h"
#include "base/result.h"
#include "store/database.h"
#include "usage/metering.h"

namespace guardian::server {

/// All of it must outlive the gate. Safe to use from several threads; `t` is the caller's unit of work.
class MeteringGate {
 public:
  MeteringGate(const usage::Metering& metering, const archive::Queue& queue, const access::Keyring& keyring)
      : metering_(metering), queue_(queue), keyring_(keyring) {}

  /// Why the recording must wait; empty: it may start, and its minutes are reserved. Errors: not_found.
  Result<std::optional<Text>> hold_back(store::Transaction& t, const std::string& tenant,
                                        const std::string& recording) const;

  /// Lets held recordings go on that fit by now, in the queue's order. Returns how many.
  Result<int> release(store::Transaction& t, const std::string& tenant) const;
  /// The same for every tenant that has some.
  Result<int> release_all(store::Transaction& t) const;

 private:
  Result<std::int64_t> estimated_s(store::Transaction& t, const std::string& tenant,
                                   const std::string& recording) const;

  const usage::Metering& metering_;
  const archive::Queue& queue_;
  const access::Keyring& keyring_;
};

}  // namespace guardian::server
