#include "intake/sidecar.h"

#include <csv.h>
#include <fmt/format.h>
#include <unicode/ucnv.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "base/csv.h"
#include "base/json_guard.h"
#include "base/text.h"

namespace guardian::intake {
namespace {

constexpr std::size_t kMostLines = 100'000;
constexpr std::size_t kMostColumns = 50;
constexpr std::size_t kCellBytes = 4096;
constexpr const char* kFile = "file";
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kColumns = {
    {{"file", kFile},
     {"ファイル", kFile},
     {"ファイル名", kFile},
     {"employee", "employee"},
     {"従業員番号", "employee"},
     {"counterpart", "counterpart"},
     {"顧客番号", "counterpart"},
     {"direction", "direction"},
     {"方向", "direction"},
     {"product", "product"},
     {"商品", "product"},
     {"started_at", "started_at"},
     {"開始日時", "started_at"},
     {"customer_channel", "customer_channel"},
     {"顧客チャンネル", "customer_channel"},
     {"ファイル (file)", kFile}}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kValues = {{{"着信", "inbound"},
                                                                                   {"受信", "inbound"},
                                                                                   {"発信", "outbound"},
                                                                                   {"左", "left"},
                                                                                   {"右", "right"},
                                                                                   {"L", "left"}}};

tl::unexpected<Error> damaged(const std::string& name, const Text& what) {
  return fail(Error::Kind::damaged, name, what,
              {"ファイルを直してください。直るまで録音は送られません",
               "Mend the file; until then the recording is not sent"});
}

/// As UTF-8, whatever it was. Errors: damaged.
Result<std::string> decoded(std::string_view text, const std::string& name) {
  const char* from = "UTF-8";
  std::size_t mark = 0;
  if (text.starts_with(kByteOrderMark)) {
    mark = kByteOrderMark.size();
  } else if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    from = text.front() == '\xFF' ? "UTF-16LE" : "UTF-16BE";
    mark = 2;
  } else if (!is_utf8(text)) {
    from = "windows-31j";
  }
  text.remove_prefix(mark);
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, void (*)(UConverter*)> converter(ucnv_open(from, &status), ucnv_close);
  if (U_SUCCESS(status))
    ucnv_setToUCallBack(converter.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &status);
  std::string utf8;
  if (U_SUCCESS(status))
    icu::UnicodeString(text.data(), static_cast<int32_t>(text.size()), converter.get(), status)
        .toUTF8String(utf8);
  if (U_FAILURE(status)) return damaged(name, {"文字コードが分かりません", "its encoding cannot be told"});
  return utf8;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "2026/11/25 10:00" and "2026-11-25 10:00:05" as RFC 3339; anything else as it is, to be judged later.
std::string moment_text(std::string text, const std::string& utc_offset) {
  std::replace(text.begin(), text.end(), '/', '-');
  const bool plain = text.size() >= 16 && text.size() <= 19 &&
                     std::all_of(text.begin(), text.begin() + 4, is_digit) && text[4] == '-' &&
                     text[7] == '-' && (text[10] == ' ' || text[10] == 'T') && text[13] == ':';
  if (!plain) return text;
  text[10] = 'T';
  if (text.size() == 16) text += ":00";
  return text + utc_offset;
}

std::string field_value(std::string_view field, std::string value, const std::string& utc_offset) {
  if (field == "started_at") return moment_text(std::move(value), utc_offset);
  for (const auto& [told, meant] : kValues)
    if (value == told) return std::string(meant);
  return value;
}

std::optional<std::string_view> column_named(std::string_view title) {
  for (const auto& [told, meant] : kColumns)
    if (title == told) return meant;
  return std::nullopt;
}

/// libcsv's callbacks write here; what is too much is told at the end of its line.
struct Table {
  std::vector<std::vector<std::string>> lines{1};
  bool too_large = false;

  void add_cell(void* bytes, std::size_t size) {
    auto& line = lines.back();
    too_large = too_large || size > kCellBytes || line.size() >= kMostColumns || lines.size() > kMostLines;
    if (!too_large) line.emplace_back(bytes == nullptr ? "" : static_cast<const char*>(bytes), size);
  }
  void end_line() {
    if (!too_large && !lines.back().empty()) lines.emplace_back();
  }
};

Result<std::vector<std::vector<std::string>>> lines_of(const std::string& text, const std::string& name) {
  csv_parser parser{};
  if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0)
    return damaged(name, {"メモリがありません", "there is no memory"});
  const std::unique_ptr<csv_parser, void (*)(csv_parser*)> freed(&parser, csv_free);
  Table table;
  const auto cell = [](void* bytes, std::size_t size, void* user) {
    static_cast<Table*>(user)->add_cell(bytes, size);
  };
  const auto line = [](int /*ends*/, void* user) { static_cast<Table*>(user)->end_line(); };
  const bool good = csv_parse(&parser, text.data(), text.size(), cell, line, &table) == text.size() &&
                    csv_fini(&parser, cell, line, &table) == 0;
  if (!good)
    return damaged(name, {fmt::format("CSV として読めません ({} 行目)", table.lines.size()),
                          fmt::format("it is not CSV (line {})", table.lines.size())});
  if (table.too_large) return damaged(name, {"大きすぎます", "it is too large"});
  if (table.lines.back().empty()) table.lines.pop_back();
  return std::move(table.lines);
}

/// A name and nothing else: no way into another folder.
bool is_file_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find_first_of("/\\") == std::string::npos &&
         printable(name) == name;
}

/// Errors: damaged, saying which field is wrong and why.
Result<void> check(const archive::DetailFields& fields, const std::string& name, const std::string& place) {
  const auto details = archive::parse_details(fields);
  if (details) return {};
  const auto& error = details.error();
  return damaged(name, {fmt::format("{}{}: {}", place, error.subject, error.what.ja),
                        fmt::format("{}{}: {}", place, error.subject, error.what.en)});
}

/// What each column means; the file's is `kFile`.
Result<std::vector<std::string>> columns_of(const std::vector<std::string>& titles, const std::string& name) {
  std::vector<std::string> columns;
  for (const auto& title : titles) {
    const auto column = column_named(title);
    if (!column)
      return damaged(name, {fmt::format("知らない列です: {}", printable(title)),
                            fmt::format("an unknown column: {}", printable(title))});
    if (std::find(columns.begin(), columns.end(), *column) != columns.end())
      return damaged(name, {fmt::format("二つあります: {}", printable(title)),
                            fmt::format("it is there twice: {}", printable(title))});
    columns.emplace_back(*column);
  }
  if (std::find(columns.begin(), columns.end(), kFile) == columns.end())
    return damaged(name, {"file (ファイル) の列がありません", "there is no column `file`"});
  return columns;
}

}  // namespace

