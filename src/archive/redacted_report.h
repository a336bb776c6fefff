// archive/redacted_report.h - a report for those who may read it but not know whom it is about (without
// Permission::see_personal). redaction/ finds most and not all; that is said in its header.
#pragma once

#include "redaction/redactor.h"
#include "report/report.h"

namespace guardian::archive {

/// Names, numbers and addresses in what was said, in quotes and in grounds become placeholders; the
/// recording's name, the counterpart's id, the waveform and the single words are left out.
report::Report without_personal(report::Report report, const redaction::Redactor& redactor);

}  // namespace guardian::archive
