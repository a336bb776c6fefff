// server/routes/readable_report.h - the report of a recording as a caller may read it, and as it may leave
// the building.
#pragma once

#include "archive/redacted_export.h"
#include "media/source.h"
#include "report/report.h"
#include "server/application.h"
#include "server/exchange.h"

namespace guardian::server {

/// 404 of a recording that was not analysed yet.
tl::unexpected<Error> no_report_yet(const std::string& id);

/// Of the recording that `id` names, within the caller's reach; redacted without see_personal. It is in the
/// audit log before it is read. Errors: not_found, storage, damaged.
Result<report::Report> readable_report(Application& application, const Request& request,
                                       const std::string& id);

/// The report `id` of a company without personal details. Errors: storage, damaged.
Result<archive::RedactedReport> redacted_report(Application& application, const std::string& tenant,
                                                const std::string& id);

/// The sound of a recording, to be decoded. Errors: storage, damaged.
Result<media::Source> sound_of(Application& application, const std::string& tenant,
                               const std::string& object);

}  // namespace guardian::server