bool is_utc_offset(std::string_view text) {
  return text.size() == 6 && (text[0] == '+' || text[0] == '-') && text[3] == ':' && is_digit(text[1]) &&
         is_digit(text[2]) && is_digit(text[4]) && is_digit(text[5]) && text[1] <= '1' && text[4] <= '5';
}

Result<archive::DetailFields> read_json_sidecar(std::string_view text, const std::string& name,
                                                const std::string& utc_offset) {
  const auto utf8 = decoded(text, name);
  if (!utf8) return tl::unexpected<Error>(utf8.error());
  const auto json = parse_json(*utf8, name, {kSidecarBytes, 4});
  if (!json) return tl::unexpected<Error>(json.error());
  if (!json->is_object()) return damaged(name, {"オブジェクトではありません", "it is not an object"});
  archive::DetailFields fields;
  for (const auto& [key, value] : json->items()) {
    const auto column = column_named(key);
    if (!column || *column == kFile)
      return damaged(name, {fmt::format("知らない項目です: {}", printable(beginning(key, 100))),
                            fmt::format("an unknown field: {}", printable(beginning(key, 100)))});
    if (value.is_null()) continue;
    if (!value.is_string() && !value.is_number_integer())
      return damaged(name,
                     {fmt::format("{}: 文字列ではありません", key), fmt::format("{}: it is no text", key)});
    fields[std::string(*column)] =
        field_value(*column, value.is_string() ? value.get<std::string>() : value.dump(), utc_offset);
  }
  if (auto good = check(fields, name, ""); !good) return tl::unexpected<Error>(good.error());
  return fields;
}

Result<SidecarTable> read_csv_sidecar(std::string_view text, const std::string& name,
                                      const std::string& utc_offset) {
  const auto utf8 = decoded(text, name);
  if (!utf8) return tl::unexpected<Error>(utf8.error());
  const auto lines = lines_of(*utf8, name);
  if (!lines) return tl::unexpected<Error>(lines.error());
  if (lines->empty()) return damaged(name, {"空です", "it is empty"});
  const auto columns = columns_of(lines->front(), name);
  if (!columns) return tl::unexpected<Error>(columns.error());
  SidecarTable table;
  for (std::size_t i = 1; i < lines->size(); ++i) {
    const auto& cells = (*lines)[i];
    const auto place = fmt::format("{}: ", i + 1);
    if (cells.size() != columns->size())
      return damaged(name, {place + "列の数が違います", place + "another number of columns"});
    archive::DetailFields fields;
    std::string file;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if ((*columns)[c] == kFile)
        file = cells[c];
      else if (!cells[c].empty())
        fields[(*columns)[c]] = field_value((*columns)[c], cells[c], utc_offset);
    }
    if (!is_file_name(file))
      return damaged(name, {place + "ファイル名ではありません", place + "it is not the name of a file"});
    if (auto good = check(fields, name, place); !good) return tl::unexpected<Error>(good.error());
    if (!table.emplace(file, std::move(fields)).second)
      return damaged(name, {place + "同じファイルが二度あります", place + "the file is there twice"});
  }
  return table;
}

}  // namespace guardian::intake
