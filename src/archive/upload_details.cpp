#include "archive/upload_details.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"

namespace guardian::archive {
namespace {

constexpr std::size_t kNameBytes = 1024;
constexpr std::size_t kFieldBytes = 200;
constexpr std::chrono::hours kClocksDiffer{24};  // of recorders, and zones told wrongly
constexpr std::array<std::string_view, 8> kFields = {"filename",    "filetype",        "employee",
                                                     "counterpart", "direction",       "product",
                                                     "started_at",  "customer_channel"};

tl::unexpected<Error> bad_field(std::string_view name, const Text& what, const Text& remedy) {
  return fail(Error::Kind::usage, std::string(name), what, remedy);
}

Result<void> check_field(const std::string& name, const std::string& value) {
  if (std::find(kFields.begin(), kFields.end(), name) == kFields.end())
    return bad_field(
        printable(beginning(printable(name), kFieldBytes)), {"知らない項目です", "an unknown field"},
        {"filename, filetype, employee, counterpart, direction, product, started_at, customer_channel の"
         "どれかにしてください",
         "Known are filename, filetype, employee, counterpart, direction, product, started_at and "
         "customer_channel"});
  const auto limit = name == "filename" ? kNameBytes : kFieldBytes;
  if (value.size() > limit)
    return bad_field(
        name, {fmt::format("長すぎます (上限 {} バイト)", limit), fmt::format("longer than {} bytes", limit)},
        {"短くしてください", "Make it shorter"});
  if (!is_utf8(value))
    return bad_field(name, {"UTF-8 ではありません", "not UTF-8"},
                     {"UTF-8 で送ってください", "Send it in UTF-8"});
  return {};
}

/// Empty as good as none; a code or id has no control characters.
Result<std::optional<std::string>> code_in(const DetailFields& fields, std::string_view name) {
  const auto found = fields.find(name);
  if (found == fields.end() || found->second.empty()) return std::optional<std::string>();
  if (printable(found->second) != found->second)
    return bad_field(name, {"制御文字が入っています", "it holds control characters"},
                     {"文字だけにしてください", "Use visible characters only"});
  return std::optional<std::string>(found->second);
}

Result<std::string> type_in(const DetailFields& fields) {
  const auto found = fields.find("filetype");
  if (found == fields.end()) return std::string();
  std::string type = found->second.substr(0, found->second.find(';'));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  // Some systems call MP4, Ogg or ASF an application, or do not know what they send.
  constexpr std::array<std::string_view, 6> kAlso = {"",
                                                     "application/octet-stream",
                                                     "application/ogg",
                                                     "application/mp4",
                                                     "application/vnd.ms-asf",
                                                     "application/x-matroska"};
  if (type.starts_with("audio/") || type.starts_with("video/") ||
      std::find(kAlso.begin(), kAlso.end(), type) != kAlso.end())
    return type;
  return bad_field("filetype", {"音声でも動画でもありません", "neither sound nor video"},
                   {"録音・動画ファイルを送ってください", "Send a recording"});
}

Result<void> parse_choices(const DetailFields& fields, UploadDetails& details) {
  const auto direction = code_in(fields, "direction");
  if (!direction) return tl::unexpected<Error>(direction.error());
  if (*direction && **direction != "inbound" && **direction != "outbound")
    return bad_field("direction", {"inbound か outbound ではありません", "neither inbound nor outbound"},
                     {"inbound か outbound にしてください", "Say inbound or outbound"});
  details.direction = *direction;
  const auto channel = code_in(fields, "customer_channel");
  if (!channel) return tl::unexpected<Error>(channel.error());
  if (*channel && **channel != "left" && **channel != "right")
    return bad_field("customer_channel", {"left か right ではありません", "neither left nor right"},
                     {"left か right にしてください", "Say left or right"});
  if (*channel) details.customer_channel = **channel == "left" ? 0 : 1;
  const auto started = code_in(fields, "started_at");
  if (!started) return tl::unexpected<Error>(started.error());
  if (*started) details.started = parse_rfc3339(**started);
  if (*started && !details.started)
    return bad_field(
        "started_at", {"RFC 3339 の日時ではありません", "not a time of RFC 3339"},
        {"2026-11-24T12:04:05+09:00 のように書いてください", "Write it like 2026-11-24T12:04:05+09:00"});
  if (*started &&
      details.started->instant >
          std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + kClocksDiffer)
    return bad_field("started_at", {"未来の日時です", "it lies in the future"},
                     {"録音の時計を確かめてください", "Check the recorder's clock"});
  return {};
}

}  // namespace

Result<UploadDetails> parse_details(const DetailFields& fields) {
  for (const auto& [name, value] : fields)
    if (auto good = check_field(name, value); !good) return tl::unexpected<Error>(good.error());
  UploadDetails details;
  if (const auto name = fields.find("filename"); name != fields.end()) details.name = name->second;
  auto type = type_in(fields);
  if (!type) return tl::unexpected<Error>(type.error());
  details.type = std::move(*type);
  auto employee = code_in(fields, "employee");
  if (!employee) return tl::unexpected<Error>(employee.error());
  details.employee = std::move(*employee);
  auto counterpart = code_in(fields, "counterpart");
  if (!counterpart) return tl::unexpected<Error>(counterpart.error());
  details.counterpart = std::move(*counterpart);
  auto product = code_in(fields, "product");
  if (!product) return tl::unexpected<Error>(product.error());
  details.product = std::move(*product);
  if (auto parsed = parse_choices(fields, details); !parsed) return tl::unexpected<Error>(parsed.error());
  return details;
}

DetailFields fields_of(const UploadDetails& details) {
  DetailFields fields;
  fields["filename"] = details.name;
  fields["filetype"] = details.type;
  fields["employee"] = details.employee.value_or("");
  fields["counterpart"] = details.counterpart.value_or("");
  fields["direction"] = details.direction.value_or("");
  fields["product"] = details.product.value_or("");
  fields["started_at"] = details.started ? format_rfc3339(*details.started) : "";
  if (details.customer_channel)
    fields["customer_channel"] = *details.customer_channel == 0 ? "left" : "right";
  return fields;
}

}  // namespace guardian::archive
