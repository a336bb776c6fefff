// review/labels.h - decisions as training data: what `guardian train` and `guardian evaluate` read
// (data/README.md), without the details that tell who somebody is.
#pragma once

#include <string>
#include <vector>

#include "evaluation/labelled_data.h"
#include "redaction/redactor.h"
#include "report/report.h"
#include "review/decisions.h"

namespace guardian::review {

/// One line for every customer's utterance that people have decided on. Where all of its findings were
/// rejected, it is a hard negative: harmless though it looked otherwise. An utterance of which some findings
/// wait for a decision and none was confirmed gives none. Findings about a whole dealing have no words.
/// Harassing ones are all called "direct": nobody was asked whether they were said openly.
std::vector<evaluation::LabelledUtterance> labels_of(const std::string& recording,
                                                     const report::Report& report,
                                                     const std::vector<Decision>& decisions,
                                                     const redaction::Redactor& redactor);

}  // namespace guardian::review
