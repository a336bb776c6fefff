#include "load/load_ledger.h"

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "access/tenant_calendar.h"
#include "archive/same_content.h"
#include "base/json_guard.h"
#include "base/text.h"

namespace guardian::load {
namespace {

using wellbeing::LoadCall;

constexpr const char* kReasonContext = "load_disputes.reason";
constexpr const char* kAnswersContext = "load_answers.answers";
constexpr int kMostDays = 400;
constexpr int kAnswerDays = 31;
constexpr std::size_t kReasonCharacters = 1000;
constexpr int kMostDisputes = 200;
constexpr std::int64_t kAlways = std::numeric_limits<std::int64_t>::max();

std::int64_t number_of(Day day) { return day.time_since_epoch().count(); }
Day day_of(std::int64_t number) { return Day(std::chrono::days(number)); }

tl::unexpected<Error> unknown(const char* what) {
  return fail(Error::Kind::not_found, what, {"見つかりません", "there is no such entry"},
              {"一覧から選び直してください", "Choose again from the list"});
}

tl::unexpected<Error> bad_value(const char* field, const Text& what) {
  return fail(Error::Kind::usage, field, what, {"入力を直してください", "Correct the input"});
}

Result<std::string> own_employee(const access::Caller& by) {
  if (by.employee && is_id(*by.employee)) return *by.employee;
  return fail(Error::Kind::forbidden, "load",
              {"自分の負荷を見られるのは従業員本人だけです", "only the employee concerned can see this load"},
              {"従業員としてサインインしてください", "Sign in as an employee"});
}

void erase(store::Transaction& t, const std::string& tenant, const std::string& recording) {
  t.execute("DELETE FROM load_entries WHERE tenant_id = ? AND recording_id = ?", {tenant, recording});
  t.execute("DELETE FROM load_calls WHERE tenant_id = ? AND recording_id = ?", {tenant, recording});
}

/// True if another upload of the same dealing stands for it; a later upload makes room.
bool is_counted_elsewhere(store::Transaction& t, const archive::Analysed& analysed,
                          const std::string& content) {
  const auto other = t.first(
      "SELECT recording_id FROM load_calls WHERE tenant_id = ? AND employee_id = ? AND content = ? AND "
      "recording_id <> ?",
      {analysed.tenant, *analysed.employee, content, analysed.recording});
  if (!other) return false;
  const auto standing = other->text("recording_id");
  if (standing < analysed.recording) return true;
  erase(t, analysed.tenant, standing);
  return false;
}

void insert_entry(store::Transaction& t, const archive::Analysed& analysed,
                  const wellbeing::Contribution& part, const judgement::Finding& finding) {
  t.execute(
      "INSERT INTO load_entries (recording_id, finding, tenant_id, category, label_ja, label_en, severity, "
      "minutes, persistence, value, utterance, start_s, end_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
      "?)",
      {analysed.recording, static_cast<std::int64_t>(part.finding), analysed.tenant, finding.category,
       finding.label.ja, finding.label.en, std::int64_t{finding.severity}, part.minutes, part.persistence,
       part.value, std::int64_t{finding.utterance}, finding.start_s, finding.end_s});
}

/// Objections meet the findings of a new analysis where the category is the same and the place is: an overlap
/// in time, the same utterance where there are no times, or the whole dealing.
void find_disputes_again(store::Transaction& t, const archive::Analysed& analysed) {
  t.execute(
      "UPDATE load_entries SET dispute_id = (SELECT d.id FROM load_disputes d WHERE "
      "d.tenant_id = load_entries.tenant_id AND d.recording_id = load_entries.recording_id AND d.employee_id "
      "= ? AND "
      "d.state <> 'taken_back' AND d.category = load_entries.category AND "
      "((d.utterance = -1 AND load_entries.utterance = -1) OR "
      "(d.start_s < load_entries.end_s AND load_entries.start_s < d.end_s) OR "
      "(d.end_s <= d.start_s AND load_entries.end_s <= load_entries.start_s AND "
      "d.utterance = load_entries.utterance)) ORDER BY d.id LIMIT 1) WHERE tenant_id = ? AND recording_id = "
      "?",
      {*analysed.employee, analysed.tenant, analysed.recording});
}

Result<std::optional<std::int64_t>> checked(const std::optional<int>& answer, const char* field) {
  if (!answer) return std::nullopt;
  if (*answer < 1 || *answer > 4)
    return bad_value(field, {"1 から 4 までにしてください", "it must be from 1 to 4"});
  return std::optional<std::int64_t>(*answer);
}

nlohmann::json json_of(const Answers& answers) {
  nlohmann::json json = nlohmann::json::object();
  if (answers.exhausted) json["exhausted"] = *answers.exhausted;
  if (answers.afraid) json["afraid"] = *answers.afraid;
  if (answers.could_stop) json["could_stop"] = *answers.could_stop;
  return json;
}

Answers answers_from(const nlohmann::json& json) {
  const auto one = [&](const char* key) -> std::optional<int> {
    if (!json.contains(key)) return std::nullopt;
    return json.at(key).get<int>();
  };
  return {one("exhausted"), one("afraid"), one("could_stop")};
}

/// Whose objections a caller may decide on.
bool reaches(const access::Caller& by, const std::optional<std::string>& group) {
  if (by.reach == access::Reach::tenant) return true;
  return by.reach == access::Reach::group && by.group && by.group == group;
}

}  // namespace

Result<Day> today_of(store::Transaction& transaction, const std::string& tenant, std::int64_t now_ms) {
  return access::time_zone_of(transaction, tenant).map([&](const TimeZone& zone) {
    return zone.day_at(now_ms);
  });
}

LoadLedger::LoadLedger(const access::Keyring& keyring, const access::AuditLog& audit, AttentionOf attention,
                       wellbeing::LoadOptions options, Clock clock)
    : keyring_(&keyring),
      audit_(&audit),
      attention_(std::move(attention)),
      options_(options),
      clock_(std::move(clock)) {}

Result<void> LoadLedger::record_exposure(store::Transaction& transaction,
                                         const archive::Analysed& analysed) const {
  erase(transaction, analysed.tenant, analysed.recording);
  if (!analysed.employee) return {};
  if (!transaction.first("SELECT id FROM employees WHERE tenant_id = ? AND id = ?",
                         {analysed.tenant, *analysed.employee}))
    return fail(Error::Kind::damaged, analysed.recording,
                {"従業員が登録されていません", "the employee is not registered"},
                {"録音の従業員を選び直してください", "Choose the recording's employee again"});
  const auto content = archive::content_of(transaction, analysed.tenant, analysed.recording);
  if (is_counted_elsewhere(transaction, analysed, content)) return {};
  const auto day = today_of(transaction, analysed.tenant, analysed.started_ms);
  if (!day) return tl::unexpected<Error>(day.error());
  transaction.execute(
      "INSERT INTO load_calls (recording_id, tenant_id, employee_id, content, day, started_ms, recorded_ms) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)",
      {analysed.recording, analysed.tenant, *analysed.employee, content, number_of(*day), analysed.started_ms,
       analysed.analysed_ms});
  const auto& findings = analysed.report.verdict.findings;
  for (const auto& part : analysed.report.exposure.contributions)
    if (part.finding < findings.size()) insert_entry(transaction, analysed, part, findings[part.finding]);
  find_disputes_again(transaction, analysed);
  return {};
}

void LoadLedger::leave_out(store::Transaction& transaction, const std::string& tenant,
                           const std::string& recording, const std::vector<int>& findings) const {
  transaction.execute("UPDATE load_entries SET rejected = 0 WHERE tenant_id = ? AND recording_id = ?",
                      {tenant, recording});
  for (const int finding : findings)
    transaction.execute(
        "UPDATE load_entries SET rejected = 1 WHERE tenant_id = ? AND recording_id = ? AND finding = ?",
        {tenant, recording, std::int64_t{finding}});
}

void LoadLedger::remove(store::Transaction& transaction, const std::string& tenant,
                        const std::string& recording) const {
  erase(transaction, tenant, recording);
  transaction.execute("UPDATE load_disputes SET reason_sealed = ? WHERE tenant_id = ? AND recording_id = ?",
                      {keyring_->seal(tenant, "", kReasonContext), tenant, recording});
}

double LoadLedger::weight_of(store::Transaction& transaction, const std::string& tenant,
                             const std::string& recording, std::int64_t at_ms) const {
  const auto attention = attention_ ? attention_(transaction, tenant, recording) : std::nullopt;
  if (!attention) return 1.0;
  const auto until_ms = std::min(attention->acknowledged_ms.value_or(at_ms), at_ms);
  return until_ms - attention->told_ms > options_.unattended_ms ? options_.unattended_factor : 1.0;
}

std::vector<LoadCall> LoadLedger::calls_of(store::Transaction& transaction, const std::string& tenant,
                                           const std::string& employee, Day first, Day last,
                                           std::int64_t known_ms) const {
  std::vector<LoadCall> calls;
  const auto weights_at_ms = std::min(known_ms, clock_());
  for (const auto& row : transaction.query(
           "SELECT c.recording_id AS recording, c.day AS day, e.*, d.state AS dispute_state FROM load_calls "
           "c "
           "LEFT JOIN load_entries e ON e.recording_id = c.recording_id AND e.tenant_id = c.tenant_id "
           "LEFT JOIN load_disputes d ON d.id = e.dispute_id AND d.tenant_id = c.tenant_id "
           "WHERE c.tenant_id = ? AND c.employee_id = ? AND c.day >= ? AND c.day <= ? AND c.recorded_ms < ? "
           "ORDER BY c.started_ms, c.recording_id, e.finding",
           {tenant, employee, number_of(first), number_of(last), known_ms})) {
    const auto recording = row.text("recording");
    if (calls.empty() || calls.back().recording != recording)
      calls.push_back({recording, day_of(row.integer("day")), {}});
    if (row.is_null("finding")) continue;
    auto& parts = calls.back().parts;
    const double weight =
        parts.empty() ? weight_of(transaction, tenant, recording, weights_at_ms) : parts.front().weight;
    const auto state = row.text_if("dispute_state").value_or("");
    parts.push_back({recording, static_cast<int>(row.integer("finding")), row.text("category"),
                     Text{row.text("label_ja"), row.text("label_en")},
                     static_cast<int>(row.integer("severity")), row.real("minutes"), row.real("persistence"),
                     row.real("value"), weight,
                     state != "open" && state != "upheld" && row.integer("rejected") == 0});
  }
  return calls;
}

Result<std::vector<OwnDay>> LoadLedger::own_days(store::Transaction& transaction, const access::Caller& by,
                                                 Day first, Day last) const {
  const auto employee = own_employee(by);
  if (!employee) return tl::unexpected<Error>(employee.error());
  if (first > last || (last - first).count() >= kMostDays)
    return bad_value("from", {"1 日から 400 日までにしてください", "ask for 1 to 400 days"});
  std::map<Day, Answers> answers;
  for (const auto& row : transaction.query("SELECT day, answers_sealed FROM load_answers WHERE tenant_id = ? "
                                           "AND employee_id = ? AND day >= ? AND "
                                           "day <= ?",
                                           {by.tenant, *employee, number_of(first), number_of(last)})) {
    const auto json = keyring_->unseal(by.tenant, row.bytes("answers_sealed"), kAnswersContext)
                          .and_then([](const std::string& text) { return parse_json(text, "answers"); });
    if (!json) return tl::unexpected<Error>(json.error());
    answers[day_of(row.integer("day"))] = answers_from(*json);
  }
  const auto calls = calls_of(transaction, by.tenant, *employee,
                              first - std::chrono::days(wellbeing::reach_back(options_)), last, kAlways);
  std::vector<OwnDay> days;
  for (auto& day : wellbeing::follow_load(calls, first, last, options_)) {
    const auto own = answers.find(day.day);
    days.push_back({std::move(day), own == answers.end() ? Answers{} : own->second});
  }
  return days;
}

Result<std::vector<wellbeing::LoadShare>> LoadLedger::explain(store::Transaction& transaction,
                                                              const access::Caller& by, Day day) const {
  const auto employee = own_employee(by);
  if (!employee) return tl::unexpected<Error>(employee.error());
  const auto calls = calls_of(transaction, by.tenant, *employee,
                              day - std::chrono::days(wellbeing::forgotten_after(options_)), day, kAlways);
  return wellbeing::explain_load(calls, day, options_);
}

Result<void> LoadLedger::answer(store::Transaction& transaction, const access::Caller& by, Day day,
                                const Answers& answers) const {
  const auto employee = own_employee(by);
  if (!employee) return tl::unexpected<Error>(employee.error());
  const auto today = today_of(transaction, by.tenant, clock_());
  if (!today) return tl::unexpected<Error>(today.error());
  if (day > *today || day < *today - std::chrono::days(kAnswerDays))
    return bad_value("day", {"今日から 31 日前までの日にしてください", "it must be one of the last 31 days"});
  for (const auto& [value, field] : {std::pair{answers.exhausted, "exhausted"},
                                     {answers.afraid, "afraid"},
                                     {answers.could_stop, "could_stop"}})
    if (const auto good = checked(value, field); !good) return tl::unexpected<Error>(good.error());
  transaction.execute("DELETE FROM load_answers WHERE tenant_id = ? AND employee_id = ? AND day = ?",
                      {by.tenant, *employee, number_of(day)});
  const auto json = json_of(answers);
  if (json.empty()) return {};
  transaction.execute(
      "INSERT INTO load_answers (tenant_id, employee_id, day, answers_sealed) VALUES (?, ?, ?, ?)",
      {by.tenant, *employee, number_of(day), keyring_->seal(by.tenant, json.dump(), kAnswersContext)});
  return {};
}

Result<Dispute> LoadLedger::dispute_of(const std::string& tenant, const store::Row& row) const {
  const auto reason = keyring_->unseal(tenant, row.bytes("reason_sealed"), kReasonContext);
  if (!reason) return tl::unexpected<Error>(reason.error());
  return Dispute{
      row.text("id"), row.text("employee_id"), row.text("recording_id"), row.text("category"),
      *reason,        row.text("state"),       row.integer("raised_ms"), row.integer_if("decided_ms")};
}

Result<Dispute> LoadLedger::dispute(store::Transaction& transaction, const access::Caller& by,
                                    const std::string& recording, int finding,
                                    const std::string& reason) const {
  const auto employee = own_employee(by);
  if (!employee) return tl::unexpected<Error>(employee.error());
  if (!is_utf8(reason) || count_characters(reason) > kReasonCharacters)
    return bad_value("reason", {"1,000 文字までにしてください", "it may have 1,000 characters"});
  if (!is_id(recording)) return unknown("recording");
  const auto entry = transaction.first(
      "SELECT e.* FROM load_entries e JOIN load_calls c ON c.recording_id = e.recording_id AND c.tenant_id = "
      "e.tenant_id WHERE e.tenant_id = ? AND e.recording_id = ? AND e.finding = ? AND c.employee_id = ?",
      {by.tenant, recording, std::int64_t{finding}, *employee});
  if (!entry) return unknown("finding");
  if (!entry->is_null("dispute_id"))
    return fail(Error::Kind::conflict, "finding", {"すでに異議が出ています", "there is an objection already"},
                {"その結果を確かめてください", "Look what became of it"});
  const auto id = make_id();
  transaction.execute(
      "INSERT INTO load_disputes (id, tenant_id, employee_id, recording_id, category, utterance, start_s, "
      "end_s, "
      "reason_sealed, state, raised_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)",
      {id, by.tenant, *employee, recording, entry->text("category"), entry->integer("utterance"),
       entry->real("start_s"), entry->real("end_s"), keyring_->seal(by.tenant, reason, kReasonContext),
       clock_()});
  transaction.execute(
      "UPDATE load_entries SET dispute_id = ? WHERE tenant_id = ? AND recording_id = ? AND finding = ?",
      {id, by.tenant, recording, std::int64_t{finding}});
  audit_->add(transaction, {by.tenant, by.id, "load.dispute", recording, entry->text("category"), ""});
  return dispute_of(
      by.tenant,
      *transaction.first("SELECT * FROM load_disputes WHERE tenant_id = ? AND id = ?", {by.tenant, id}));
}

Result<void> LoadLedger::take_back(store::Transaction& transaction, const access::Caller& by,
                                   const std::string& dispute) const {
  const auto employee = own_employee(by);
  if (!employee) return tl::unexpected<Error>(employee.error());
  if (!is_id(dispute) ||
      transaction.execute("UPDATE load_disputes SET state = 'taken_back' WHERE tenant_id = ? AND id = ? AND "
                          "employee_id = ? AND state = 'open'",
                          {by.tenant, dispute, *employee}) == 0)
    return unknown("dispute");
  transaction.execute("UPDATE load_entries SET dispute_id = NULL WHERE tenant_id = ? AND dispute_id = ?",
                      {by.tenant, dispute});
  audit_->add(transaction, {by.tenant, by.id, "load.take_back", dispute, "", ""});
  return {};
}

Result<std::vector<Dispute>> LoadLedger::own_disputes(store::Transaction& transaction,
                                                      const access::Caller& by) const {
  const auto employee = own_employee(by);
  if (!employee) return tl::unexpected<Error>(employee.error());
  std::vector<Dispute> disputes;
  for (const auto& row : transaction.query(
           "SELECT * FROM load_disputes WHERE tenant_id = ? AND employee_id = ? ORDER BY id DESC LIMIT ?",
           {by.tenant, *employee, std::int64_t{kMostDisputes}})) {
    auto dispute = dispute_of(by.tenant, row);
    if (!dispute) return tl::unexpected<Error>(dispute.error());
    disputes.push_back(std::move(*dispute));
  }
  return disputes;
}

Result<std::vector<Dispute>> LoadLedger::open_disputes(store::Transaction& transaction,
                                                       const access::Caller& by, const std::string& after,
                                                       int limit) const {
  std::vector<Dispute> disputes;
  if (!reaches(by, by.group)) return disputes;
  const bool all = by.reach == access::Reach::tenant;
  for (const auto& row :
       transaction.query("SELECT d.* FROM load_disputes d JOIN employees e ON e.id = d.employee_id AND "
                         "e.tenant_id = d.tenant_id "
                         "WHERE d.tenant_id = ? AND d.state = 'open' AND d.id > ? AND (? = 1 OR e.group_id = "
                         "?) ORDER BY d.id "
                         "LIMIT ?",
                         {by.tenant, after, std::int64_t{all ? 1 : 0}, store::or_null(by.group),
                          std::int64_t{std::clamp(limit, 1, kMostDisputes + 1)}})) {
    auto dispute = dispute_of(by.tenant, row);
    if (!dispute) return tl::unexpected<Error>(dispute.error());
    disputes.push_back(std::move(*dispute));
  }
  return disputes;
}

Result<void> LoadLedger::decide(store::Transaction& transaction, const access::Caller& by,
                                const std::string& dispute, bool upheld) const {
  const auto row = !is_id(dispute)
                       ? std::nullopt
                       : transaction.first(
                             "SELECT d.state, d.employee_id, d.recording_id, e.group_id FROM "
                             "load_disputes d JOIN employees e ON e.id = d.employee_id AND e.tenant_id = "
                             "d.tenant_id WHERE d.tenant_id = ? AND d.id = ?",
                             {by.tenant, dispute});
  if (!row || !reaches(by, row->text_if("group_id"))) return unknown("dispute");
  if (by.employee == row->text("employee_id"))
    return fail(Error::Kind::forbidden, "dispute",
                {"自分の異議は自分で決められません", "nobody decides on an objection of their own"},
                {"ほかの担当者に頼んでください", "Ask somebody else"});
  if (row->text("state") != "open")
    return fail(Error::Kind::conflict, "dispute", {"すでに決まっています", "it is decided already"},
                {"画面を読み直してください", "Load it again"});
  transaction.execute(
      "UPDATE load_disputes SET state = ?, decided_ms = ?, decided_by = ? WHERE tenant_id = ? AND id = ?",
      {std::string(upheld ? "upheld" : "rejected"), clock_(), by.id, by.tenant, dispute});
  audit_->add(transaction, {by.tenant, by.id, upheld ? "load.uphold" : "load.reject",
                            row->text("recording_id"), dispute, ""});
  return {};
}

}  // namespace guardian::load
