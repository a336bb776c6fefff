// archive/same_content.h - by what two uploads of the same bytes are known as one, for whoever counts
// dealings.
#pragma once

#include <string>

#include "archive/analysed.h"

namespace guardian::archive {

/// The keyed sum of the recording's bytes; the recording's own id, where none was noted.
inline std::string content_of(store::Transaction& transaction, const std::string& tenant,
                              const std::string& recording) {
  const auto row =
      transaction.first("SELECT sha256 FROM recordings WHERE tenant_id = ? AND id = ?", {tenant, recording});
  if (!row || row->text("sha256").empty()) return recording;
  return row->text("sha256");
}

}  // namespace guardian::archive
