// access/tenant_calendar.h - whose midnight begins a tenant's days and months.
#pragma once

#include <string>

#include "access/audit.h"
#include "access/caller.h"
#include "base/calendar.h"
#include "base/result.h"
#include "store/database.h"

namespace guardian::access {

/// Errors: not_found, for a tenant that is not there.
Result<TimeZone> time_zone_of(store::Transaction& transaction, const std::string& tenant);

/// From now on; what was counted stays on its day and in its month. Errors: usage, for an unknown name.
Result<void> set_time_zone(store::Transaction& transaction, const AuditLog& audit, const Caller& by,
                           const std::string& name);

}  // namespace guardian::access
