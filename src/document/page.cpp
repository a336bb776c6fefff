#include "document/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/markup.h"
#include "base/text.h"

namespace guardian::document {
namespace {

constexpr const char* kStyle =
    "body{font-family:'Noto Sans CJK JP','Noto Sans JP',sans-serif;font-size:10pt;line-height:1.6}"
    "h1{font-size:16pt;margin:0 0 4mm;bookmark-level:none}h2{font-size:12pt;margin:6mm 0 2mm;"
    "border-bottom:.3mm solid #888;break-after:avoid}p{margin:1mm 0}"
    "blockquote{margin:1mm 0 1mm 3mm;padding-left:3mm;border-left:.8mm solid #888}"
    "table{border-collapse:collapse;width:100%}th,td{border:.2mm solid #999;padding:1mm 2mm;text-align:left;"
    "vertical-align:top}th{background:#eee}tr{break-inside:avoid}.facts th{width:32mm}"
    ".bars td{border:0;padding:.4mm 2mm}.bar{display:block;height:3mm;background:#1d6170}"
    ".bars td:nth-child(2){width:60mm}";

std::string escaped(std::string_view text) { return escape_markup(printable(text)); }

/// Inside a string of CSS; a backslash or quote could end it.
std::string in_css(std::string_view text) {
  auto safe = printable(text);
  std::erase_if(safe, [](char c) { return c == '\\' || c == '"' || c == '<' || c == '\n'; });
  return safe;
}

std::string cells(const char* tag, const std::vector<std::string>& texts) {
  std::string row;
  for (const auto& text : texts) row += fmt::format("<{0}>{1}</{0}>", tag, escaped(text));
  return "<tr>" + row + "</tr>";
}

}  // namespace

Page::Page(Language language, std::string title, std::string footer)
    : language_(language), title_(std::move(title)), footer_(std::move(footer)) {}

void Page::heading(std::string_view text) { body_ += "<h2>" + escaped(text) + "</h2>\n"; }

void Page::paragraph(std::string_view text) { body_ += "<p>" + escaped(text) + "</p>\n"; }

void Page::quote(std::string_view text) { body_ += "<blockquote>" + escaped(text) + "</blockquote>\n"; }

void Page::list(const std::vector<std::string>& items) {
  if (items.empty()) return;
  body_ += "<ul>";
  for (const auto& item : items) body_ += "<li>" + escaped(item) + "</li>";
  body_ += "</ul>\n";
}

void Page::facts(const std::vector<std::pair<std::string, std::string>>& facts) {
  body_ += "<table class=\"facts\">";
  for (const auto& [name, value] : facts)
    if (!value.empty())
      body_ += fmt::format("<tr><th>{}</th><td>{}</td></tr>", escaped(name), escaped(value));
  body_ += "</table>\n";
}

void Page::table(const std::vector<std::string>& columns, const std::vector<std::vector<std::string>>& rows) {
  if (rows.empty()) return;
  body_ += "<table><thead>" + cells("th", columns) + "</thead><tbody>";
  for (const auto& row : rows) body_ += cells("td", row);
  body_ += "</tbody></table>\n";
}

void Page::bars(const std::vector<Bar>& bars) {
  double most = 0.0;
  for (const auto& bar : bars) most = std::max(most, bar.value);
  body_ += "<table class=\"bars\">";
  for (const auto& bar : bars)
    body_ += fmt::format(
        "<tr><td>{}</td><td><span class=\"bar\" style=\"width:{:.1f}%\"></span></td><td>{}</td></tr>",
        escaped(bar.name), most > 0.0 ? 100.0 * bar.value / most : 0.0, escaped(bar.note));
  body_ += "</table>\n";
}

std::string Page::html() const {
  return fmt::format(
      "<!doctype html>\n<html lang=\"{}\"><head><meta "
      "charset=\"utf-8\"><title>{}</title><style>@page{{size:A4;"
      "margin:18mm 16mm;@bottom-left{{content:\"{}\";font-size:8pt}}@bottom-right{{content:counter(page) \" "
      "/ "
      "\" counter(pages);font-size:8pt}}}}{}</style></head><body><h1>{}</h1>\n{}</body></html>\n",
      language_ == Language::japanese ? "ja" : "en", escaped(title_), in_css(footer_), kStyle,
      escaped(title_), body_);
}

}  // namespace guardian::document
