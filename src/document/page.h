// document/page.h - a document for paper: headings, paragraphs, tables and bars in their order. Becomes HTML
// that document/pdf.h lays out. Every text is data: nothing in it is taken for markup.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace guardian::document {

/// A row of bars: a name, a number of at least 0, and what stands behind the bar.
struct Bar {
  std::string name;
  double value = 0.0;
  std::string note;
};

class Page {
 public:
  /// `footer` stands on every sheet beside its number.
  Page(Language language, std::string title, std::string footer);

  void heading(std::string_view text);
  void paragraph(std::string_view text);
  /// Somebody's own words.
  void quote(std::string_view text);
  void list(const std::vector<std::string>& items);
  /// What it is, and its value.
  void facts(const std::vector<std::pair<std::string, std::string>>& facts);
  /// Nothing where there are no rows.
  void table(const std::vector<std::string>& columns, const std::vector<std::vector<std::string>>& rows);
  void bars(const std::vector<Bar>& bars);

  /// The whole document; refers to nothing outside of itself.
  std::string html() const;
  const std::string& title() const { return title_; }

 private:
  Language language_;
  std::string title_;
  std::string footer_;
  std::string body_;
};

}  // namespace guardian::document
