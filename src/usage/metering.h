// usage/metering.h - the account of analysed minutes: what was charged, what was free and why, and whether
// more may begin this month.
// After archive/: the queue asks `may_start` before an analysis and lets `charge` follow from it, both in its
// own units of work. The account is only ever added to. Seconds are counted whole, rounded up once per
// recording; people are shown minutes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "access/audit.h"
#include "access/caller.h"
#include "archive/analysed.h"
#include "base/calendar.h"
#include "base/id.h"
#include "base/result.h"
#include "store/database.h"

namespace guardian::usage {

constexpr std::int64_t kDefaultPlanMinutes = 3000;
constexpr std::int64_t kLargestPlanMinutes = 10'000'000;  ///< more is a slip of the keyboard

struct Share {
  int percent = 0;  ///< of the plan
  std::int64_t plan_minutes = 0;
};

/// Told once a month for each of 50, 80 and 100 percent of the plan; whoever jumps over several at once is
/// told the highest. Within the unit of work that charged, so that no notice is lost. Throws store::Fault.
using Notify = std::function<void(store::Transaction&, const std::string& tenant, const Share& share)>;

/// What is known of a file before anybody has listened to it.
struct Upload {
  std::optional<double> duration_s;  ///< as its sender tells
  std::uint64_t bytes = 0;           ///< for a guess, where nobody tells
  std::string type;                  ///< ending ("mp3") or media type ("audio/mpeg")
};

struct Estimate {
  std::int64_t seconds = 0;  ///< to be charged at most; silence and duplicates make it less
  bool guessed = false;      ///< from the bytes
  Text basis;                ///< how it was come by
};

/// Errors: usage, for a length that cannot be (not finite, negative, over a week) or nothing to go by.
Result<Estimate> estimate(const Upload& upload);

/// Whether an analysis may begin.
struct Permit {
  bool start = false;
  Text reason;                ///< why not, and what helps; for the recording's and the job's reason
  std::int64_t until_ms = 0;  ///< when the next month begins; 0 where it may start
};

/// Seconds of one month.
struct Balance {
  Month month;
  std::int64_t plan_s = 0;
  std::int64_t allowed_s = 0;  ///< beyond the plan, by allowances in force
  std::int64_t used_s = 0;     ///< charged
  std::int64_t free_silence_s = 0;
  std::int64_t free_duplicate_s = 0;
  std::int64_t free_again_s = 0;  ///< analysed again
  std::int64_t begun_s = 0;       ///< estimated, of what is being analysed now
  std::int64_t recordings = 0;    ///< charged ones
  std::int64_t remaining_s = 0;   ///< plan + allowed - used - begun, not below 0
  std::int64_t forecast_s = 0;    ///< at the month's end, if it goes on as since its beginning
  std::int64_t ends_ms = 0;
};

struct Allowance {
  std::string id;
  Month month;
  std::int64_t minutes = 0;
  std::string granted_by;
  std::int64_t at_ms = 0;
  std::int64_t until_ms = 0;
};

struct CsvOptions {
  bool byte_order_mark = false;  ///< Excel needs it for Japanese
  Language language = Language::japanese;
};

/// Has no state beside what it is made with; safe to use from several threads. The audit log must outlive it.
/// What is told as `transaction` is the caller's unit of work; functions throw store::Fault as the store
/// does.
class Metering {
 public:
  using Clock = std::function<std::int64_t()>;
  /// `plan_minutes`: a month, for tenants without a plan of their own. Without `notify` nobody is told.
  explicit Metering(const access::AuditLog& audit, Notify notify = {},
                    std::int64_t plan_minutes = kDefaultPlanMinutes, Clock clock = now_ms);

  /// An archive::Consequence. The first analysis of some bytes is charged, in the month of the analysis; all
  /// others are noted as free. Told twice, it happens once; in whatever order recordings come, the sums are
  /// the same. Errors: damaged, for a duration that is none.
  Result<void> charge(store::Transaction& transaction, const archive::Analysed& analysed) const;

  /// Within the unit of work that begins the analysis: what may start is reserved while the recording is
  /// being analysed, so that several workers do not overrun the cap together. What was charged before (bytes
  /// known, analysed again) may always start. Errors: not_found.
  Result<Permit> may_start(store::Transaction& transaction, const std::string& tenant,
                           const std::string& recording, std::int64_t estimated_s) const;

  /// Seconds that could begin now. Over 0, it is worth asking `may_start` again for what is held: after a new
  /// month, a larger plan, an allowance.
  Result<std::int64_t> releasable(store::Transaction& transaction, const std::string& tenant) const;

  /// The month under way, or an earlier one.
  Result<Balance> balance(store::Transaction& transaction, const std::string& tenant,
                          std::optional<Month> month = std::nullopt) const;

  /// From now on, for this month, too. Errors: usage.
  Result<void> set_plan(store::Transaction& transaction, const access::Caller& by,
                        std::int64_t minutes) const;

  /// More than the plan, within this month, until an instant that is not behind the month's end (empty: the
  /// end). Errors: usage.
  Result<Allowance> allow(store::Transaction& transaction, const access::Caller& by, std::int64_t minutes,
                          std::optional<std::int64_t> until_ms = std::nullopt) const;
  /// Of a month, oldest first.
  std::vector<Allowance> allowances(store::Transaction& transaction, const std::string& tenant,
                                    Month month) const;

  /// Every entry of a month, oldest first, one line each.
  Result<std::string> export_csv(store::Transaction& transaction, const std::string& tenant, Month month,
                                 const CsvOptions& options = {}) const;

 private:
  void tell_shares(store::Transaction& transaction, const std::string& tenant, Month month) const;

  std::int64_t plan_seconds(store::Transaction& transaction, const std::string& tenant) const;

  const access::AuditLog* audit_;
  Notify notify_;
  std::int64_t plan_minutes_;
  Clock clock_;
};

}  // namespace guardian::usage
