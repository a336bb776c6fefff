#include "archive/queue.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "archive/recordings.h"
#include "base/text.h"

namespace guardian::archive {
namespace {

using store::Row;
using store::Transaction;

constexpr int kBeforeQuickPass = 101;  // above every score
constexpr double kForgetting = 0.9;    // of the weight of earlier passes, with each new one
// Until something was measured: on 2 cores with whisper-base, docs/decisions/0012-queue.md.
constexpr double kFirstQuickSpeed = 50.0;
constexpr double kFirstFullSpeed = 14.0;
constexpr double kFirstBytesPerSecond = 16'000.0;  // two channels of telephone sound

constexpr const char* kAlive = "state IN ('waiting', 'held', 'running')";

tl::unexpected<Error> no_job(const std::string& recording) {
  return guardian::fail(Error::Kind::not_found, recording,
                        {"待っている分析がありません", "no analysis of it is waiting"},
                        {"録音の状態を確かめてください", "Check the recording's state"});
}

tl::unexpected<Error> lost(const std::string& job) {
  return guardian::fail(Error::Kind::conflict, job,
                        {"この分析は取り消されたか、ほかのワーカーに渡されました",
                         "this analysis was cancelled or given to another worker"},
                        {"何もする必要はありません", "Nothing needs to be done"});
}

Result<void> check_id(const std::string& recording) {
  if (is_id(recording)) return {};
  return guardian::fail(Error::Kind::not_found, printable(recording),
                        {"そのような録音はありません", "there is no such recording"},
                        {"録音の番号を確かめてください", "Check the recording's id"});
}

Result<void> check_priority(int priority) {
  if (std::abs(priority) <= Queue::kHighestPriority) return {};
  return guardian::fail(Error::Kind::usage, "priority",
                        {"優先度は -10 から 10 です", "a priority is from -10 to 10"},
                        {"範囲内の数にしてください", "Use a number in this range"});
}

/// A recording that has a report keeps its state: what went wrong is the second analysis.
void set_recording(Transaction& transaction, const std::string& tenant, const std::string& recording,
                   const std::string& state, const std::optional<Text>& reason = std::nullopt) {
  transaction.execute(
      "UPDATE recordings SET state = CASE WHEN report_id IS NOT NULL AND ?1 IN ('failed', 'cancelled') THEN"
      " 'analysed' ELSE ?1 END, reason_ja = ?2, reason_en = ?3"
      " WHERE tenant_id = ?4 AND id = ?5 AND state <> 'deleted'",
      {state, reason ? store::Value(reason->ja) : nullptr, reason ? store::Value(reason->en) : nullptr,
       tenant, recording});
}

/// True if the job is still this worker's; ends its attempt by `change`, a list of columns.
bool change_own(Transaction& transaction, const Lease& lease, const std::string& change,
                store::Values values) {
  values.insert(values.end(), {lease.job, lease.tenant, lease.worker, std::int64_t{lease.attempt}});
  return transaction.execute("UPDATE jobs SET " + change +
                                 " WHERE id = ? AND tenant_id = ? AND worker = ? AND attempts = ?"
                                 " AND state = 'running'",
                             values) == 1;
}

struct Speed {
  double quick = kFirstQuickSpeed;
  double full = kFirstFullSpeed;
  double bytes_per_second = kFirstBytesPerSecond;  ///< of recording

