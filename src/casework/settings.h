// casework/settings.h - from when on a dealing is a case, and how long links in notices work.
#pragma once

#include <cstdint>
#include <string>

#include "access/audit.h"
#include "access/caller.h"
#include "base/result.h"
#include "judgement/verdict.h"
#include "store/database.h"

namespace guardian::casework {

struct Settings {
  judgement::Band opened_from = judgement::Band::caution;
  int link_hours = 72;  ///< 1 to 720

  std::int64_t link_ms() const { return link_hours * std::int64_t{3'600'000}; }
};

/// The tenant's, or the defaults.
Settings settings_of(store::Transaction& transaction, const std::string& tenant);

/// For whoever may manage settings. Errors: forbidden, usage, storage.
Result<void> change_settings(store::Database& database, const access::AuditLog& audit,
                             const access::Caller& by, const Settings& settings);

/// "none", "notice" ... (report/names.h) and back. An unknown name, which only a newer program can have
/// written, counts as the gravest.
judgement::Band band_named(const std::string& name);

}  // namespace guardian::casework
