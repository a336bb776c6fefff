#include "server/range.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace guardian::server {
namespace {

struct Range {
  std::uint64_t begin = 0;
  std::uint64_t length = 0;  ///< 0: outside of what there is
};

/// Digits only; too many for 64 bits mean very far.
std::optional<std::uint64_t> parse_position(std::string_view digits) {
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return parsed.ec == std::errc() ? value : UINT64_MAX;
}

/// Empty: not a range that we know, so that the whole is sent.
std::optional<Range> parse_range(std::string_view text, std::uint64_t size) {
  if (!text.starts_with("bytes=")) return std::nullopt;
  text.remove_prefix(6);
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_position(text.substr(0, dash));
  const auto last = parse_position(text.substr(dash + 1));
  if (dash == 0) {
    if (!last) return std::nullopt;
    const auto length = std::min(*last, size);
    return Range{size - length, length};
  }
  const bool open_end = dash + 1 == text.size();
  if (!first || (!last && !open_end) || (last && *last < *first)) return std::nullopt;
  if (*first >= size) return Range{};
  return Range{*first, std::min(last.value_or(UINT64_MAX), size - 1) - *first + 1};
}

}  // namespace

void settle_range(const Request& request, Response& response) {
  auto* whole = std::get_if<ByteSource>(&response.body);
  if (whole == nullptr || response.status != 200) return;
  response.headers.set("Accept-Ranges", "bytes");
  const auto wanted = request.headers.get("Range");
  const auto only_if = request.headers.get("If-Range");
  if (!wanted || request.method != "GET" || (only_if && *only_if != response.etag)) return;
  const auto size = whole->size;
  const auto range = parse_range(*wanted, size);
  if (!range) return;
  if (range->length == 0) {
    const auto headers = response.headers;
    response = problem(416, {"その範囲はありません", "No such range"},
                       {fmt::format("全体は {} バイトです", size), fmt::format("There are {} bytes", size)},
                       request);
    for (const auto& [name, value] : headers.all()) response.headers.set(name, value);
    response.headers.set("Content-Range", fmt::format("bytes */{}", size));
    return;
  }
  response.status = 206;
  response.headers.set("Content-Range",
                       fmt::format("bytes {}-{}/{}", range->begin, range->begin + range->length - 1, size));
  response.body = ByteSource{
      range->length, [read = whole->read, begin = range->begin](std::uint64_t offset, std::span<char> into) {
        return read(begin + offset, into);
      }};
}

}  // namespace guardian::server
