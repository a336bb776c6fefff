#include "access/tenant_calendar.h"

namespace guardian::access {

Result<TimeZone> time_zone_of(store::Transaction& transaction, const std::string& tenant) {
  const auto row = transaction.first("SELECT time_zone FROM tenants WHERE id = ?", {tenant});
  if (!row)
    return fail(Error::Kind::not_found, "tenant", {"会社が見つかりません", "there is no such tenant"},
                {"サインインし直してください", "Sign in again"});
  return TimeZone::named(row->text("time_zone"));
}

Result<void> set_time_zone(store::Transaction& transaction, const AuditLog& audit, const Caller& by,
                           const std::string& name) {
  if (const auto known = TimeZone::named(name); !known) return tl::unexpected<Error>(known.error());
  transaction.execute("UPDATE tenants SET time_zone = ? WHERE id = ?", {name, by.tenant});
  audit.add(transaction, {by.tenant, by.id, "tenant.time_zone", by.tenant, name, ""});
  return {};
}

}  // namespace guardian::access
