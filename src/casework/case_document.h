// casework/case_document.h - one case for paper: what was suspected, and what the company did about it and
// when. For the special department, a lawyer or the police. Times are those of the record; none can be set.
#pragma once

#include "base/calendar.h"
#include "casework/cases.h"
#include "document/page.h"
#include "report/report.h"

namespace guardian::casework {

/// `one` is of Cases::get. `report`: of its recording; null if there is none any more.
document::Page case_document(const Case& one, const report::Report* report, const TimeZone& zone,
                             Language language);

}  // namespace guardian::casework
