// base/csv.h - tables for spreadsheets, written so that no cell becomes a formula.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace guardian {

/// Before the first line of a file that Excel shall read as UTF-8.
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// One line by RFC 4180, with CRLF. What a spreadsheet would take for a formula (a first character = + - @,
/// also in full width, tab or line break) gets an apostrophe before it; plain numbers stay as they are.
/// Source: OWASP, CSV injection.
std::string csv_line(const std::vector<std::string>& cells);

}  // namespace guardian
