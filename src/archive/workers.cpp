#include "archive/workers.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "archive/analyst.h"
#include "archive/recordings.h"
#include "base/id.h"
#include "report/earlier_report.h"
#include "report/names.h"
#include "report/stored_report.h"

namespace guardian::archive {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using store::Transaction;

constexpr milliseconds kTrouble{5000};      // before the store is tried again
constexpr milliseconds kLooks{1000};        // between looks whether the job was cancelled
constexpr std::int64_t kMostEarlier = 200;  // dealings with one counterpart, the newest
constexpr std::uint64_t kReportBytes = kLongestLine;

/// What belongs to one attempt.
struct Attempt {
  Lease lease;
  Recording recording;
};

std::string categories_of(const judgement::Verdict& verdict) {
  std::vector<std::string> categories;
  for (const auto& finding : verdict.findings) categories.push_back(finding.category);
  std::sort(categories.begin(), categories.end());
  categories.erase(std::unique(categories.begin(), categories.end()), categories.end());
  return categories.empty() ? "" : fmt::format(" {} ", fmt::join(categories, " "));
}

std::optional<double> loudest(const media::Recording& recording) {
  std::optional<double> loudness;
  for (const auto& level : recording.levels)
    loudness = std::max(loudness.value_or(level.loudness_lufs), level.loudness_lufs);
  return loudness;
}

/// A case's recording keeps its grade and its time.
void note_outcome(Transaction& transaction, const Recording& recording, const report::Report& report,
                  const std::string& report_id, std::int64_t now, const KeepingDays& standard) {
  const auto& verdict = report.verdict;
  const auto keeping = keeping_days_of(transaction, recording.tenant, standard);
  const int days = keeping.of(verdict.suspected ? Grade::finding : Grade::ordinary);
  transaction.execute(
      "UPDATE recordings SET report_id = ?1, analysed_ms = ?2, duration_s = ?3, silence_s = ?4,"
      " loudness_lufs = ?5, score = ?6, band = ?7, harassment = ?8, categories = ?9, delete_after_ms ="
      " CASE grade WHEN 'case' THEN delete_after_ms ELSE ?10 END, grade = CASE grade WHEN 'case' THEN grade"
      " ELSE ?11 END WHERE tenant_id = ?12 AND id = ?13",
      {report_id, now, report.recording.duration_s, report.recording.silence_s,
       store::or_null(loudest(report.recording)), std::int64_t{verdict.score}, report::band_id(verdict.band),
       std::int64_t{verdict.suspected}, categories_of(verdict), now + days * kDay_ms,
       verdict.suspected ? "finding" : "ordinary", recording.tenant, recording.id});
}

}  // namespace

Result<report::Report> read_report(store::ObjectStore& objects, const access::Keyring& keyring,
                                   const std::string& tenant, const std::string& object) {
  const auto text = store::read_object(objects, object, object_keys(keyring, tenant), kReportBytes);
  if (!text) return tl::unexpected<Error>(text.error());
  return report::parse_stored(*text, object);
}

struct Workers::Impl {
  Impl(WorkersParts given, WorkersOptions chosen) : parts(std::move(given)), options(std::move(chosen)) {}

  WorkersParts parts;
  WorkersOptions options;
  std::mutex mutex;
  std::condition_variable_any woken;
  std::int64_t calls = 0;  ///< of wake
  std::vector<std::unique_ptr<Analyst>> analysts;
  std::vector<std::jthread> threads;  ///< last, so that they end before the rest goes

