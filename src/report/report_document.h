// report/report_document.h - the report of one dealing for paper: what a person needs who was not there, in
// the order in which it is asked. The words are the report's own; nothing is added that it does not say.
#pragma once

#include "document/page.h"
#include "report/report.h"

namespace guardian::report {

/// With the whole transcript, and what tells this recording and this analysis from others.
document::Page report_document(const Report& report, Language language);

/// Its chapters, for documents that say more than the report.
void add_chapters(document::Page& page, const Report& report, Language language);

}  // namespace guardian::report
