// server/routes/readable_report.h - the report of a recording as a caller may read it.
#pragma once

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

}  // namespace guardian::server
