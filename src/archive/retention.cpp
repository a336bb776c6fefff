#include "archive/retention.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "archive/certificate.h"
#include "archive/recordings.h"
#include "base/clock.h"
#include "base/id.h"

namespace guardian::archive {
namespace {

using store::Transaction;

constexpr std::int64_t kPage = 100;
constexpr const char* kReasonContext = "recordings.hold_reason";
constexpr const char* kSystem = "system";

/// What the sweep may take at all.
constexpr const char* kMayGo =
    "deleted_ms IS NULL AND legal_hold = 0 AND state IN ('analysed', 'failed', 'cancelled')";

/// What it takes: NULL is a recording that never got as far as an analysis. The first value is the time that
/// companies keep ordinary recordings that chose nothing else.
std::string due() {
  return fmt::format(
      "{} AND COALESCE(delete_after_ms, uploaded_ms + COALESCE("
      "(SELECT ordinary_days * {} FROM keeping_days k WHERE k.tenant_id = recordings.tenant_id), ?)) <= ?",
      kMayGo, kDay_ms);
}

Result<void> check_days(const KeepingDays& days) {
  if (days.ordinary >= 1 && days.ordinary <= days.finding && days.finding <= days.case_file &&
      days.case_file <= kLongestKept_days)
    return {};
  return fail(Error::Kind::usage, "days",
              {"1 日から 36500 日まで、疑いのある録音とケースは通常の録音より短くできません",
               "from 1 to 36500 days; a recording with a finding or a case is not kept shorter than others"},
              {"日数を直してください", "Correct the days"});
}

tl::unexpected<Error> no_such_recording(const std::string& id) {
  return fail(Error::Kind::not_found, id, {"録音がありません", "there is no such recording"},
              {"ID を確かめてください", "Check the id"});
}

std::string utc(std::int64_t at_ms) {
  return format_utc(std::chrono::system_clock::time_point(std::chrono::milliseconds(at_ms)));
}

/// The row a caller may know of, not deleted.
std::optional<store::Row> find_row(Transaction& transaction, const access::Caller& caller,
                                   const std::string& id) {
  if (!is_id(id)) return std::nullopt;
  auto [where, values] = within_reach(caller);
  values.emplace_back(id);
  return transaction.first("SELECT * FROM recordings WHERE " + where + " AND state <> 'deleted' AND id = ?",
                           values);
}

bool is_used(Transaction& transaction, const std::string& tenant, const std::string& object) {
  return transaction
      .first(
          "SELECT 1 AS used FROM recordings WHERE tenant_id = ? AND state <> 'deleted' AND "
          "(object_id = ? OR report_id = ?) LIMIT 1",
          {tenant, object, object})
      .has_value();
}

/// Objects that hold something of a recording, with their kinds. A job may have left a report that never
/// became the recording's.
std::map<std::string, std::string> objects_named(Transaction& transaction, const std::string& tenant,
                                                 const std::string& id) {
  std::map<std::string, std::string> objects;
  for (const auto& row : transaction.query(
           "SELECT object_id AS object, 'sound' AS kind FROM recordings WHERE tenant_id = ? AND id = ? UNION "
           "SELECT report_id, 'report' FROM recordings WHERE tenant_id = ? AND id = ? UNION "
           "SELECT report_id, 'report' FROM jobs WHERE tenant_id = ? AND recording_id = ?",
           {tenant, id, tenant, id, tenant, id}))
    if (const auto object = row.text_if("object")) objects.emplace(*object, row.text("kind"));
  return objects;
}

nlohmann::json objects_of(Transaction& transaction, const std::string& tenant, const std::string& id) {
  auto objects = nlohmann::json::array();
  for (const auto& row :
       transaction.query("SELECT o.object_id, o.kind, o.shared FROM deletion_objects o JOIN deletions d ON "
                         "d.recording_id = "
                         "o.recording_id WHERE d.tenant_id = ? AND o.recording_id = ? ORDER BY o.object_id",
                         {tenant, id}))
    objects.push_back(
        {{"id", row.text("object_id")}, {"kind", row.text("kind")}, {"removed", row.integer("shared") == 0}});
  return objects;
}

}  // namespace

/// One recording on its way out.
struct Retention::Deletion {
  std::string tenant;
  std::string recording;
  const char* cause = "retention";
  std::string actor = kSystem;
  std::string reason = {};
  std::string address = {};
  std::int64_t at_ms = 0;
};

void raise_grade(Transaction& transaction, const std::string& tenant, const std::string& recording,
                 Grade grade, const KeepingDays& days, std::int64_t now_ms) {
  const auto until_ms = now_ms + days.of(grade) * kDay_ms;
  transaction.execute(
      "UPDATE recordings SET "
      "delete_after_ms = CASE WHEN delete_after_ms > ? THEN delete_after_ms ELSE ? END, grade = ? "
      "WHERE tenant_id = ? AND id = ? AND state <> 'deleted' AND "
      "CASE grade WHEN 'ordinary' THEN 0 WHEN 'finding' THEN 1 ELSE 2 END <= ?",
      {until_ms, until_ms, name_of(grade), tenant, recording, static_cast<std::int64_t>(grade)});
}

Result<void> Retention::remove(const access::Caller& caller, const std::string& id, const std::string& reason,
                               const std::string& address) {
  auto marked = parts_.database.write([&](Transaction& transaction) -> Result<void> {
    const auto row = find_row(transaction, caller, id);
    if (!row) return no_such_recording(id);
    if (row->integer("legal_hold") != 0)
      return fail(Error::Kind::conflict, id,
                  {"法的保全の対象なので削除できません", "it is under legal hold and cannot be deleted"},
                  {"保全を解除してから削除してください", "Release the hold first"});
    auto cancelled = parts_.queue.cancel(transaction, caller.tenant, id);
    if (!cancelled && cancelled.error().kind != Error::Kind::not_found) return cancelled;
    mark(transaction, {caller.tenant, id, "request", caller.id, reason, address, guardian::now_ms()});
    return {};
  });
  if (!marked) return marked;
  return erase(caller.tenant, id);
}

/// The first step: from here on it is deleted, whatever happens.
void Retention::mark(Transaction& transaction, const Deletion& deletion) {
  transaction.execute(
      "INSERT INTO deletions (recording_id, tenant_id, cause, actor, started_ms) VALUES (?, ?, ?, ?, ?)",
      {deletion.recording, deletion.tenant, std::string(deletion.cause), deletion.actor, deletion.at_ms});
  const auto objects = objects_named(transaction, deletion.tenant, deletion.recording);
  transaction.execute(
      "UPDATE recordings SET state = 'deleted', deleted_ms = ? WHERE tenant_id = ? AND id = ?",
      {deletion.at_ms, deletion.tenant, deletion.recording});
  for (const auto& [object, kind] : objects)
    transaction.execute(
        "INSERT INTO deletion_objects (recording_id, object_id, kind, shared) VALUES (?, ?, ?, ?)",
        {deletion.recording, object, kind,
         std::int64_t{is_used(transaction, deletion.tenant, object) ? 1 : 0}});
  for (const auto& forget : parts_.forgetting) forget(transaction, deletion.tenant, deletion.recording);
  blank(transaction, deletion);
  parts_.audit.add(transaction, {deletion.tenant, deletion.actor, "recording.delete", deletion.recording,
                                 fmt::format("{}: {}", deletion.cause, deletion.reason), deletion.address});
}

/// What stays is that there was a recording, its size and its keyed hash, its grade, and the group, which is
/// no person.
void Retention::blank(Transaction& transaction, const Deletion& deletion) {
  transaction.execute(
      "UPDATE recordings SET name_sealed = ?, counterpart = NULL, counterpart_sealed = NULL, "
      "employee_id = NULL, direction = NULL, product = NULL, started_ms = NULL, started_offset_min = NULL, "
      "customer_channel = NULL, reason_ja = NULL, reason_en = NULL, report_id = NULL, duration_s = NULL, "
      "silence_s = NULL, loudness_lufs = NULL, counted_score = NULL, counted_suspected = NULL, score = NULL, "
      "band = NULL, harassment = NULL, "
      "categories = NULL, expected_score = NULL, hold_reason_sealed = NULL WHERE tenant_id = ? AND id = ?",
      {store::Blob{}, deletion.tenant, deletion.recording});
  transaction.execute(
      "UPDATE jobs SET reason_ja = NULL, reason_en = NULL WHERE tenant_id = ? AND recording_id = ?",
      {deletion.tenant, deletion.recording});
  transaction.execute("DELETE FROM uploads WHERE tenant_id = ? AND id = ?",
                      {deletion.tenant, deletion.recording});
}

/// The second step, and the third. Can be done again at any time.
Result<void> Retention::erase(const std::string& tenant, const std::string& id) {
  const auto objects = parts_.database.read([&](Transaction& transaction) -> Result<std::vector<store::Row>> {
    return transaction.query(
        "SELECT o.object_id FROM deletion_objects o JOIN deletions d ON d.recording_id = o.recording_id "
        "WHERE d.tenant_id = ? AND d.recording_id = ? AND d.finished_ms IS NULL AND o.shared = 0",
        {tenant, id});
  });
  if (!objects) return tl::unexpected<Error>(objects.error());
  for (const auto& row : *objects)
    if (auto removed = parts_.objects.remove(row.text("object_id")); !removed) return removed;
  return parts_.database.write([&](Transaction& transaction) -> Result<void> {
    finish(transaction, tenant, id);
    return {};
  });
}

void Retention::finish(Transaction& transaction, const std::string& tenant, const std::string& id) {
  const auto row = transaction.first(
      "SELECT d.cause, d.actor, d.started_ms, r.bytes, r.sha256, r.grade, r.uploaded_ms FROM deletions d "
      "JOIN recordings r ON r.id = d.recording_id WHERE d.tenant_id = ? AND d.recording_id = ? AND "
      "d.finished_ms IS NULL",
      {tenant, id});
  if (!row) return;  // somebody else was faster
  const auto now = guardian::now_ms();
  nlohmann::json statement = {
      {"schema", "kasuhara-guardian/deletion-certificate/1"},
      {"tenant", tenant},
      {"recording", id},
      {"content", row->text("sha256")},
      {"bytes", row->integer("bytes")},
      {"uploaded_at", utc(row->integer("uploaded_ms"))},
      {"deleted_at", utc(row->integer("started_ms"))},
      {"erased_at", utc(now)},
      {"cause", row->text("cause")},
      {"grade", row->text("grade")},
      {"by", row->text("actor")},
      {"objects", objects_of(transaction, tenant, id)},
      {"not_reached",
       {{"ja", "これより前に作られたバックアップと、ダウンロード済みの複製には及びません。"},
        {"en", "Backups made before this, and copies that were downloaded, are not reached."}}}};
  parts_.audit.add(transaction, {tenant, kSystem, "recording.erased", id, statement.dump(), ""});
  const auto entry = transaction.first(
      "SELECT number, hash FROM audit WHERE tenant_id = ? AND subject = ? ORDER BY number DESC LIMIT 1",
      {tenant, id});
  statement["audit"] = fmt::format("{}:{}", entry->integer("number"), entry->text("hash"));
  const auto certificate =
      sign_certificate(parts_.keyring.lasting(access::Keyring::Lasting::certificates), std::move(statement));
  transaction.execute(
      "UPDATE deletions SET finished_ms = ?, certificate = ? WHERE tenant_id = ? AND recording_id = ?",
      {now, certificate, tenant, id});
}

Result<void> Retention::set_hold(const access::Caller& caller, const std::string& id, const Hold& hold,
                                 const std::string& address) {
  if (hold.reason.empty())
    return fail(Error::Kind::usage, "reason", {"理由が必要です", "a reason is needed"},
                {"理由を書いてください", "Give a reason"});
  return parts_.database.write([&](Transaction& transaction) -> Result<void> {
    if (!find_row(transaction, caller, id)) return no_such_recording(id);
    const auto reason =
        hold.held ? store::Value(parts_.keyring.seal(caller.tenant, hold.reason, kReasonContext)) : nullptr;
    transaction.execute(
        "UPDATE recordings SET legal_hold = ?, hold_reason_sealed = ? WHERE tenant_id = ? AND id = ?",
        {std::int64_t{hold.held ? 1 : 0}, reason, caller.tenant, id});
    parts_.audit.add(transaction,
                     {caller.tenant, caller.id, hold.held ? "recording.hold" : "recording.release", id,
                      hold.reason, address});
    return {};
  });
}

Result<Retention::Hold> Retention::hold_of(const access::Caller& caller, const std::string& id) {
  return parts_.database.read([&](Transaction& transaction) -> Result<Hold> {
    const auto row = find_row(transaction, caller, id);
    if (!row) return no_such_recording(id);
    if (row->integer("legal_hold") == 0) return Hold{};
    if (row->is_null("hold_reason_sealed")) return Hold{true, ""};
    auto reason = parts_.keyring.unseal(caller.tenant, row->bytes("hold_reason_sealed"), kReasonContext);
    if (!reason) return tl::unexpected<Error>(reason.error());
    return Hold{true, std::move(*reason)};
  });
}

Result<KeepingDays> Retention::days_of(const access::Caller& caller) {
  return parts_.database.read([&](Transaction& transaction) -> Result<KeepingDays> {
    return keeping_days_of(transaction, caller.tenant, standard_);
  });
}

namespace {

/// The end of a recording before a change, and by how much it moves; the values are those of `move_values`.
constexpr const char* kEnd = "COALESCE(delete_after_ms, uploaded_ms + ?4)";
constexpr const char* kMove = "CASE grade WHEN 'ordinary' THEN ?1 WHEN 'finding' THEN ?2 ELSE ?3 END";

/// By how much the ends of the three grades move, how long ordinary recordings were kept, whose they are, and
/// when the grace is over.
store::Values move_values(const KeepingDays& before, const KeepingDays& after, const std::string& tenant) {
  return {(after.ordinary - before.ordinary) * kDay_ms,
          (after.finding - before.finding) * kDay_ms,
          (after.case_file - before.case_file) * kDay_ms,
          before.ordinary * kDay_ms,
          tenant,
          guardian::now_ms() + kGrace_days * kDay_ms};
}

}  // namespace

Result<std::int64_t> Retention::due_with(const access::Caller& caller, const KeepingDays& days) {
  if (auto good = check_days(days); !good) return tl::unexpected<Error>(good.error());
  return parts_.database.read([&](Transaction& transaction) -> Result<std::int64_t> {
    const auto before = keeping_days_of(transaction, caller.tenant, standard_);
    return transaction
        .first(fmt::format(
                   "SELECT COUNT(*) AS number FROM recordings WHERE tenant_id = ?5 AND {} AND {} + {} <= ?6",
                   kMayGo, kEnd, kMove),
               move_values(before, days, caller.tenant))
        ->integer("number");
  });
}

Result<void> Retention::set_days(const access::Caller& caller, const KeepingDays& days,
                                 const std::string& address) {
  if (auto good = check_days(days); !good) return good;
  return parts_.database.write([&](Transaction& transaction) -> Result<void> {
    const auto before = keeping_days_of(transaction, caller.tenant, standard_);
    // What was due before stays due: only an end that this change brings nearer waits.
    transaction.execute(fmt::format("UPDATE recordings SET delete_after_ms = MAX({0} + {1}, MIN({0}, ?6)) "
                                    "WHERE tenant_id = ?5 AND deleted_ms IS NULL",
                                    kEnd, kMove),
                        move_values(before, days, caller.tenant));
    transaction.execute("DELETE FROM keeping_days WHERE tenant_id = ?", {caller.tenant});
    transaction.execute(
        "INSERT INTO keeping_days (tenant_id, ordinary_days, finding_days, case_days) VALUES (?, ?, ?, ?)",
        {caller.tenant, std::int64_t{days.ordinary}, std::int64_t{days.finding},
         std::int64_t{days.case_file}});
    parts_.audit.add(transaction, {caller.tenant, caller.id, "retention.change", "",
                                   fmt::format("ordinary {}, finding {}, case {} days", days.ordinary,
                                               days.finding, days.case_file),
                                   address});
    return {};
  });
}

/// False if something has kept it in the meantime.
Result<bool> Retention::mark_due(const std::string& tenant, const std::string& id, std::int64_t now_ms) {
  return parts_.database.write([&](Transaction& transaction) -> Result<bool> {
    const auto row =
        transaction.first("SELECT grade FROM recordings WHERE tenant_id = ? AND id = ? AND " + due(),
                          {tenant, id, standard_.ordinary * kDay_ms, now_ms});
    if (!row) return false;
    Deletion deletion{tenant, id};
    deletion.at_ms = now_ms;
    deletion.reason = row->text("grade");
    mark(transaction, deletion);
    return true;
  });
}

Result<int> Retention::sweep(std::int64_t now_ms, const std::stop_token& stop) {
  int gone = 0;
  std::optional<Error> trouble;
  /// Goes through all rows of a question that is asked again and again, in order of their ids: what fails
  /// must not be met for ever.
  const auto each = [&](const std::string& sql, const store::Values& values, const auto& work) {
    std::string after;
    while (!stop.stop_requested()) {
      auto bound = values;
      bound.insert(bound.end(), {after, kPage});
      const auto rows =
          parts_.database.read([&](Transaction& transaction) -> Result<std::vector<store::Row>> {
            return transaction.query(sql, bound);
          });
      if (!rows) trouble = rows.error();
      if (!rows || rows->empty()) return;
      for (const auto& row : *rows) {
        if (stop.stop_requested()) return;
        after = row.text("id");
        if (const Result<bool> done = work(row.text("tenant_id"), after); !done)
          trouble = done.error();
        else
          gone += *done ? 1 : 0;
      }
    }
  };
  const auto erase_one = [&](const std::string& tenant, const std::string& id) -> Result<bool> {
    return erase(tenant, id).map([] { return true; });
  };
  each(
      "SELECT recording_id AS id, tenant_id FROM deletions WHERE finished_ms IS NULL AND recording_id > ? "
      "ORDER BY recording_id LIMIT ?",
      {}, erase_one);
  each(fmt::format("SELECT id, tenant_id FROM recordings WHERE {} AND id > ? ORDER BY id LIMIT ?", due()),
       {standard_.ordinary * kDay_ms, now_ms},
       [&](const std::string& tenant, const std::string& id) -> Result<bool> {
         auto marked = mark_due(tenant, id, now_ms);
         if (!marked || !*marked) return marked;
         return erase_one(tenant, id);
       });
  if (trouble) return tl::unexpected<Error>(*trouble);
  return gone;
}

Result<std::string> Retention::certificate(const access::Caller& caller, const std::string& id) {
  if (!is_id(id)) return no_such_recording(id);
  auto [where, values] = caller.may(access::Permission::read_audit)
                             ? Condition{"recordings.tenant_id = ?", {caller.tenant}}
                             : within_reach(caller);
  values.emplace_back(id);
  const auto row = parts_.database.read(
      [&, &sql = where, &bound = values](Transaction& transaction) -> Result<std::optional<store::Row>> {
        return transaction.first(
            "SELECT d.certificate FROM deletions d JOIN recordings ON recordings.id = "
            "d.recording_id WHERE " +
                sql + " AND d.recording_id = ?",
            bound);
      });
  if (!row) return tl::unexpected<Error>(row.error());
  if (!*row) return no_such_recording(id);
  if (auto certificate = (*row)->text_if("certificate")) return std::move(*certificate);
  return fail(Error::Kind::busy, id, {"削除の途中です", "it is still being deleted"},
              {"しばらくしてから取り直してください", "Try again later"});
}

std::string Retention::public_key() const {
  return public_key_of(parts_.keyring.lasting(access::Keyring::Lasting::certificates));
}

}  // namespace guardian::archive
