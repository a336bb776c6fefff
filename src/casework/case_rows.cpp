#include "casework/case_rows.h"

#include <algorithm>

#include "base/id.h"

namespace guardian::casework {

void note_event(store::Transaction& t, const access::Keyring& keyring, const std::string& tenant,
                const std::string& id, const char* kind, const Actor& actor, const std::string& note) {
  t.execute(
      "INSERT INTO case_events (tenant_id, case_id, number, at_ms, kind, actor, actor_name_sealed, "
      "note_sealed) "
      "VALUES (?, ?, (SELECT COUNT(*) + 1 FROM case_events WHERE tenant_id = ? AND case_id = ?), ?, ?, ?, ?, "
      "?)",
      {tenant, id, tenant, id, now_ms(), std::string(kind), actor.id,
       keyring.seal(tenant, actor.name, "case_events.actor_name"),
       keyring.seal(tenant, note, "case_events.note")});
}

bool acknowledge_row(store::Transaction& t, const access::Keyring& keyring, const std::string& tenant,
                     const std::string& id, const Actor& actor) {
  const auto row = t.first(
      "SELECT noticed_ms, waiting_since_ms FROM cases WHERE tenant_id = ? AND id = ? AND state <> 'closed' "
      "AND acknowledged_ms IS NULL",
      {tenant, id});
  if (!row) return false;
  const auto now = now_ms();
  const auto since = row->integer_if("noticed_ms").value_or(row->integer("waiting_since_ms"));
  t.execute(
      "UPDATE cases SET state = 'acknowledged', acknowledged_ms = ?, acknowledged_by = ?, "
      "acknowledged_name_sealed = ?, waited_ms = ? WHERE tenant_id = ? AND id = ?",
      {now, actor.id, keyring.seal(tenant, actor.name, "cases.acknowledged_name"),
       std::max<std::int64_t>(0, now - since), tenant, id});
  note_event(t, keyring, tenant, id, "acknowledged", actor, "");
  settle_row(t, tenant, id);
  return true;
}

void settle_row(store::Transaction& t, const std::string& tenant, const std::string& id) {
  t.execute(
      "UPDATE cases SET version = version + 1, urgency = score + CASE state WHEN 'open' THEN 2000 WHEN "
      "'closed' THEN 0 ELSE 1000 END WHERE tenant_id = ? AND id = ?",
      {tenant, id});
}

}  // namespace guardian::casework
