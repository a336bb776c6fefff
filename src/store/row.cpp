#include <fmt/format.h>

#include <algorithm>

#include "store/database.h"

namespace guardian::store {
namespace {

[[noreturn]] void wrong_column(std::string_view column, const char* wanted) {
  throw Fault{
      Error{Error::Kind::storage,
            std::string(column),
            {fmt::format("列が {} ではありません", wanted), fmt::format("the column is not {}", wanted)},
            {"プログラムの誤りです。報告してください", "This is a bug; please report it"}}};
}

}  // namespace

const Value& Row::at(std::string_view column) const {
  const auto found = std::find(columns_->begin(), columns_->end(), column);
  if (found == columns_->end()) wrong_column(column, "in the answer");
  return values_[static_cast<std::size_t>(found - columns_->begin())];
}

bool Row::is_null(std::string_view column) const {
  return std::holds_alternative<std::nullptr_t>(at(column));
}

std::int64_t Row::integer(std::string_view column) const {
  if (const auto* value = std::get_if<std::int64_t>(&at(column))) return *value;
  wrong_column(column, "an integer");
}

double Row::real(std::string_view column) const {
  if (const auto* value = std::get_if<double>(&at(column))) return *value;
  return static_cast<double>(integer(column));
}

std::string Row::text(std::string_view column) const {
  if (const auto* value = std::get_if<std::string>(&at(column))) return *value;
  wrong_column(column, "text");
}

std::string Row::bytes(std::string_view column) const {
  if (const auto* value = std::get_if<Blob>(&at(column))) return value->bytes;
  wrong_column(column, "bytes");
}

std::optional<std::int64_t> Row::integer_if(std::string_view column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::optional<double> Row::real_if(std::string_view column) const {
  if (is_null(column)) return std::nullopt;
  return real(column);
}

std::optional<std::string> Row::text_if(std::string_view column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

std::optional<Row> Transaction::first(std::string_view sql, const Values& values) {
  auto rows = query(sql, values);
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

}  // namespace guardian::store
