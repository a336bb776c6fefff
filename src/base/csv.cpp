#include "base/csv.h"

#include <algorithm>
#include <array>

namespace guardian {
namespace {

bool is_number(std::string_view cell) {
  if (cell.starts_with('-')) cell.remove_prefix(1);
  return !cell.empty() && cell.front() >= '0' && cell.front() <= '9' &&
         std::count(cell.begin(), cell.end(), '.') <= 1 &&
         cell.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool looks_like_formula(std::string_view cell) {
  constexpr std::array<std::string_view, 11> kStarts = {"=",  "+",      "-",      "@",      "\t",    "\r",
                                                        "\n", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"};
  if (is_number(cell)) return false;
  cell.remove_prefix(std::min(cell.find_first_not_of(' '), cell.size()));
  return std::any_of(kStarts.begin(), kStarts.end(),
                     [&](std::string_view start) { return cell.starts_with(start); });
}

std::string quoted(std::string_view cell) {
  std::string text = looks_like_formula(cell) ? "'" : "";
  text += cell;
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  std::string doubled = "\"";
  for (const char c : text) {
    if (c == '"') doubled += '"';
    doubled += c;
  }
  return doubled + '"';
}

}  // namespace

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += ',';
    line += quoted(cells[i]);
  }
  return line + "\r\n";
}

}  // namespace guardian
