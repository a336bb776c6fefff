// document/pdf.h - a page (document/page.h) laid out as PDF with its fonts in it. By WeasyPrint
// (Debian package weasyprint), as a process of its own that gets no secrets of ours and little time.
#pragma once

#include <string>

#include "base/result.h"
#include "document/page.h"

namespace guardian::document {

/// Waits for its turn: one at a time, since each takes a core and some seconds. Safe to use from several
/// threads. Errors: model, if weasyprint is not installed or fails; busy, if others take too long.
Result<std::string> to_pdf(const Page& page);

}  // namespace guardian::document
