#include "archive/recordings.h"

#include <array>
#include <sstream>
#include <utility>

#include "base/id.h"

namespace guardian::archive {
namespace {

constexpr std::array<std::pair<State, std::string_view>, 7> kStates = {{{State::waiting, "waiting"},
                                                                        {State::held, "held"},
                                                                        {State::analysing, "analysing"},
                                                                        {State::analysed, "analysed"},
                                                                        {State::failed, "failed"},
                                                                        {State::cancelled, "cancelled"},
                                                                        {State::deleted, "deleted"}}};
constexpr const char* kNameContext = "recordings.name";
constexpr const char* kCounterpartContext = "recordings.counterpart";

tl::unexpected<Error> no_such_recording(const std::string& id) {
  return fail(Error::Kind::not_found, id, {"録音がありません", "there is no such recording"},
              {"ID を確かめてください", "Check the id"});
}

std::vector<std::string> words_in(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::optional<Moment> started_in(const store::Row& row) {
  const auto started_ms = row.integer_if("started_ms");
  if (!started_ms) return std::nullopt;
  return Moment{std::chrono::sys_seconds(std::chrono::seconds(*started_ms / 1000)),
                std::chrono::minutes(row.integer_if("started_offset_min").value_or(0))};
}

std::optional<Text> reason_in(const store::Row& row) {
  const auto ja = row.text_if("reason_ja");
  if (!ja) return std::nullopt;
  return Text{*ja, row.text_if("reason_en").value_or("")};
}

/// What was told of it.
Result<void> read_told(const store::Row& row, const access::Keyring& keyring, Recording& recording) {
  auto name = keyring.unseal(recording.tenant, row.bytes("name_sealed"), kNameContext);
  if (!name) return tl::unexpected<Error>(name.error());
  recording.name = std::move(*name);
  recording.counterpart_key = row.text_if("counterpart");
  if (!row.is_null("counterpart_sealed")) {
    auto counterpart = keyring.unseal(recording.tenant, row.bytes("counterpart_sealed"), kCounterpartContext);
    if (!counterpart) return tl::unexpected<Error>(counterpart.error());
    recording.counterpart = std::move(*counterpart);
  }
  recording.same_as = row.text_if("same_as");
  recording.employee = row.text_if("employee_id");
  recording.group = row.text_if("group_id");
  recording.direction = row.text_if("direction");
  recording.product = row.text_if("product");
  recording.started = started_in(row);
  if (const auto channel = row.integer_if("customer_channel"))
    recording.customer_channel = static_cast<int>(*channel);
  recording.uploaded_ms = row.integer("uploaded_ms");
  recording.uploaded_by = row.text_if("uploaded_by").value_or("");
  return {};
}

/// What became of it.
void read_fate(const store::Row& row, Recording& recording) {
  recording.state = state_named(row.text("state")).value_or(State::failed);
  recording.reason = reason_in(row);
  recording.report = row.text_if("report_id");
  recording.analysed_ms = row.integer_if("analysed_ms");
  recording.duration_s = row.real_if("duration_s");
  recording.silence_s = row.real_if("silence_s");
  recording.loudness_lufs = row.real_if("loudness_lufs");
  recording.score = row.integer_if("score");
  recording.band = row.text_if("band");
  if (const auto harassment = row.integer_if("harassment")) recording.harassment = *harassment != 0;
  recording.categories = words_in(row.text_if("categories").value_or(""));
  recording.grade = row.text("grade");
  recording.legal_hold = row.integer("legal_hold") != 0;
  recording.delete_after_ms = row.integer_if("delete_after_ms");
}

Result<Recording> recording_of(const store::Row& row, const access::Keyring& keyring) {
  Recording recording;
  recording.id = row.text("id");
  recording.tenant = row.text("tenant_id");
  recording.object = row.text("object_id");
  recording.bytes = row.integer("bytes");
  recording.content = row.text("sha256");
  if (auto told = read_told(row, keyring, recording); !told) return tl::unexpected<Error>(told.error());
  read_fate(row, recording);
  return recording;
}

Result<Recording> find_where(store::Transaction& transaction, const access::Keyring& keyring,
                             Condition condition, const std::string& id) {
  if (!is_id(id)) return no_such_recording(id);
  condition.values.emplace_back(id);
  const auto row = transaction.first(
      "SELECT * FROM recordings WHERE " + condition.sql + " AND state <> 'deleted' AND id = ?",
      condition.values);
  return row ? recording_of(*row, keyring) : no_such_recording(id);
}

/// Empty text: nobody reaches anything by it.
std::string or_nobody(const std::optional<std::string>& id) { return id.value_or(""); }

}  // namespace

std::string_view name_of(State state) {
  for (const auto& [known, name] : kStates)
    if (known == state) return name;
  return {};
}

std::optional<State> state_named(std::string_view name) {
  for (const auto& [state, known] : kStates)
    if (known == name) return state;
  return std::nullopt;
}

std::string like_word(const std::string& word) {
  std::string pattern = "% ";
  for (const char c : word) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c;
  }
  return pattern + " %";
}

Condition within_reach(const access::Caller& caller, const std::string& table) {
  Condition condition{table + ".tenant_id = ?", {caller.tenant}};
  switch (caller.reach) {
    case access::Reach::tenant:
      break;
    case access::Reach::group:
      condition.sql += " AND " + table + ".group_id = ?";
      condition.values.push_back(or_nobody(caller.group));
      break;
    case access::Reach::own:
      condition.sql += " AND " + table + ".employee_id = ?";
      condition.values.push_back(or_nobody(caller.employee));
      break;
    case access::Reach::none:
      condition.sql += " AND 1 = 0";
      break;
  }
  return condition;
}

Result<Recording> find_recording(store::Transaction& transaction, const access::Keyring& keyring,
                                 const access::Caller& caller, const std::string& id) {
  return find_where(transaction, keyring, within_reach(caller), id);
}

Result<Recording> find_recording(store::Transaction& transaction, const access::Keyring& keyring,
                                 const std::string& tenant, const std::string& id) {
  return find_where(transaction, keyring, {"tenant_id = ?", {tenant}}, id);
}

Result<std::vector<Recording>> list_recordings(store::Transaction& transaction,
                                               const access::Keyring& keyring, const access::Caller& caller,
                                               const RecordingFilter& filter) {
  auto [where, values] = within_reach(caller);
  const auto also = [&, &clause = where, &bound = values](const char* sql, store::Value value) {
    clause += sql;
    bound.push_back(std::move(value));
  };
  if (filter.state) also(" AND state = ?", std::string(name_of(*filter.state)));
  if (filter.employee) also(" AND employee_id = ?", *filter.employee);
  if (filter.counterpart)
    also(" AND counterpart = ?", counterpart_key(keyring, caller.tenant, *filter.counterpart));
  if (!filter.before.empty()) also(" AND id < ?", filter.before);
  if (filter.least_score) also(" AND score >= ?", *filter.least_score);
  if (filter.band) also(" AND band = ?", *filter.band);
  if (filter.category) also(" AND ' ' || categories || ' ' LIKE ? ESCAPE '!'", like_word(*filter.category));
  if (filter.from_ms) also(" AND COALESCE(started_ms, uploaded_ms) >= ?", *filter.from_ms);
  if (filter.before_ms) also(" AND COALESCE(started_ms, uploaded_ms) < ?", *filter.before_ms);
  const auto within = [&](const std::string& column, const Between& range) {
    if (range.least) also((" AND " + column + " >= ?").c_str(), *range.least);
    if (range.most) also((" AND " + column + " <= ?").c_str(), *range.most);
  };
  within("silence_s", filter.silence_s);
  within("duration_s", filter.duration_s);
  within("loudness_lufs", filter.loudness_lufs);
  if (!filter.words.empty())
    also(
        " AND id IN (SELECT recording_id FROM word_rows WHERE row IN (SELECT rowid FROM words WHERE words "
        "MATCH ?))",
        filter.words);
  values.emplace_back(std::int64_t{filter.limit});
  std::vector<Recording> recordings;
  for (const auto& row : transaction.query(
           "SELECT * FROM recordings WHERE " + where + " AND state <> 'deleted' ORDER BY id DESC LIMIT ?",
           values)) {
    auto recording = recording_of(row, keyring);
    if (!recording) return tl::unexpected<Error>(recording.error());
    recordings.push_back(std::move(*recording));
  }
  return recordings;
}

void insert_recording(store::Transaction& transaction, const access::Keyring& keyring, Recording& recording) {
  const auto earlier = transaction.first(
      "SELECT id, object_id FROM recordings WHERE tenant_id = ? AND sha256 = ? AND state <> 'deleted' "
      "ORDER BY id LIMIT 1",
      {recording.tenant, recording.content});
  if (earlier) {
    recording.same_as = earlier->text("id");
    recording.object = earlier->text("object_id");
  }
  store::Value counterpart = nullptr;
  store::Value counterpart_sealed = nullptr;
  if (recording.counterpart) {
    recording.counterpart_key = counterpart_key(keyring, recording.tenant, *recording.counterpart);
    counterpart = *recording.counterpart_key;
    counterpart_sealed = keyring.seal(recording.tenant, *recording.counterpart, kCounterpartContext);
  }
  std::optional<std::int64_t> started_ms;
  std::optional<std::int64_t> offset_min;
  if (recording.started) {
    started_ms = recording.started->instant.time_since_epoch().count() * 1000;
    offset_min = recording.started->offset.count();
  }
  std::optional<std::int64_t> channel;
  if (recording.customer_channel) channel = *recording.customer_channel;
  transaction.execute(
      "INSERT INTO recordings (id, tenant_id, name_sealed, object_id, bytes, sha256, same_as, employee_id, "
      "group_id, counterpart, counterpart_sealed, direction, product, started_ms, started_offset_min, "
      "customer_channel, uploaded_ms, uploaded_by, state) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting')",
      {recording.id, recording.tenant, keyring.seal(recording.tenant, recording.name, kNameContext),
       recording.object, recording.bytes, recording.content, store::or_null(recording.same_as),
       store::or_null(recording.employee), store::or_null(recording.group), counterpart, counterpart_sealed,
       store::or_null(recording.direction), store::or_null(recording.product), store::or_null(started_ms),
       store::or_null(offset_min), store::or_null(channel), recording.uploaded_ms, recording.uploaded_by});
}

bool set_state(store::Transaction& transaction, const std::string& tenant, const std::string& id, State state,
               const std::optional<Text>& reason) {
  const auto ja = reason ? store::Value(reason->ja) : store::Value(nullptr);
  const auto en = reason ? store::Value(reason->en) : store::Value(nullptr);
  return transaction.execute(
             "UPDATE recordings SET state = ?, reason_ja = ?, reason_en = ? WHERE tenant_id = ? AND id = ?",
             {std::string(name_of(state)), ja, en, tenant, id}) > 0;
}

bool is_object_used(store::Transaction& transaction, const std::string& tenant, const std::string& object) {
  return transaction
      .first(
          "SELECT 1 AS used FROM recordings WHERE tenant_id = ? AND object_id = ? AND state <> 'deleted' "
          "LIMIT 1",
          {tenant, object})
      .has_value();
}

std::string counterpart_key(const access::Keyring& keyring, const std::string& tenant,
                            const std::string& counterpart) {
  return keyring.hash(tenant, "counterpart", counterpart);
}

store::ObjectKey object_key(const access::Keyring& keyring, const std::string& tenant) {
  const auto [version, key] = keyring.newest(tenant);
  return {version, key};
}

store::KeyFinder object_keys(const access::Keyring& keyring, const std::string& tenant) {
  return [&keyring, tenant](std::int64_t number) { return keyring.object_key(tenant, number); };
}

}  // namespace guardian::archive
