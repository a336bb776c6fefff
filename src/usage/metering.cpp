#include "usage/metering.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "access/tenant_calendar.h"
#include "archive/same_content.h"
#include "base/clock.h"
#include "base/csv.h"
#include "base/id.h"

namespace guardian::usage {
namespace {

constexpr std::int64_t kSecondsPerMinute = 60;
constexpr std::int64_t kMillisecondsPerSecond = 1000;
constexpr std::array<int, 3> kShares = {50, 80, 100};  // percent of the plan, ascending
constexpr double kLongest_s = 1e7;                     // four months: no recording

/// Times come to the millisecond; a rest of floating point is no second.
std::int64_t whole_seconds(double seconds) {
  return static_cast<std::int64_t>(std::ceil(to_milliseconds(seconds)));
}

struct Lengths {
  std::int64_t total_s = 0;
  std::int64_t charged_s = 0;
};

Result<Lengths> lengths_of(const archive::Analysed& analysed) {
  const double duration_s = analysed.report.recording.duration_s;
  if (!std::isfinite(duration_s) || duration_s < 0 || duration_s > kLongest_s ||
      !std::isfinite(analysed.silence_s))
    return fail(Error::Kind::damaged, analysed.recording,
                {"録音の長さが正しくありません", "the recording has no length that can be charged"},
                {"ファイルを調べてください", "Look at the file"});
  const double sounding_s = duration_s - std::clamp(analysed.silence_s, 0.0, duration_s);
  return Lengths{whole_seconds(duration_s), whole_seconds(sounding_s)};
}

bool is_charged(store::Transaction& t, const std::string& tenant, const std::string& content) {
  return t
      .first("SELECT id FROM usage_entries WHERE tenant_id = ? AND content = ? AND kind = 'first'",
             {tenant, content})
      .has_value();
}

bool has_entry(store::Transaction& t, const std::string& tenant, const std::string& recording) {
  return t.first("SELECT id FROM usage_entries WHERE tenant_id = ? AND recording_id = ?", {tenant, recording})
      .has_value();
}

std::int64_t sum(store::Transaction& t, const char* sql, const store::Values& values) {
  return t.first(sql, values)->integer("sum");
}

/// What counts as begun, but for one recording.
std::int64_t begun_seconds(store::Transaction& t, const std::string& tenant, const std::string& except) {
  return sum(t,
             "SELECT COALESCE(SUM(b.seconds), 0) AS sum FROM usage_begun b "
             "JOIN recordings r ON r.id = b.recording_id AND r.tenant_id = b.tenant_id "
             "WHERE b.tenant_id = ? AND b.recording_id <> ? AND r.state = 'analysing'",
             {tenant, except});
}

void add_free_and_used(store::Transaction& t, const std::string& tenant, Balance& balance) {
  for (const auto& row :
       t.query("SELECT kind, COUNT(*) AS entries, SUM(total_s) AS total, SUM(silent_s) AS silent, "
               "SUM(charged_s) AS charged FROM usage_entries WHERE tenant_id = ? AND month = ? GROUP BY kind",
               {tenant, format_month(balance.month)})) {
    const auto kind = row.text("kind");
    if (kind == "again") balance.free_again_s = row.integer("total");
    if (kind == "duplicate") balance.free_duplicate_s = row.integer("total");
    if (kind != "first") continue;
    balance.used_s = row.integer("charged");
    balance.free_silence_s = row.integer("silent");
    balance.recordings = row.integer("entries");
  }
}

/// In proportion to the time gone by; the first day counts as a whole one, or a morning would speak for the
/// month.
std::int64_t forecast(std::int64_t used_s, std::int64_t start_ms, std::int64_t end_ms, std::int64_t now) {
  if (now >= end_ms || used_s == 0) return used_s;
  const auto gone_ms = std::max(now - start_ms, kDay_ms);
  return static_cast<std::int64_t>(std::ceil(
      static_cast<double>(used_s) * static_cast<double>(end_ms - start_ms) / static_cast<double>(gone_ms)));
}

tl::unexpected<Error> bad_value(const char* field, const Text& what) {
  return fail(Error::Kind::usage, field, what, {"入力を直してください", "Correct the input"});
}

std::string minutes_text(std::int64_t seconds) {
  return fmt::format("{:.2f}", static_cast<double>(seconds) / static_cast<double>(kSecondsPerMinute));
}

std::string kind_text(const std::string& kind, Language language) {
  const Text text = kind == "first"   ? Text{"解析", "analysed"}
                    : kind == "again" ? Text{"再解析 (無料)", "analysed again (free)"}
                                      : Text{"重複 (無料)", "duplicate (free)"};
  return text.in(language);
}

}  // namespace

Metering::Metering(const access::AuditLog& audit, Notify notify, std::int64_t plan_minutes, Clock clock)
    : audit_(&audit), notify_(std::move(notify)), plan_minutes_(plan_minutes), clock_(std::move(clock)) {}

std::int64_t Metering::plan_seconds(store::Transaction& transaction, const std::string& tenant) const {
  const auto row = transaction.first(
      "SELECT minutes FROM usage_plans WHERE tenant_id = ? ORDER BY number DESC LIMIT 1", {tenant});
  return (row ? row->integer("minutes") : plan_minutes_) * kSecondsPerMinute;
}

Result<void> Metering::charge(store::Transaction& transaction, const archive::Analysed& analysed) const {
  const auto lengths = lengths_of(analysed);
  if (!lengths) return tl::unexpected<Error>(lengths.error());
  const auto zone = access::time_zone_of(transaction, analysed.tenant);
  if (!zone) return tl::unexpected<Error>(zone.error());
  const auto month = month_of(zone->day_at(analysed.analysed_ms));
  const auto content = archive::content_of(transaction, analysed.tenant, analysed.recording);
  const bool free = is_charged(transaction, analysed.tenant, content);
  const std::string kind = !free                                                         ? "first"
                           : has_entry(transaction, analysed.tenant, analysed.recording) ? "again"
                                                                                         : "duplicate";
  const auto charged_s = free ? 0 : lengths->charged_s;
  const auto silent_s = free ? 0 : lengths->total_s - lengths->charged_s;
  transaction.execute(
      "INSERT INTO usage_entries (id, tenant_id, recording_id, content, kind, month, at_ms, total_s, "
      "silent_s, "
      "charged_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant_id, recording_id, at_ms) DO "
      "NOTHING",
      {make_id(), analysed.tenant, analysed.recording, content, kind, format_month(month),
       analysed.analysed_ms, lengths->total_s, silent_s, charged_s});
  transaction.execute("DELETE FROM usage_begun WHERE tenant_id = ? AND recording_id = ?",
                      {analysed.tenant, analysed.recording});
  if (!free) tell_shares(transaction, analysed.tenant, month);
  return {};
}

void Metering::tell_shares(store::Transaction& transaction, const std::string& tenant, Month month) const {
  Balance balance;
  balance.month = month;
  add_free_and_used(transaction, tenant, balance);
  const auto plan_s = plan_seconds(transaction, tenant);
  int highest = 0;
  for (const int share : kShares) {
    if (balance.used_s * 100 < plan_s * share) break;
    const auto added = transaction.execute(
        "INSERT INTO usage_notices (tenant_id, month, share, at_ms) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (tenant_id, month, share) DO NOTHING",
        {tenant, format_month(month), std::int64_t{share}, clock_()});
    if (added > 0) highest = share;
  }
  if (highest > 0 && notify_) notify_(transaction, tenant, {highest, plan_s / kSecondsPerMinute});
}

Result<Permit> Metering::may_start(store::Transaction& transaction, const std::string& tenant,
                                   const std::string& recording, std::int64_t estimated_s) const {
  if (!is_id(recording) ||
      !transaction.first("SELECT id FROM recordings WHERE tenant_id = ? AND id = ?", {tenant, recording}))
    return fail(Error::Kind::not_found, "recording", {"録音が見つかりません", "there is no such recording"},
                {"一覧から選び直してください", "Choose again from the list"});
  if (is_charged(transaction, tenant, archive::content_of(transaction, tenant, recording)))
    return Permit{true, {}, 0};
  auto now = balance(transaction, tenant);
  if (!now) return tl::unexpected<Error>(now.error());
  const auto seconds = std::max<std::int64_t>(estimated_s, 0);
  const auto taken_s = now->used_s + begun_seconds(transaction, tenant, recording);
  const auto cap_s = now->plan_s + now->allowed_s;
  if (seconds > cap_s - taken_s)
    return Permit{
        false,
        {fmt::format("今月の解析時間の上限 ({} 分) に達するため保留しています。翌月に自動で再開します。"
                     "管理者が追加を許可すればすぐに再開します",
                     cap_s / kSecondsPerMinute),
         fmt::format("Held: this month's {} minutes would be exceeded. It goes on by itself next month, "
                     "or as soon as an administrator allows more",
                     cap_s / kSecondsPerMinute)},
        now->ends_ms};
  transaction.execute(
      "INSERT INTO usage_begun (recording_id, tenant_id, seconds) VALUES (?, ?, ?) "
      "ON CONFLICT (recording_id) DO UPDATE SET seconds = excluded.seconds",
      {recording, tenant, seconds});
  return Permit{true, {}, 0};
}

Result<std::int64_t> Metering::releasable(store::Transaction& transaction, const std::string& tenant) const {
  return balance(transaction, tenant).map([](const Balance& now) { return now.remaining_s; });
}

Result<Balance> Metering::balance(store::Transaction& transaction, const std::string& tenant,
                                  std::optional<Month> month) const {
  const auto zone = access::time_zone_of(transaction, tenant);
  if (!zone) return tl::unexpected<Error>(zone.error());
  const auto now = clock_();
  const auto this_month = month_of(zone->day_at(now));
  Balance balance;
  balance.month = month.value_or(this_month);
  const auto start_ms = zone->start_of(balance.month);
  balance.ends_ms = zone->start_of(balance.month + std::chrono::months(1));
  balance.plan_s = plan_seconds(transaction, tenant);
  // Of a month that is over, all that was allowed in it; of this one, what still holds.
  balance.allowed_s =
      kSecondsPerMinute *
      sum(transaction,
          "SELECT COALESCE(SUM(minutes), 0) AS sum FROM usage_allowances "
          "WHERE tenant_id = ? AND month = ? AND (until_ms > ? OR until_ms <= ?)",
          {tenant, format_month(balance.month), now, balance.month < this_month ? now : std::int64_t{0}});
  add_free_and_used(transaction, tenant, balance);
  if (balance.month == this_month) balance.begun_s = begun_seconds(transaction, tenant, "");
  balance.remaining_s =
      std::max<std::int64_t>(balance.plan_s + balance.allowed_s - balance.used_s - balance.begun_s, 0);
  balance.forecast_s = forecast(balance.used_s, start_ms, balance.ends_ms, now);
  return balance;
}

Result<void> Metering::set_plan(store::Transaction& transaction, const access::Caller& by,
                                std::int64_t minutes) const {
  if (minutes < 0 || minutes > kLargestPlanMinutes)
    return bad_value("minutes",
                     {"0 分から 1,000 万分までにしてください", "it must be from 0 to 10,000,000 minutes"});
  const auto before = plan_seconds(transaction, by.tenant) / kSecondsPerMinute;
  transaction.execute(
      "INSERT INTO usage_plans (tenant_id, number, minutes, set_by, at_ms) SELECT ?, COALESCE(MAX(number), "
      "0) + 1, "
      "?, ?, ? FROM usage_plans WHERE tenant_id = ?",
      {by.tenant, minutes, by.id, clock_(), by.tenant});
  audit_->add(transaction,
              {by.tenant, by.id, "usage.plan", by.tenant, fmt::format("{} -> {} min", before, minutes), ""});
  return {};
}

Result<Allowance> Metering::allow(store::Transaction& transaction, const access::Caller& by,
                                  std::int64_t minutes, std::optional<std::int64_t> until_ms) const {
  if (minutes < 1 || minutes > kLargestPlanMinutes)
    return bad_value("minutes",
                     {"1 分から 1,000 万分までにしてください", "it must be from 1 to 10,000,000 minutes"});
  const auto zone = access::time_zone_of(transaction, by.tenant);
  if (!zone) return tl::unexpected<Error>(zone.error());
  Allowance allowance;
  allowance.id = make_id();
  allowance.at_ms = clock_();
  allowance.month = month_of(zone->day_at(allowance.at_ms));
  allowance.minutes = minutes;
  allowance.granted_by = by.id;
  const auto end_ms = zone->start_of(allowance.month + std::chrono::months(1));
  allowance.until_ms = until_ms.value_or(end_ms);
  if (allowance.until_ms <= allowance.at_ms || allowance.until_ms > end_ms)
    return bad_value("until",
                     {"今から今月末までの時点にしてください", "it must be between now and the month's end"});
  transaction.execute(
      "INSERT INTO usage_allowances (id, tenant_id, month, minutes, granted_by, at_ms, until_ms) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)",
      {allowance.id, by.tenant, format_month(allowance.month), minutes, by.id, allowance.at_ms,
       allowance.until_ms});
  audit_->add(transaction, {by.tenant, by.id, "usage.allow", by.tenant, fmt::format("+{} min", minutes), ""});
  return allowance;
}

std::vector<Allowance> Metering::allowances(store::Transaction& transaction, const std::string& tenant,
                                            Month month) const {
  std::vector<Allowance> found;
  for (const auto& row : transaction.query(
           "SELECT * FROM usage_allowances WHERE tenant_id = ? AND month = ? ORDER BY at_ms, id",
           {tenant, format_month(month)}))
    found.push_back({row.text("id"), month, row.integer("minutes"), row.text("granted_by"),
                     row.integer("at_ms"), row.integer("until_ms")});
  return found;
}

Result<std::string> Metering::export_csv(store::Transaction& transaction, const std::string& tenant,
                                         Month month, const CsvOptions& options) const {
  const auto zone = access::time_zone_of(transaction, tenant);
  if (!zone) return tl::unexpected<Error>(zone.error());
  const bool ja = options.language == Language::japanese;
  std::string csv(options.byte_order_mark ? kByteOrderMark : "");
  csv += ja ? csv_line({"月", "解析日時", "録音", "グループ", "区分", "長さ (秒)", "無音 (秒、無料)",
                        "計上 (秒)", "計上 (分)"})
            : csv_line({"month", "analysed at", "recording", "group", "kind", "length (s)",
                        "silence (s, free)", "charged (s)", "charged (min)"});
  for (const auto& row :
       transaction.query("SELECT e.*, g.name AS group_name FROM usage_entries e "
                         "LEFT JOIN recordings r ON r.id = e.recording_id AND r.tenant_id = e.tenant_id "
                         "LEFT JOIN groups g ON g.id = r.group_id AND g.tenant_id = e.tenant_id "
                         "WHERE e.tenant_id = ? AND e.month = ? ORDER BY e.at_ms, e.id",
                         {tenant, format_month(month)})) {
    const auto at_ms = row.integer("at_ms");
    const Moment at{std::chrono::sys_seconds(std::chrono::seconds(at_ms / kMillisecondsPerSecond)),
                    zone->offset_at(at_ms)};
    const auto number = [&](const char* column) { return std::to_string(row.integer(column)); };
    csv += csv_line({row.text("month"), format_rfc3339(at), row.text("recording_id"),
                     row.text_if("group_name").value_or(""), kind_text(row.text("kind"), options.language),
                     number("total_s"), number("silent_s"), number("charged_s"),
                     minutes_text(row.integer("charged_s"))});
  }
  return csv;
}

}  // namespace guardian::usage