  std::vector<std::string> command() const;
  void run(const std::stop_token& stop, Analyst& analyst);
  Result<std::optional<Lease>> take_job(Transaction& transaction, const std::string& worker);
  void rest(const std::stop_token& stop, milliseconds time);
  void attempt(const Lease& lease, const std::stop_token& stop, Analyst& analyst);
  Result<void> try_to(const Attempt& attempt, const std::stop_token& stop, Analyst& analyst);
  std::optional<report::Report> report_of_original(const Attempt& attempt);
  Result<std::vector<report::EarlierReport>> earlier_dealings(const Recording& recording);
  Result<policy::Amendment> amendment_of(const std::string& tenant);
  Result<WorkOrder> order_for(const Attempt& attempt);
  Analyst::Watch watch(const Attempt& attempt, const std::stop_token& stop);
  Result<void> finish(const Attempt& attempt, const report::Report& report, const Effort& effort);
  Result<std::string> store_report(const Attempt& attempt, const report::Report& report);
  Result<void> conclude(Transaction& transaction, const Attempt& attempt, const report::Report& report,
                        const std::string& report_id, const Effort& effort);
  void give_up(const Attempt& attempt, const Error& why);
  void publish(const Attempt& attempt, std::string state, double share) const;
  void remove_object(const std::string& id);
  Result<void> remove_stale_reports();

  /// Runs one call of the queue in a unit of work of its own. A job that is no longer ours is nobody's
  /// trouble.
  template <class Call>
  void tell_queue(const Call& call) {
    auto told = parts.database.write([&](Transaction& transaction) { return call(transaction); });
    if (!told && told.error().kind != Error::Kind::conflict) parts.trouble(told.error());
  }
};

