// report/summary.h - the report for a person at a terminal.
#pragma once

#include <string>

#include "report/names.h"
#include "report/report.h"

namespace guardian::report {

struct SummaryOptions {
  Language language = Language::japanese;
  bool colours = false;  ///< ANSI colours
};

/// Ends in a newline. Control characters of transcripts and file names are neutralised.
std::string summarize(const Report& report, const SummaryOptions& options);

}  // namespace guardian::report
