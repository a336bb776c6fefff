#include "casework/cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "archive/recordings.h"
#include "base/id.h"
#include "base/text.h"
#include "casework/case_rows.h"
#include "casework/settings.h"
#include "report/names.h"

namespace guardian::casework {
namespace {

using access::Caller;
using access::Permission;
using judgement::Band;

constexpr std::size_t kNoteCharacters = 4000;
constexpr std::int64_t kEarlierShown = 50;
constexpr std::int64_t kPageLimit = 201;
constexpr std::size_t kQuoteBytes = 600;
constexpr const char* kAftercareContext = "case_aftercare.name";
constexpr std::array<std::string_view, 5> kAftercare = {"heard", "relieved", "support", "safety",
                                                        "followed_up"};
constexpr std::array kStates = {State::open, State::acknowledged, State::working, State::closed};

Actor program() { return {"system", "guardian"}; }
Actor actor_of(const Caller& by) { return {by.id, by.name}; }

tl::unexpected<Error> unknown_case() {
  return fail(Error::Kind::not_found, "case", {"そのケースはありません", "there is no such case"},
              {"一覧から選び直してください", "Choose again from the list"});
}

tl::unexpected<Error> conflict(const Text& what) {
  return fail(Error::Kind::conflict, "case", what, {"ケースを読み直してください", "Read the case again"});
}

Result<void> check_caller(const Caller& by) {
  if (by.may(Permission::work_cases)) return {};
  return fail(Error::Kind::forbidden, "case", {"ケースを扱う権限がありません", "you may not work on cases"},
              {"管理者に頼んでください", "Ask an administrator"});
}

Result<void> check_words(const std::string& text, const char* field) {
  if (is_utf8(text) && text.find('\0') == std::string::npos &&
      text.find_first_not_of(" \t\r\n") != std::string::npos && count_characters(text) <= kNoteCharacters)
    return {};
  return fail(Error::Kind::usage, field,
              {"1 文字から 4000 文字にしてください", "it needs 1 to 4000 characters"},
              {"入力を直してください", "Correct the input"});
}

/// What a query asks for; starts as what the caller may see at all.
struct Condition : archive::Condition {
  explicit Condition(const Caller& by) : archive::Condition(archive::within_reach(by, "cases")) {}
  void add(const char* more, store::Value value) {
    sql += more;
    values.push_back(std::move(value));
  }
};

/// A row with the name of its owner.
constexpr const char* kSelect =
    "SELECT *, (SELECT name FROM users u WHERE u.tenant_id = cases.tenant_id AND u.id = cases.owner_id) AS "
    "owner_name FROM cases WHERE ";

std::optional<store::Row> find_case(store::Transaction& t, const Caller& by, const std::string& id) {
  if (!is_id(id)) return std::nullopt;
  Condition condition(by);
  condition.add(" AND id = ?", id);
  return t.first(kSelect + condition.sql, condition.values);
}

std::string joined(const std::vector<std::string>& categories) {
  std::string text = " ";
  for (const auto& category : categories) text += category + " ";
  return text;
}

/// Findings that weigh, the gravest first.
std::vector<const judgement::Finding*> grave_findings(const judgement::Verdict& verdict) {
  std::vector<const judgement::Finding*> findings;
  for (const auto& finding : verdict.findings)
    if (finding.severity > 0) findings.push_back(&finding);
  std::stable_sort(findings.begin(), findings.end(),
                   [](const auto* a, const auto* b) { return a->severity > b->severity; });
  return findings;
}

std::vector<NoticeCategory> categories_of(const judgement::Verdict& verdict) {
  std::vector<NoticeCategory> categories;
  std::set<std::string> seen;
  for (const auto* finding : grave_findings(verdict))
    if (seen.insert(finding->category).second) categories.push_back({finding->category, finding->label});
  return categories;
}

Gravity gravity_of(const judgement::Verdict& verdict) {
  Gravity gravity{verdict.score, verdict.band, {}};
  for (const auto& category : categories_of(verdict)) gravity.categories.push_back(category.id);
  return gravity;
}

Gravity gravity_of(const store::Row& row, const std::string& prefix) {
  return {static_cast<int>(row.integer(prefix + "score")), band_named(row.text(prefix + "band")),
          words_in(row.text(prefix + "categories"))};
}

bool is_worse(const Gravity& now, const Gravity& before) {
  const auto knew = [&](const std::string& category) {
    return std::find(before.categories.begin(), before.categories.end(), category) != before.categories.end();
  };
  return now.band > before.band || !std::all_of(now.categories.begin(), now.categories.end(), knew);
}

/// Words for the history, e.g. "72 high threat".
std::string described(const Gravity& gravity) {
  return fmt::format("{} {}{}", gravity.score, report::band_id(gravity.band), joined(gravity.categories));
}

bool opens_case(const judgement::Verdict& verdict, Band from) {
  // A company that wants to see milder things, too, asks for what no policy calls suspected.
  return verdict.band >= from && (verdict.suspected || from < Band::caution);
}

std::string insert_case(store::Transaction& t, const archive::Analysed& analysed, const Gravity& gravity) {
  auto id = make_id();
  const auto now = now_ms();
  const std::int64_t score = gravity.score;
  const auto band = report::band_id(gravity.band);
  const auto categories = joined(gravity.categories);
  t.execute(
      "INSERT INTO cases (id, tenant_id, recording_id, counterpart, group_id, employee_id, occurred_ms, "
      "opened_ms, opened_score, opened_band, opened_categories, score, band, categories, state, urgency, "
      "waiting_since_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?)",
      {id, analysed.tenant, analysed.recording, store::or_null(analysed.counterpart),
       store::or_null(analysed.group), store::or_null(analysed.employee), analysed.started_ms, now, score,
       band, categories, score, band, categories, 2000 + score, now});
  return id;
}

Result<Case> case_of(const store::Row& row, const std::string& tenant, const access::Keyring& keyring) {
  Case found;
  found.id = row.text("id");
  found.recording = row.text("recording_id");
  found.group = row.text_if("group_id");
  found.employee = row.text_if("employee_id");
  found.occurred_ms = row.integer("occurred_ms");
  found.opened_ms = row.integer("opened_ms");
  found.at_opening = gravity_of(row, "opened_");
  found.now = gravity_of(row, "");
  found.state = state_named(row.text("state")).value_or(State::open);
  found.escalation = static_cast<int>(row.integer("escalation"));
  found.owner = row.text_if("owner_id");
  found.owner_name = row.text_if("owner_name");
  found.due_ms = row.integer_if("due_ms");
  found.noticed_ms = row.integer_if("noticed_ms");
  found.acknowledged_ms = row.integer_if("acknowledged_ms");
  found.acknowledged_by = row.text_if("acknowledged_by").value_or("");
  found.waited_ms = row.integer_if("waited_ms");
  found.closed_ms = row.integer_if("closed_ms");
  found.version = row.integer("version");
  const auto open_sealed = [&](const char* column, const char* context, std::string& into) -> Result<void> {
    if (row.is_null(column)) return {};
    auto text = keyring.unseal(tenant, row.bytes(column), context);
    if (!text) return tl::unexpected<Error>(text.error());
    into = std::move(*text);
    return {};
  };
  auto opened = open_sealed("acknowledged_name_sealed", "cases.acknowledged_name", found.acknowledged_name);
  if (opened) opened = open_sealed("closed_reason_sealed", "cases.closed_reason", found.closed_reason);
  if (!opened) return tl::unexpected<Error>(opened.error());
  return found;
}

Result<std::vector<CaseEvent>> history_of(store::Transaction& t, const access::Keyring& keyring,
                                          const std::string& tenant, const std::string& id) {
  std::vector<CaseEvent> history;
  for (const auto& row : t.query(
           "SELECT * FROM case_events WHERE tenant_id = ? AND case_id = ? ORDER BY number", {tenant, id})) {
    const auto name = keyring.unseal(tenant, row.bytes("actor_name_sealed"), "case_events.actor_name");
    const auto note = keyring.unseal(tenant, row.bytes("note_sealed"), "case_events.note");
    if (!name || !note) return tl::unexpected<Error>(name ? note.error() : name.error());
    history.push_back({row.integer("at_ms"), row.text("kind"), row.text("actor"), *name, *note});
  }
  return history;
}

Result<std::vector<Aftercare>> aftercare_of(store::Transaction& t, const access::Keyring& keyring,
                                            const std::string& tenant, const std::string& id) {
  std::vector<Aftercare> steps;
  for (const auto& row :
       t.query("SELECT * FROM case_aftercare WHERE tenant_id = ? AND case_id = ? ORDER BY done_ms, step",
               {tenant, id})) {
    const auto name = keyring.unseal(tenant, row.bytes("name_sealed"), kAftercareContext);
    if (!name) return tl::unexpected<Error>(name.error());
    steps.push_back({row.text("step"), row.integer("done_ms"), *name});
  }
  return steps;
}

std::vector<std::string> earlier_cases(store::Transaction& t, const Caller& by, const store::Row& row) {
  const auto counterpart = row.text_if("counterpart");
  if (!counterpart) return {};
  Condition condition(by);
  condition.add(" AND counterpart = ?", *counterpart);
  condition.add(" AND occurred_ms < ?", row.integer("occurred_ms"));
  condition.values.emplace_back(kEarlierShown);
  std::vector<std::string> ids;
  for (const auto& earlier :
       t.query("SELECT id FROM cases WHERE " + condition.sql + " ORDER BY occurred_ms DESC, id DESC LIMIT ?",
               condition.values))
    ids.push_back(earlier.text("id"));
  return ids;
}

}  // namespace

std::string name_of(State state) {
  switch (state) {
    case State::open:
      return "open";
    case State::acknowledged:
      return "acknowledged";
    case State::working:
      return "working";
    case State::closed:
      return "closed";
  }
  return "open";
}

std::optional<State> state_named(std::string_view name) {
  for (const auto state : kStates)
    if (name_of(state) == name) return state;
  return std::nullopt;
}

Result<void> Cases::open_case(store::Transaction& t, const archive::Analysed& analysed) const {
  const auto& tenant = analysed.tenant;
  const auto find = [&](const std::string& recording) {
    return t.first("SELECT * FROM cases WHERE tenant_id = ? AND recording_id = ?", {tenant, recording});
  };
  if (const auto known = find(analysed.recording)) {
    bring_up_to_date(t, analysed, *known);
    return {};
  }
  const auto& verdict = analysed.report.verdict;
  if (!opens_case(verdict, settings_of(t, tenant).opened_from)) return {};
  if (analysed.same_as && find(*analysed.same_as)) return {};
  const auto gravity = gravity_of(verdict);
  const auto id = insert_case(t, analysed, gravity);
  note_event(t, keyring_, tenant, id, "opened", program(), described(gravity));
  audit_.add(t, {tenant, "system", "case.open", id, described(gravity), ""});
  if (opened_) opened_(t, tenant, analysed.recording);
  tell(t, analysed, id);
  return {};
}

void Cases::bring_up_to_date(store::Transaction& t, const archive::Analysed& analysed,
                             const store::Row& row) const {
  const auto& tenant = analysed.tenant;
  const auto id = row.text("id");
  const auto before = gravity_of(row, "");
  const auto now = gravity_of(analysed.report.verdict);
  if (described(now) == described(before)) return;
  const bool worse = is_worse(now, before);
  t.execute("UPDATE cases SET score = ?, band = ?, categories = ? WHERE tenant_id = ? AND id = ?",
            {std::int64_t{now.score}, report::band_id(now.band), joined(now.categories), tenant, id});
  note_event(t, keyring_, tenant, id, worse ? "worsened" : "rescored", program(), described(now));
  if (worse && row.text("state") == "closed") {
    t.execute(
        "UPDATE cases SET state = 'open', round = round + 1, waiting_since_ms = ?, noticed_ms = NULL, "
        "acknowledged_ms = NULL, "
        "acknowledged_by = NULL, acknowledged_name_sealed = NULL, waited_ms = NULL, closed_ms = NULL, "
        "closed_by = NULL, closed_reason_sealed = NULL WHERE tenant_id = ? AND id = ?",
        {now_ms(), tenant, id});
    note_event(t, keyring_, tenant, id, "reopened", program(), "");
  }
  settle_row(t, tenant, id);
  audit_.add(t, {tenant, "system", "case.rescore", id, described(now), ""});
  if (worse) tell(t, analysed, id);
}

void Cases::tell(store::Transaction& t, const archive::Analysed& analysed, const std::string& id) const {
  const auto& verdict = analysed.report.verdict;
  Notice notice{id, analysed.started_ms, "", verdict.score, verdict.band, categories_of(verdict), ""};
  if (analysed.group)
    if (const auto group = t.first("SELECT name FROM groups WHERE tenant_id = ? AND id = ?",
                                   {analysed.tenant, *analysed.group}))
      notice.group = group->text("name");
  std::string quote;
  for (const auto* finding : grave_findings(verdict))
    if (quote.empty() && is_utf8(finding->quote)) quote = beginning(finding->quote, kQuoteBytes);
  outbox_.write(t, analysed.tenant, notice, analysed.group, printable(redactor_.redact(quote).text));
}

void Cases::forget(store::Transaction& t, const std::string& tenant, const std::string& recording) const {
  const auto row =
      t.first("SELECT id FROM cases WHERE tenant_id = ? AND recording_id = ?", {tenant, recording});
  if (!row) return;
  const auto id = row->text("id");
  const auto now = now_ms();
  t.execute(
      "UPDATE cases SET counterpart = NULL, employee_id = NULL, state = 'closed', closed_ms = "
      "COALESCE(closed_ms, "
      "?), closed_by = COALESCE(closed_by, 'system'), closed_reason_sealed = NULL WHERE tenant_id = ? AND id "
      "= ?",
      {now, tenant, id});
  t.execute("UPDATE case_events SET note_sealed = ? WHERE tenant_id = ? AND case_id = ?",
            {keyring_.seal(tenant, "", "case_events.note"), tenant, id});
  t.execute(
      "UPDATE notices SET content_sealed = NULL, state = CASE state WHEN 'sent' THEN state ELSE 'dead' END, "
      "reason_ja = '録音が削除されました', reason_en = 'the recording was deleted' "
      "WHERE tenant_id = ? AND case_id = ?",
      {tenant, id});
  t.execute("DELETE FROM case_aftercare WHERE tenant_id = ? AND case_id = ?", {tenant, id});
  note_event(t, keyring_, tenant, id, "closed", program(), "");
  settle_row(t, tenant, id);
}

Result<std::vector<Case>> Cases::list(const Caller& by, const CaseFilter& filter) const {
  if (auto good = check_caller(by); !good) return tl::unexpected<Error>(good.error());
  return database_.read([&](store::Transaction& t) -> Result<std::vector<Case>> {
    Condition condition(by);
    if (filter.state) condition.add(" AND state = ?", name_of(*filter.state));
    if (filter.group) condition.add(" AND group_id = ?", *filter.group);
    if (filter.owner) condition.add(" AND owner_id = ?", *filter.owner);
    if (filter.category)
      condition.add(" AND categories LIKE ? ESCAPE '!'", archive::like_word(*filter.category));
    if (filter.minimum_score > 0) condition.add(" AND score >= ?", std::int64_t{filter.minimum_score});
    if (!filter.after.empty()) {
      const auto last = find_case(t, by, filter.after);
      if (!last) return unknown_case();
      condition.add(" AND (urgency, id) < (?, ", last->integer("urgency"));
      condition.add("?)", filter.after);
    }
    condition.values.emplace_back(std::clamp<std::int64_t>(filter.limit, 1, kPageLimit));
    std::vector<Case> cases;
    for (const auto& row :
         t.query(kSelect + condition.sql + " ORDER BY urgency DESC, id DESC LIMIT ?", condition.values)) {
      auto found = case_of(row, by.tenant, keyring_);
      if (!found) return tl::unexpected<Error>(found.error());
      cases.push_back(std::move(*found));
    }
    return cases;
  });
}

Result<Case> Cases::with_history(store::Transaction& t, const Caller& by, const store::Row& row) const {
  auto found = case_of(row, by.tenant, keyring_);
  if (!found) return found;
  auto history = history_of(t, keyring_, by.tenant, found->id);
  if (!history) return tl::unexpected<Error>(history.error());
  found->history = std::move(*history);
  auto aftercare = aftercare_of(t, keyring_, by.tenant, found->id);
  if (!aftercare) return tl::unexpected<Error>(aftercare.error());
  found->aftercare = std::move(*aftercare);
  found->earlier = earlier_cases(t, by, row);
  return found;
}

Result<Case> Cases::get(const Caller& by, const std::string& id) const {
  if (auto good = check_caller(by); !good) return tl::unexpected<Error>(good.error());
  auto found = database_.read([&](store::Transaction& t) -> Result<Case> {
    const auto row = find_case(t, by, id);
    if (!row) return unknown_case();
    return with_history(t, by, *row);
  });
  if (!found) return found;
  if (auto noted = audit_.note({by.tenant, by.id, "case.read", id, "", ""}); !noted)
    return tl::unexpected<Error>(noted.error());
  return found;
}

/// Runs `change` on the case's row within its unit of work and returns the case as it is afterwards.
template <class Change>
Result<Case> Cases::change(const Caller& by, const std::string& id, const Change& change) const {
  if (auto good = check_caller(by); !good) return tl::unexpected<Error>(good.error());
  return database_.write([&](store::Transaction& t) -> Result<Case> {
    const auto row = find_case(t, by, id);
    if (!row) return unknown_case();
    if (Result<void> changed = change(t, *row); !changed) return tl::unexpected<Error>(changed.error());
    return with_history(t, by, *find_case(t, by, id));
  });
}

Result<Case> Cases::acknowledge(const Caller& by, const std::string& id) const {
  return change(by, id, [&](store::Transaction& t, const store::Row& row) -> Result<void> {
    if (row.text("state") == "closed") return conflict({"ケースは閉じています", "the case is closed"});
    if (acknowledge_row(t, keyring_, by.tenant, id, actor_of(by)))
      audit_.add(t, {by.tenant, by.id, "case.acknowledge", id, "", ""});
    return {};
  });
}

Result<Case> Cases::assign(const Caller& by, const std::string& id, const std::string& user) const {
  if (auto good = check_caller(by); !good) return tl::unexpected<Error>(good.error());
  const auto owner = access::People(database_, keyring_, audit_).user(by.tenant, user);
  if (!owner) return tl::unexpected<Error>(owner.error());
  const auto as_caller = access::caller_for(by.tenant, *owner);
  return change(by, id, [&](store::Transaction& t, const store::Row& row) -> Result<void> {
    if (row.text("state") == "closed") return conflict({"ケースは閉じています", "the case is closed"});
    if (owner->disabled || !as_caller.may(Permission::work_cases) || !find_case(t, as_caller, id))
      return fail(Error::Kind::usage, "user",
                  {"この人はこのケースを扱えません", "this person cannot work on this case"},
                  {"ケースを扱える人を選んでください", "Choose somebody who can"});
    acknowledge_row(t, keyring_, by.tenant, id, actor_of(by));
    t.execute("UPDATE cases SET owner_id = ?, state = 'working' WHERE tenant_id = ? AND id = ?",
              {user, by.tenant, id});
    note_event(t, keyring_, by.tenant, id, "assigned", actor_of(by), owner->name);
    settle_row(t, by.tenant, id);
    audit_.add(t, {by.tenant, by.id, "case.assign", id, owner->login, ""});
    return {};
  });
}

Result<Case> Cases::release(const Caller& by, const std::string& id) const {
  return change(by, id, [&](store::Transaction& t, const store::Row& row) -> Result<void> {
    if (row.text("state") == "closed") return conflict({"ケースは閉じています", "the case is closed"});
    if (row.is_null("owner_id")) return {};
    t.execute("UPDATE cases SET owner_id = NULL, state = 'acknowledged' WHERE tenant_id = ? AND id = ?",
              {by.tenant, id});
    note_event(t, keyring_, by.tenant, id, "released", actor_of(by), "");
    settle_row(t, by.tenant, id);
    audit_.add(t, {by.tenant, by.id, "case.release", id, "", ""});
    return {};
  });
}

Result<std::vector<access::User>> Cases::possible_owners(const Caller& by, const std::string& id) const {
  if (auto good = check_caller(by); !good) return tl::unexpected<Error>(good.error());
  const auto users = access::People(database_, keyring_, audit_).users(by.tenant, {"", kPageLimit - 1});
  if (!users) return tl::unexpected<Error>(users.error());
  return database_.read([&](store::Transaction& t) -> Result<std::vector<access::User>> {
    if (!find_case(t, by, id)) return unknown_case();
    std::vector<access::User> able;
    for (const auto& user : *users) {
      const auto as_caller = access::caller_for(by.tenant, user);
      if (!user.disabled && as_caller.may(Permission::work_cases) && find_case(t, as_caller, id))
        able.push_back(user);
    }
    return able;
  });
}

Result<Case> Cases::escalate(const Caller& by, const std::string& id, int level,
                             const std::string& reason) const {
  if (auto good = check_words(reason, "reason"); !good) return tl::unexpected<Error>(good.error());
  if (level < 0 || level > kHighestLevel)
    return fail(Error::Kind::usage, "level", {"0 から 5 までにしてください", "it must be from 0 to 5"},
                {"入力を直してください", "Correct the input"});
  return change(by, id, [&](store::Transaction& t, const store::Row& row) -> Result<void> {
    if (row.text("state") == "closed") return conflict({"ケースは閉じています", "the case is closed"});
    acknowledge_row(t, keyring_, by.tenant, id, actor_of(by));
    t.execute("UPDATE cases SET escalation = ? WHERE tenant_id = ? AND id = ?",
              {std::int64_t{level}, by.tenant, id});
    note_event(t, keyring_, by.tenant, id, "escalated", actor_of(by), fmt::format("L{} {}", level, reason));
    settle_row(t, by.tenant, id);
    audit_.add(t, {by.tenant, by.id, "case.escalate", id, fmt::format("L{}", level), ""});
    return {};
  });
}

Result<Case> Cases::set_due(const Caller& by, const std::string& id,
                            std::optional<std::int64_t> due_ms) const {
  if (due_ms && (*due_ms < 0 || *due_ms > kLatestDue_ms))
    return fail(Error::Kind::usage, "due_ms", {"日時ではありません", "it is not a time"},
                {"入力を直してください", "Correct the input"});
  return change(by, id, [&](store::Transaction& t, const store::Row& row) -> Result<void> {
    if (row.text("state") == "closed") return conflict({"ケースは閉じています", "the case is closed"});
    t.execute("UPDATE cases SET due_ms = ? WHERE tenant_id = ? AND id = ?",
              {store::or_null(due_ms), by.tenant, id});
    note_event(t, keyring_, by.tenant, id, "due", actor_of(by), due_ms ? time_for_people(*due_ms) : "");
    settle_row(t, by.tenant, id);
    audit_.add(t, {by.tenant, by.id, "case.due", id, "", ""});
    return {};
  });
}

Result<Case> Cases::note_aftercare(const Caller& by, const std::string& id, const std::string& step,
                                   bool done) const {
  if (std::find(kAftercare.begin(), kAftercare.end(), step) == kAftercare.end())
    return fail(Error::Kind::usage, "step", {"知らない項目です", "it is not a known step"},
                {"入力を直してください", "Correct the input"});
  return change(by, id, [&](store::Transaction& t, const store::Row& /*row*/) -> Result<void> {
    t.execute("DELETE FROM case_aftercare WHERE tenant_id = ? AND case_id = ? AND step = ?",
              {by.tenant, id, step});
    if (done)
      t.execute(
          "INSERT INTO case_aftercare (tenant_id, case_id, step, done_ms, done_by, name_sealed) VALUES (?, "
          "?, "
          "?, ?, ?, ?)",
          {by.tenant, id, step, now_ms(), by.id, keyring_.seal(by.tenant, by.name, kAftercareContext)});
    note_event(t, keyring_, by.tenant, id, "aftercare", actor_of(by),
               fmt::format("{}{}", done ? "" : "-", step));
    settle_row(t, by.tenant, id);
    audit_.add(t, {by.tenant, by.id, "case.aftercare", id, fmt::format("{}{}", done ? "" : "-", step), ""});
    return {};
  });
}

Result<Case> Cases::note(const Caller& by, const std::string& id, const std::string& text) const {
  if (auto good = check_words(text, "note"); !good) return tl::unexpected<Error>(good.error());
  return change(by, id, [&](store::Transaction& t, const store::Row& /*row*/) -> Result<void> {
    note_event(t, keyring_, by.tenant, id, "noted", actor_of(by), text);
    settle_row(t, by.tenant, id);
    audit_.add(t, {by.tenant, by.id, "case.note", id, "", ""});
    return {};
  });
}

Result<Case> Cases::close(const Caller& by, const std::string& id, const std::string& reason) const {
  if (auto good = check_words(reason, "reason"); !good) return tl::unexpected<Error>(good.error());
  return change(by, id, [&](store::Transaction& t, const store::Row& row) -> Result<void> {
    if (row.text("state") == "closed") return conflict({"ケースは閉じています", "the case is closed"});
    acknowledge_row(t, keyring_, by.tenant, id, actor_of(by));
    t.execute(
        "UPDATE cases SET state = 'closed', closed_ms = ?, closed_by = ?, closed_reason_sealed = ? "
        "WHERE tenant_id = ? AND id = ?",
        {now_ms(), by.id, keyring_.seal(by.tenant, reason, "cases.closed_reason"), by.tenant, id});
    note_event(t, keyring_, by.tenant, id, "closed", actor_of(by), reason);
    settle_row(t, by.tenant, id);
    audit_.add(t, {by.tenant, by.id, "case.close", id, "", ""});
    return {};
  });
}

Result<Case> Cases::reopen(const Caller& by, const std::string& id, const std::string& reason) const {
  if (auto good = check_words(reason, "reason"); !good) return tl::unexpected<Error>(good.error());
  return change(by, id, [&](store::Transaction& t, const store::Row& row) -> Result<void> {
    if (row.text("state") != "closed") return conflict({"ケースは閉じていません", "the case is not closed"});
    // Whoever opens it again knows of it, so it does not count as unattended.
    t.execute(
        "UPDATE cases SET state = ?, closed_ms = NULL, closed_by = NULL, closed_reason_sealed = NULL "
        "WHERE tenant_id = ? AND id = ?",
        {row.is_null("owner_id") ? "acknowledged" : "working", by.tenant, id});
    note_event(t, keyring_, by.tenant, id, "reopened", actor_of(by), reason);
    settle_row(t, by.tenant, id);
    audit_.add(t, {by.tenant, by.id, "case.reopen", id, "", ""});
    return {};
  });
}

}  // namespace guardian::casework