Workers::Workers(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Workers::~Workers() {
  stop();
  impl_->threads.clear();
}

void Workers::stop() {
  for (auto& thread : impl_->threads) thread.request_stop();
}

Result<std::unique_ptr<Workers>> Workers::start(WorkersParts parts, WorkersOptions options) {
  auto impl = std::make_unique<Impl>(std::move(parts), std::move(options));
  auto recovered = impl->parts.database.write([&](Transaction& transaction) -> Result<std::int64_t> {
    return impl->parts.queue.recover(transaction);
  });
  if (!recovered) return tl::unexpected<Error>(recovered.error());
  if (auto removed = impl->remove_stale_reports(); !removed) return tl::unexpected<Error>(removed.error());
  for (int i = 0; i < impl->options.number; ++i)
    impl->analysts.push_back(std::make_unique<Analyst>(impl->command(), impl->options.patience));
  for (auto& analyst : impl->analysts)
    impl->threads.emplace_back([owner = impl.get(), worker = analyst.get()](const std::stop_token& stop) {
      owner->run(stop, *worker);
    });
  return std::unique_ptr<Workers>(new Workers(std::move(impl)));
}

void Workers::wake() {
  {
    const std::lock_guard lock(impl_->mutex);
    ++impl_->calls;
  }
  impl_->woken.notify_all();
}

std::vector<int> Workers::children() const {
  std::vector<int> ids;
  for (const auto& analyst : impl_->analysts)
    if (const int id = analyst->child(); id != 0) ids.push_back(id);
  return ids;
}

std::vector<std::string> Workers::Impl::command() const {
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const int share = std::max(1, cores / std::max(1, options.number));
  std::vector<std::string> words{options.program.empty() ? "/proc/self/exe" : options.program.string()};
  if (!options.policy.empty()) words.insert(words.end(), {"--policy", options.policy.string()});
  words.insert(words.end(), {"work", "--objects", options.objects.string(), "--threads",
                             std::to_string(options.threads > 0 ? options.threads : share)});
  if (!options.model.empty()) words.insert(words.end(), {"--model", options.model});
  return words;
}

void Workers::Impl::run(const std::stop_token& stop, Analyst& analyst) {
  const auto name =
      make_id();  // another after every start, so that no lease of an earlier one is taken for ours
  while (!stop.stop_requested()) {
    const auto lease =
        parts.database.write([&](Transaction& transaction) { return take_job(transaction, name); });
    if (!lease) parts.trouble(lease.error());
    if (lease && *lease)
      attempt(**lease, stop, analyst);
    else
      rest(stop, lease ? options.idle : kTrouble);
  }
}

/// The next job that may begin. Those that may not are held on the way.
Result<std::optional<Lease>> Workers::Impl::take_job(Transaction& transaction, const std::string& worker) {
  for (;;) {
    const auto lease = parts.queue.lease(transaction, worker);
    if (!lease || !parts.hold_back) return lease;
    const auto reason = parts.hold_back(transaction, *lease);
    if (!reason) return tl::unexpected<Error>(reason.error());
    if (!*reason) return lease;
    auto held = parts.queue.give_back(transaction, *lease).and_then([&] {
      return parts.queue.hold(transaction, lease->tenant, lease->recording, **reason);
    });
    if (!held) return tl::unexpected<Error>(held.error());
  }
}

void Workers::Impl::rest(const std::stop_token& stop, milliseconds time) {
  std::unique_lock lock(mutex);
  woken.wait_for(lock, stop, time, [this, before = calls] { return calls != before; });
}

void Workers::Impl::attempt(const Lease& lease, const std::stop_token& stop, Analyst& analyst) {
  auto recording = parts.database.read([&](Transaction& transaction) {
    return find_recording(transaction, parts.keyring, lease.tenant, lease.recording);
  });
  Attempt attempt{lease, recording ? std::move(*recording) : Recording{}};
  if (!recording) return give_up(attempt, recording.error());
  publish(attempt, "analysing", 0.0);
  try {
    const auto done = try_to(attempt, stop, analyst);
    if (!done) give_up(attempt, done.error());
  } catch (const store::Fault& fault) {
    give_up(attempt, fault.error);
  }
}

Result<void> Workers::Impl::try_to(const Attempt& attempt, const std::stop_token& stop, Analyst& analyst) {
  if (const auto original = report_of_original(attempt)) return finish(attempt, *original, {});
  const auto order = order_for(attempt);
  if (!order) return tl::unexpected<Error>(order.error());
  const auto result = analyst.analyse(*order, watch(attempt, stop));
  if (!result) return tl::unexpected<Error>(result.error());
  const Effort effort{result->report.recording.duration_s, static_cast<double>(attempt.recording.bytes),
                      result->work_s};
  if (result->whole) return finish(attempt, result->report, effort);
  auto passed = parts.database.write([&](Transaction& transaction) {
    return parts.queue.pass_on(transaction, attempt.lease, result->report.verdict.score, effort);
  });
  if (passed) publish(attempt, "waiting", 0.0);
  return passed;
}

/// Of the same bytes, if they were analysed before by the company's rules of today, and this is not a second
/// analysis by somebody's wish.
std::optional<report::Report> Workers::Impl::report_of_original(const Attempt& attempt) {
  const auto& recording = attempt.recording;
  if (!recording.same_as || recording.report) return std::nullopt;
  const auto original = parts.database.read([&](Transaction& transaction) {
    return find_recording(transaction, parts.keyring, recording.tenant, *recording.same_as);
  });
  if (!original || !original->report) return std::nullopt;
  auto report = read_report(parts.objects, parts.keyring, recording.tenant, *original->report);
  const auto amendment = amendment_of(recording.tenant);
  if (!report || !amendment) return std::nullopt;  // it is analysed then
  const auto edition = amendment->is_empty() ? 0 : amendment->edition;
  if (policy::edition_in(report->engine.policy_version) != edition) return std::nullopt;
  report->recording.name = recording.name;
  report->recording.counterpart = recording.counterpart.value_or("");
  report->recording.started_at = recording.started;
  return std::move(*report);
}

Result<std::vector<report::EarlierReport>> Workers::Impl::earlier_dealings(const Recording& recording) {
  std::vector<report::EarlierReport> earlier;
  if (!recording.counterpart_key) return earlier;
  const auto rows = parts.database.read([&](Transaction& transaction) -> Result<std::vector<store::Row>> {
    return transaction.query(
        "SELECT report_id FROM recordings WHERE tenant_id = ? AND counterpart = ? AND id <> ? AND report_id"
        " IS NOT NULL AND state <> 'deleted' ORDER BY COALESCE(started_ms, uploaded_ms) DESC LIMIT ?",
        {recording.tenant, *recording.counterpart_key, recording.id, kMostEarlier});
  });
  if (!rows) return tl::unexpected<Error>(rows.error());
  for (const auto& row : *rows) {
    const auto report = read_report(parts.objects, parts.keyring, recording.tenant, row.text("report_id"));
    if (report)
      earlier.push_back(report::earlier_report_of(*report));
    else
      parts.trouble(report.error());
  }
  return earlier;
}

Result<policy::Amendment> Workers::Impl::amendment_of(const std::string& tenant) {
  if (!parts.amendment) return {};
  return parts.database.read([&](Transaction& transaction) { return parts.amendment(transaction, tenant); });
}

Result<WorkOrder> Workers::Impl::order_for(const Attempt& attempt) {
  const auto& recording = attempt.recording;
  WorkOrder order;
  order.job = attempt.lease.job;
  order.pass = attempt.lease.pass;
  order.object = recording.object;
  // Opening it tells which key it needs, and that it is there and whole enough to begin.
  const auto find_key = object_keys(parts.keyring, recording.tenant);
  const auto opened = parts.objects.open(recording.object, [&](std::int64_t number) {
    auto key = find_key(number);
    if (key) order.key = to_hex(*key);
    order.key_number = number;
    return key;
  });
  if (!opened) return tl::unexpected<Error>(opened.error());
  order.name = recording.name;
  order.bytes = recording.bytes;
  order.customer_channel = recording.customer_channel;
  order.counterpart = recording.counterpart.value_or("");
  order.started = recording.started;
  auto earlier = earlier_dealings(recording);
  if (!earlier) return tl::unexpected<Error>(earlier.error());
  order.earlier = std::move(*earlier);
  auto amendment = amendment_of(recording.tenant);
  if (!amendment) return tl::unexpected<Error>(amendment.error());
  order.amendment = std::move(*amendment);
  return order;
}

/// Renews the lease, tells listeners, and ends the work when it is cancelled or the server stops.
Analyst::Watch Workers::Impl::watch(const Attempt& attempt, const std::stop_token& stop) {
  return [this, &attempt, stop, looked = Clock::now(), renewed = Clock::now(),
          told = 0.0](double share) mutable -> Result<void> {
    if (stop.stop_requested())
      return fail(Error::Kind::cancelled, "", {"サーバーを止めています", "the server is stopping"}, {"", ""});
    if (share > told) publish(attempt, "analysing", told = share);
    const auto now = Clock::now();
    if (now - looked < kLooks) return {};
    looked = now;
    if (now - renewed >= milliseconds(parts.queue.options().lease_ms) / 4) {
      renewed = now;
      return parts.database.write(
          [&](Transaction& transaction) { return parts.queue.renew(transaction, attempt.lease, share); });
    }
    return parts.database.read([&](Transaction& transaction) -> Result<void> {
      if (parts.queue.is_own(transaction, attempt.lease)) return {};
      return fail(Error::Kind::conflict, attempt.lease.job, {"取り消されました", "it was cancelled"},
                  {"", ""});
    });
  };
}

Result<void> Workers::Impl::finish(const Attempt& attempt, const report::Report& report,
                                   const Effort& effort) {
  const auto report_id = store_report(attempt, report);
  if (!report_id) return tl::unexpected<Error>(report_id.error());
  auto done = parts.database.write(
      [&](Transaction& transaction) { return conclude(transaction, attempt, report, *report_id, effort); });
  if (!done) {
    remove_object(*report_id);
    return done;
  }
  if (attempt.recording.report) remove_object(*attempt.recording.report);
  publish(attempt, "analysed", 1.0);
  return {};
}

Result<std::string> Workers::Impl::store_report(const Attempt& attempt, const report::Report& report) {
  const auto id = make_id();
  const auto left = parts.database.write(
      [&](Transaction& transaction) { return parts.queue.note_report(transaction, attempt.lease, id); });
  if (!left) return tl::unexpected<Error>(left.error());
  if (*left) remove_object(**left);
  const auto key = object_key(parts.keyring, attempt.lease.tenant);
  if (auto written = store::write_object(parts.objects, id, key, report::to_stored(report)); !written)
    return tl::unexpected<Error>(written.error());
  return id;
}

Result<void> Workers::Impl::conclude(Transaction& transaction, const Attempt& attempt,
                                     const report::Report& report, const std::string& report_id,
                                     const Effort& effort) {
  const auto& recording = attempt.recording;
  if (auto completed = parts.queue.complete(transaction, attempt.lease, effort); !completed) return completed;
  const auto now = now_ms();
  note_outcome(transaction, recording, report, report_id, now, options.keeping);
  const auto started_ms = recording.started ? recording.started->instant.time_since_epoch().count() * 1000
                                            : recording.uploaded_ms;
  const Analysed analysed{recording.tenant,
                          recording.id,
                          recording.employee,
                          recording.group,
                          recording.counterpart_key,
                          recording.same_as,
                          started_ms,
                          now,
                          report.recording.silence_s,
                          recording.report.has_value(),
                          report};
  for (const auto& consequence : parts.consequences)
    if (auto followed = consequence(transaction, analysed); !followed) {
      auto why = followed.error();
      why.kind = Error::Kind::storage;  // whatever it is, the recording is not to blame: it is tried again
      return tl::unexpected<Error>(std::move(why));
    }
  return {};
}

void Workers::Impl::give_up(const Attempt& attempt, const Error& why) {
  const auto& lease = attempt.lease;
  if (why.kind == Error::Kind::conflict) return publish(attempt, "cancelled", 0.0);
  if (why.kind == Error::Kind::cancelled)
    return tell_queue([&](Transaction& transaction) { return parts.queue.give_back(transaction, lease); });
  bool dead = false;
  tell_queue([&](Transaction& transaction) -> Result<void> {
    const auto failed = parts.queue.fail(transaction, lease, why);
    if (!failed) return tl::unexpected<Error>(failed.error());
    dead = *failed;
    return {};
  });
  publish(attempt, dead ? "failed" : "waiting", 0.0);
}

void Workers::Impl::publish(const Attempt& attempt, std::string state, double share) const {
  parts.progress.publish({attempt.lease.tenant, attempt.lease.job, attempt.lease.recording,
                          attempt.recording.employee, attempt.recording.group, attempt.lease.pass,
                          std::move(state), share});
}

/// What attempts wrote that a crash ended before they were done, and reports whose successor was just done
/// then: every report was noted with its job before it was written.
Result<void> Workers::Impl::remove_stale_reports() {
  constexpr const char* kStale =
      " FROM jobs WHERE state <> 'running' AND report_id IS NOT NULL AND NOT EXISTS"
      " (SELECT 1 FROM recordings r WHERE r.id = jobs.recording_id AND r.report_id = jobs.report_id)";
  const auto rows = parts.database.read([&](Transaction& transaction) -> Result<std::vector<store::Row>> {
    return transaction.query(std::string("SELECT id, report_id") + kStale);
  });
  if (!rows) return tl::unexpected<Error>(rows.error());
  if (rows->empty()) return {};
  for (const auto& row : *rows)
    if (auto removed = parts.objects.remove(row.text("report_id")); !removed) return removed;
  return parts.database.write([&](Transaction& transaction) -> Result<void> {
    for (const auto& row : *rows)
      transaction.execute("UPDATE jobs SET report_id = NULL WHERE id = ?", {row.text("id")});
    return {};
  });
}

void Workers::Impl::remove_object(const std::string& id) {
  if (auto removed = parts.objects.remove(id); !removed) parts.trouble(removed.error());
}

}  // namespace guardian::archive