  double of(const std::string& kind) const { return kind == "quick" ? quick : full; }
};

Speed measured_speed(Transaction& transaction) {
  Speed speed;
  for (const auto& row : transaction.query("SELECT * FROM work_speed")) {
    const double recording_s = row.real("recording_s");
    const double work_s = row.real("work_s");
    if (recording_s <= 0.0 || work_s <= 0.0) continue;
    (row.text("kind") == "quick" ? speed.quick : speed.full) = recording_s / work_s;
    if (row.real("bytes") > 0.0) speed.bytes_per_second = row.real("bytes") / recording_s;
  }
  return speed;
}

void note_effort(Transaction& transaction, Pass pass, const Effort& effort) {
  if (effort.recording_s <= 0.0 || effort.work_s <= 0.0) return;
  transaction.execute(
      "INSERT INTO work_speed (kind, recording_s, bytes, work_s) VALUES (?1, ?2, ?3, ?4)"
      " ON CONFLICT (kind) DO UPDATE SET recording_s = recording_s * ?5 + ?2, bytes = bytes * ?5 + ?3,"
      " work_s = work_s * ?5 + ?4",
      {name_of(pass), effort.recording_s, effort.bytes, effort.work_s, kForgetting});
}

Job job_from(const Row& row) {
  Job job;
  job.id = row.text("id");
  job.recording = row.text("recording_id");
  job.pass = row.text("kind") == "quick" ? Pass::quick : Pass::full;
  job.state = row.text("state");
  job.priority = static_cast<int>(row.integer("priority"));
  job.attempts = static_cast<int>(row.integer("attempts"));
  job.progress = row.real("progress");
  job.not_before_ms = row.integer("not_before_ms");
  if (const auto ja = row.text_if("reason_ja")) job.reason = Text{*ja, row.text("reason_en")};
  job.created_ms = row.integer("created_ms");
  job.finished_ms = row.integer_if("finished_ms");
  return job;
}

/// A file that is broken stays broken.
bool is_final(Error::Kind kind) {
  return kind == Error::Kind::damaged || kind == Error::Kind::no_speech_source || kind == Error::Kind::usage;
}

/// Whose turn it is among tenants with something due: fewest running jobs, then longest without a turn.
std::optional<std::string> next_tenant(Transaction& transaction, std::int64_t now) {
  const auto row = transaction.first(
      "SELECT w.tenant_id FROM (SELECT DISTINCT tenant_id FROM jobs WHERE state = 'waiting' AND"
      " not_before_ms <= ?) w LEFT JOIN queue_turns q ON q.tenant_id = w.tenant_id ORDER BY"
      " (SELECT COUNT(*) FROM jobs r WHERE r.state = 'running' AND r.tenant_id = w.tenant_id),"
      " COALESCE(q.turn, 0), w.tenant_id LIMIT 1",
      {now});
  if (!row) return std::nullopt;
  return row->text("tenant_id");
}

void note_turn(Transaction& transaction, const std::string& tenant) {
  transaction.execute(
      "INSERT INTO queue_turns (tenant_id, turn) VALUES (?1, (SELECT COALESCE(MAX(turn), 0) + 1 FROM"
      " queue_turns)) ON CONFLICT (tenant_id) DO UPDATE SET turn = excluded.turn",
      {tenant});
}

/// The first of a tenant's jobs that is due. Copies of a recording that is still to be analysed wait for it.
std::optional<Row> next_job(Transaction& transaction, const std::string& tenant, std::int64_t now,
                            std::int64_t patience_ms) {
  return transaction.first(
      "SELECT j.* FROM jobs j JOIN recordings r ON r.id = j.recording_id AND r.tenant_id = j.tenant_id"
      " WHERE j.tenant_id = ?1 AND j.state = 'waiting' AND j.not_before_ms <= ?2 AND NOT EXISTS"
      " (SELECT 1 FROM jobs o WHERE o.recording_id = r.same_as AND o.tenant_id = ?1 AND o.state IN"
      " ('waiting', 'held', 'running'))"
      " ORDER BY j.created_ms > ?2 - ?3, j.priority DESC, j.urgency DESC, j.id LIMIT 1",
      {tenant, now, patience_ms});
}

bool anything_else_waits(Transaction& transaction, const std::string& job) {
  return transaction.first("SELECT 1 FROM jobs WHERE state = 'waiting' AND id <> ? LIMIT 1", {job})
      .has_value();
}

}  // namespace

std::string name_of(Pass pass) { return pass == Pass::quick ? "quick" : "full"; }

Queue::Queue(QueueOptions options, Clock clock) : options_(options), clock_(std::move(clock)) {}

Result<std::string> Queue::enqueue(Transaction& transaction, const std::string& tenant,
                                   const std::string& recording, int priority) const {
  if (auto checked = check_id(recording); !checked) return tl::unexpected<Error>(checked.error());
  if (auto checked = check_priority(priority); !checked) return tl::unexpected<Error>(checked.error());
  const auto row = transaction.first(
      std::string("SELECT score, (SELECT COUNT(*) FROM jobs j WHERE j.recording_id = r.id AND j.") + kAlive +
          ") AS alive FROM recordings r WHERE r.tenant_id = ? AND r.id = ? AND r.state <> 'deleted'",
      {tenant, recording});
  if (!row) return no_job(recording);
  if (row->integer("alive") > 0)
    return guardian::fail(Error::Kind::conflict, recording,
                          {"この録音の分析はもう待っています", "an analysis of it is waiting already"},
                          {"終わるのを待つか、取り消してください", "Wait for it, or cancel it"});
  const auto score = row->integer_if("score");
  const auto id = make_id();
  transaction.execute(
      "INSERT INTO jobs (id, tenant_id, recording_id, kind, state, priority, urgency, created_ms)"
      " VALUES (?, ?, ?, ?, 'waiting', ?, ?, ?)",
      {id, tenant, recording, name_of(score ? Pass::full : Pass::quick), std::int64_t{priority},
       score.value_or(kBeforeQuickPass), clock_()});
  set_recording(transaction, tenant, recording, "waiting");
  return id;
}

std::optional<Lease> Queue::lease(Transaction& transaction, const std::string& worker) const {
  expire(transaction);
  const auto now = clock_();
  // A tenant whose due jobs are all copies that wait for their originals lets the next one go first.
  auto tenant = next_tenant(transaction, now);
  if (!tenant) return std::nullopt;
  auto row = next_job(transaction, *tenant, now, options_.patience_ms);
  if (!row) {
    for (const auto& other : transaction.query(
             "SELECT DISTINCT tenant_id FROM jobs WHERE state = 'waiting' AND not_before_ms <= ?", {now}))
      if (!row) row = next_job(transaction, other.text("tenant_id"), now, options_.patience_ms);
    if (!row) return std::nullopt;
    tenant = row->text("tenant_id");
  }
  Lease lease{row->text("id"),
              *tenant,
              row->text("recording_id"),
              Pass::full,
              static_cast<int>(row->integer("attempts")) + 1,
              worker};
  if (row->text("kind") == "quick" && anything_else_waits(transaction, lease.job)) lease.pass = Pass::quick;
  transaction.execute(
      "UPDATE jobs SET state = 'running', kind = ?, attempts = ?, worker = ?, leased_until_ms = ?,"
      " started_ms = ?, progress = 0 WHERE id = ? AND tenant_id = ?",
      {name_of(lease.pass), std::int64_t{lease.attempt}, worker, now + options_.lease_ms, now, lease.job,
       *tenant});
  note_turn(transaction, *tenant);
  set_recording(transaction, *tenant, lease.recording, "analysing");
  return lease;
}

Result<void> Queue::renew(Transaction& transaction, const Lease& lease, double share) const {
  if (change_own(transaction, lease, "leased_until_ms = ?, progress = ?",
                 {clock_() + options_.lease_ms, std::clamp(share, 0.0, 1.0)}))
    return {};
  return lost(lease.job);
}

bool Queue::is_own(Transaction& transaction, const Lease& lease) const {
  return transaction
      .first(
          "SELECT 1 FROM jobs WHERE id = ? AND tenant_id = ? AND worker = ? AND attempts = ? AND state ="
          " 'running'",
          {lease.job, lease.tenant, lease.worker, std::int64_t{lease.attempt}})
      .has_value();
}

Result<std::optional<std::string>> Queue::note_report(Transaction& transaction, const Lease& lease,
                                                      const std::string& object) const {
  const auto row = transaction.first("SELECT report_id FROM jobs WHERE id = ? AND tenant_id = ?",
                                     {lease.job, lease.tenant});
  if (!row || !change_own(transaction, lease, "report_id = ?", {object})) return lost(lease.job);
  return row->text_if("report_id");
}

Result<void> Queue::pass_on(Transaction& transaction, const Lease& lease, int score,
                            const Effort& effort) const {
  const auto known = std::int64_t{std::clamp(score, 0, 100)};
  if (!change_own(transaction, lease,
                  "state = 'waiting', kind = 'full', urgency = ?, attempts = 0, progress = 0, worker = NULL,"
                  " leased_until_ms = NULL",
                  {known}))
    return lost(lease.job);
  note_effort(transaction, Pass::quick, effort);
  set_recording(transaction, lease.tenant, lease.recording, "waiting");
  transaction.execute(
      "UPDATE recordings SET expected_score = ?, duration_s = COALESCE(duration_s, ?)"
      " WHERE tenant_id = ? AND id = ?",
      {known, effort.recording_s, lease.tenant, lease.recording});
  return {};
}

Result<void> Queue::complete(Transaction& transaction, const Lease& lease, const Effort& effort) const {
  if (!change_own(transaction, lease,
                  "state = 'done', progress = 1, finished_ms = ?, worker = NULL, leased_until_ms = NULL,"
                  " reason_ja = NULL, reason_en = NULL",
                  {clock_()}))
    return lost(lease.job);
  note_effort(transaction, Pass::full, effort);
  set_recording(transaction, lease.tenant, lease.recording, "analysed");
  return {};
}

Result<bool> Queue::fail(Transaction& transaction, const Lease& lease, const Error& why) const {
  const bool dead = is_final(why.kind) || lease.attempt >= options_.attempts;
  const auto now = clock_();
  std::optional<std::int64_t> finished;
  if (dead) finished = now;
  if (!change_own(
          transaction, lease,
          "state = ?, not_before_ms = ?, finished_ms = ?, reason_ja = ?, reason_en = ?, worker = NULL,"
          " leased_until_ms = NULL, progress = 0",
          {dead ? "dead" : "waiting", now + delay_ms(lease.attempt), store::or_null(finished), why.what.ja,
           why.what.en}))
    return lost(lease.job);
  set_recording(transaction, lease.tenant, lease.recording, dead ? "failed" : "waiting", why.what);
  return dead;
}

Result<void> Queue::give_back(Transaction& transaction, const Lease& lease) const {
  if (!change_own(transaction, lease,
                  "state = 'waiting', attempts = attempts - 1, worker = NULL, leased_until_ms = NULL,"
                  " progress = 0",
                  {}))
    return lost(lease.job);
  set_recording(transaction, lease.tenant, lease.recording, "waiting");
  return {};
}

std::int64_t Queue::recover(Transaction& transaction) const {
  transaction.execute(
      "UPDATE recordings SET state = 'waiting' WHERE id IN (SELECT recording_id FROM jobs WHERE state ="
      " 'running') AND state = 'analysing'");
  return transaction.execute(
      "UPDATE jobs SET state = 'waiting', attempts = attempts - 1, worker = NULL, leased_until_ms = NULL,"
      " progress = 0 WHERE state = 'running'");
}

std::int64_t Queue::expire(Transaction& transaction) const {
  const Error gone{
      Error::Kind::model,
      "",
      {"分析していたワーカーから応答がなくなりました", "the worker that analysed it fell silent"},
      {"", ""}};
  std::int64_t expired = 0;
  for (const auto& row :
       transaction.query("SELECT * FROM jobs WHERE state = 'running' AND leased_until_ms < ?", {clock_()})) {
    const Lease lease{row.text("id"),
                      row.text("tenant_id"),
                      row.text("recording_id"),
                      Pass::full,
                      static_cast<int>(row.integer("attempts")),
                      row.text("worker")};
    if (fail(transaction, lease, gone)) ++expired;
  }
  return expired;
}

/// Grows fourfold, with a quarter more or less by chance, so that what failed together does not return
/// together.
std::int64_t Queue::delay_ms(int attempt) const {
  thread_local std::mt19937_64 chance{std::random_device{}()};
  const double grown = static_cast<double>(options_.first_delay_ms) * std::pow(4.0, attempt - 1);
  const double delay = std::min(grown, static_cast<double>(options_.longest_delay_ms));
  return std::llround(delay * std::uniform_real_distribution<double>(0.75, 1.25)(chance));
}

Result<void> Queue::cancel(Transaction& transaction, const std::string& tenant,
                           const std::string& recording) const {
  if (auto checked = check_id(recording); !checked) return checked;
  const auto changed = transaction.execute(
      std::string(
          "UPDATE jobs SET state = 'cancelled', finished_ms = ?, worker = NULL, leased_until_ms = NULL"
          " WHERE tenant_id = ? AND recording_id = ? AND ") +
          kAlive,
      {clock_(), tenant, recording});
  if (changed == 0) return no_job(recording);
  set_recording(transaction, tenant, recording, "cancelled");
  return {};
}

Result<void> Queue::hold(Transaction& transaction, const std::string& tenant, const std::string& recording,
                         const Text& reason) const {
  if (auto checked = check_id(recording); !checked) return checked;
  const auto changed = transaction.execute(
      "UPDATE jobs SET state = 'held', reason_ja = ?, reason_en = ?"
      " WHERE tenant_id = ? AND recording_id = ? AND state = 'waiting'",
      {reason.ja, reason.en, tenant, recording});
  if (changed == 0) return no_job(recording);
  set_recording(transaction, tenant, recording, "held", reason);
  return {};
}

std::int64_t Queue::release(Transaction& transaction, const std::string& tenant,
                            const std::optional<std::string>& recording) const {
  std::int64_t released = 0;
  for (const auto& row : transaction.query(
           "SELECT recording_id FROM jobs WHERE tenant_id = ?1 AND state = 'held' AND (?2 IS NULL OR"
           " recording_id = ?2)",
           {tenant, store::or_null(recording)})) {
    transaction.execute(
        "UPDATE jobs SET state = 'waiting', reason_ja = NULL, reason_en = NULL"
        " WHERE tenant_id = ? AND recording_id = ? AND state = 'held'",
        {tenant, row.text("recording_id")});
    set_recording(transaction, tenant, row.text("recording_id"), "waiting");
    ++released;
  }
  return released;
}

Result<void> Queue::set_priority(Transaction& transaction, const std::string& tenant,
                                 const std::string& recording, int priority) const {
  if (auto checked = check_id(recording); !checked) return checked;
  if (auto checked = check_priority(priority); !checked) return checked;
  const auto changed = transaction.execute(
      std::string("UPDATE jobs SET priority = ? WHERE tenant_id = ? AND recording_id = ? AND ") + kAlive,
      {std::int64_t{priority}, tenant, recording});
  if (changed == 0) return no_job(recording);
  return {};
}

std::vector<Job> Queue::list(Transaction& transaction, const access::Caller& caller,
                             const JobFilter& filter) const {
  auto [condition, values] = within_reach(caller);
  values.insert(values.end(), {store::or_null(filter.state), store::or_null(filter.state), filter.before,
                               filter.before, std::int64_t{filter.limit}});
  std::vector<Job> jobs;
  for (const auto& row : transaction.query(
           "SELECT j.* FROM jobs j JOIN recordings ON recordings.id = j.recording_id AND"
           " recordings.tenant_id = j.tenant_id WHERE " +
               condition +
               " AND (? IS NULL OR j.state = ?) AND (? = '' OR j.id < ?) ORDER BY j.id DESC LIMIT ?",
           values))
    jobs.push_back(job_from(row));
  return jobs;
}

std::optional<Job> Queue::job_of(Transaction& transaction, const std::string& tenant,
                                 const std::string& recording) const {
  const auto row = transaction.first(
      "SELECT * FROM jobs WHERE tenant_id = ? AND recording_id = ? ORDER BY id DESC LIMIT 1",
      {tenant, recording});
  if (!row) return std::nullopt;
  return job_from(*row);
}

std::optional<Outlook> Queue::outlook(Transaction& transaction, const std::string& tenant,
                                      const std::string& recording) const {
  const auto own = transaction.first(
      "SELECT j.*, COALESCE(r.duration_s, -1) AS length_s, r.bytes AS bytes FROM jobs j JOIN recordings r ON"
      " r.id = j.recording_id AND r.tenant_id = j.tenant_id WHERE j.tenant_id = ? AND j.recording_id = ? AND"
      " j.state IN ('waiting', 'running')",
      {tenant, recording});
  if (!own) return std::nullopt;
  const auto speed = measured_speed(transaction);
  const double per_byte = 1.0 / speed.bytes_per_second;
  const double length_s =
      own->real("length_s") >= 0.0 ? own->real("length_s") : own->real("bytes") * per_byte;
  const bool quick = own->text("kind") == "quick";
  const double own_s = length_s / speed.full + (quick ? length_s / speed.quick : 0.0);
  const auto now = clock_();
  if (own->text("state") == "running")
    return Outlook{0, now + std::llround(1000.0 * own_s * (1.0 - own->real("progress")))};

  Outlook outlook;
  double before_s = 0.0;
  // Quick passes of later uploads come before a full pass, so all of them are counted.
  for (const auto& row : transaction.query(
           "SELECT j.kind, (j.priority > ?2 OR (j.priority = ?2 AND (j.urgency > ?3 OR (j.urgency = ?3 AND"
           " j.id < ?4)))) AS ahead, COUNT(*) AS number, SUM(COALESCE(r.duration_s, r.bytes * ?5)) AS "
           "length_s"
           " FROM jobs j JOIN recordings r ON r.id = j.recording_id AND r.tenant_id = j.tenant_id"
           " WHERE j.tenant_id = ?1 AND j.state = 'waiting' AND j.id <> ?4 GROUP BY j.kind, ahead",
           {tenant, own->integer("priority"), own->integer("urgency"), own->text("id"), per_byte})) {
    const bool ahead = row.integer("ahead") != 0;
    if (ahead) outlook.before += static_cast<int>(row.integer("number"));
    if (ahead || row.text("kind") == "quick") before_s += row.real("length_s") / speed.of(row.text("kind"));
  }
  const auto others =
      transaction.first("SELECT COUNT(DISTINCT tenant_id) AS tenants FROM jobs WHERE state = 'waiting'");
  before_s *= static_cast<double>(std::max<std::int64_t>(1, others->integer("tenants")));
  for (const auto& row : transaction.query(
           "SELECT j.kind, SUM(COALESCE(r.duration_s, r.bytes * ?) * (1 - j.progress)) AS length_s FROM jobs "
           "j"
           " JOIN recordings r ON r.id = j.recording_id WHERE j.state = 'running' GROUP BY j.kind",
           {per_byte}))
    before_s += row.real("length_s") / speed.of(row.text("kind"));
  const auto due = std::max(now, own->integer("not_before_ms"));
  outlook.finish_ms = due + std::llround(1000.0 * (before_s / std::max(1, options_.workers) + own_s));
  return outlook;
}

QueueStats Queue::stats(Transaction& transaction) const {
  QueueStats stats;
  for (const auto& row : transaction.query(
           "SELECT state, COUNT(*) AS number, MIN(created_ms) AS oldest FROM jobs WHERE state IN ('waiting',"
           " 'held', 'running', 'dead') GROUP BY state")) {
    const auto state = row.text("state");
    const auto number = row.integer("number");
    if (state == "held") stats.held = number;
    if (state == "running") stats.running = number;
    if (state == "dead") stats.dead = number;
    if (state != "waiting") continue;
    stats.waiting = number;
    stats.oldest_waiting_s = static_cast<double>(clock_() - row.integer("oldest")) / 1000.0;
  }
  const auto speed = measured_speed(transaction);
  stats.quick_speed = speed.quick;
  stats.full_speed = speed.full;
  return stats;
}

}  // namespace guardian::archive
