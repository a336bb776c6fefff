#include "server/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/file.h"
#include "base/id.h"
#include "base/text.h"
#include "store/database.h"

namespace guardian::server {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

void check_field(std::string_view name, std::string_view value) {
  const auto is_control = [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; };
  if (!name.empty() && std::none_of(name.begin(), name.end(), is_control) &&
      name.find_first_of(" :\t") == std::string_view::npos &&
      std::none_of(value.begin(), value.end(), is_control))
    return;
  throw store::Fault{{Error::Kind::damaged,
                      "header",
                      {"ヘッダーに制御文字があります", "a header would hold control characters"},
                      {"不具合として知らせてください", "Please report this as a fault of the program"}}};
}

struct Title {
  int status;
  const char* ja;
  const char* en;
};
constexpr std::array kTitles = {
    Title{400, "リクエストが正しくありません", "Bad request"},
    Title{401, "サインインが必要です", "Sign-in needed"},
    Title{403, "許可されていません", "Not allowed"},
    Title{404, "見つかりません", "Not found"},
    Title{405, "このメソッドは使えません", "Method not allowed"},
    Title{409, "今の状態と合いません", "Conflict"},
    Title{412, "その間に変更されています", "Changed meanwhile"},
    Title{413, "大きすぎます", "Too large"},
    Title{415, "この形式は扱えません", "Unsupported media type"},
    Title{416, "その範囲はありません", "No such range"},
    Title{421, "このサーバーへのリクエストではありません", "Misdirected request"},
    Title{422, "内容を処理できません", "Cannot be processed"},
    Title{428, "If-Match が必要です", "If-Match needed"},
    Title{429, "リクエストが多すぎます", "Too many requests"},
    Title{500, "サーバーの内部で失敗しました", "Failed inside the server"},
    Title{503, "今は応えられません", "Not available now"},
};

Text title_of(int status) {
  const auto* found = std::find_if(kTitles.begin(), kTitles.end(),
                                   [&](const Title& title) { return title.status == status; });
  if (found == kTitles.end()) return {"エラー", "Error"};
  return {found->ja, found->en};
}

nlohmann::json problem_members(int status, const Text& title, const std::string& detail,
                               const Request& request) {
  nlohmann::json members = {{"type", "about:blank"},
                            {"title", title.in(request.language)},
                            {"status", status},
                            {"detail", detail},
                            {"instance", request.id}};
  return members;
}

Response problem_response(int status, const nlohmann::json& members, const Request& request) {
  auto response = text_response(members.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                                "application/problem+json", status);
  response.headers.set("Content-Language", request.language == Language::japanese ? "ja" : "en");
  return response;
}

bool is_plain_text(const std::string& text) {
  return is_utf8(text) && std::none_of(text.begin(), text.end(), [](unsigned char c) {
           return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7F;
         });
}

}  // namespace

std::optional<std::string> Headers::get(std::string_view name) const {
  for (const auto& [key, value] : fields_)
    if (same_name(key, name)) return value;
  return std::nullopt;
}

void Headers::set(std::string_view name, std::string value) {
  std::erase_if(fields_, [&](const auto& field) { return same_name(field.first, name); });
  add(name, std::move(value));
}

void Headers::add(std::string_view name, std::string value) {
  check_field(name, value);
  fields_.emplace_back(name, std::move(value));
}

void throw_bad_request(std::string subject, Text what) {
  throw BadRequest{{Error::Kind::usage,
                    std::move(subject),
                    std::move(what),
                    {"API の説明 (/api/docs) を確かめてください", "See the description at /api/docs"}}};
}

const std::string& Request::id_of(std::string_view name) const {
  const auto& value = path_value(name);
  if (!is_id(value))
    throw BadRequest{{Error::Kind::not_found,
                      {},
                      {"そのようなものはありません", "there is no such thing"},
                      {"アドレスを確かめてください", "Check the address"}}};
  return value;
}

std::optional<std::string> Request::query(std::string_view name) const {
  const auto found = query_values.find(name);
  if (found == query_values.end()) return std::nullopt;
  return found->second;
}

std::optional<std::int64_t> Request::number(std::string_view name, std::int64_t low,
                                            std::int64_t high) const {
  const auto text = query(name);
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value < low || value > high)
    throw_bad_request(std::string(name), {fmt::format("{} から {} までの整数です", low, high),
                                          fmt::format("must be a whole number from {} to {}", low, high)});
  return value;
}

std::optional<Day> Request::day(std::string_view name) const {
  const auto text = query(name);
  if (!text) return std::nullopt;
  return day_named(*text, name);
}

Day day_named(const std::string& text, std::string_view field) {
  const auto day = parse_day(text);
  if (!day)
    throw_bad_request(std::string(field), {"2026-11-25 のように書いてください", "write it like 2026-11-25"});
  return *day;
}

std::optional<std::string> Request::word(std::string_view name,
                                         std::initializer_list<std::string_view> words) const {
  auto text = query(name);
  if (text && std::find(words.begin(), words.end(), *text) == words.end())
    throw_bad_request(std::string(name), {fmt::format("{} のどれかです", fmt::join(words, ", ")),
                                          fmt::format("must be one of {}", fmt::join(words, ", "))});
  return text;
}

JsonFields::JsonFields(const nlohmann::json& object, std::initializer_list<std::string_view> known_keys)
    : object_(object) {
  if (!object.is_object())
    throw_bad_request("body", {"JSON のオブジェクトが必要です", "must be a JSON object"});
  for (const auto& [key, value] : object.items())
    if (std::find(known_keys.begin(), known_keys.end(), key) == known_keys.end())
      throw_bad_request(std::string(beginning(key, 100)), {"知らない項目です", "is an unknown field"});
}

bool JsonFields::has(std::string_view key) const {
  const auto found = object_.find(key);
  return found != object_.end() && !found->is_null();
}

const nlohmann::json& JsonFields::value(std::string_view key) const {
  if (!has(key)) throw_bad_request(std::string(key), {"必要な項目です", "is missing"});
  return *object_.find(key);
}

std::string JsonFields::text(std::string_view key, std::size_t limit) const {
  const auto& entry = value(key);
  if (!entry.is_string()) throw_bad_request(std::string(key), {"文字列が必要です", "must be a text"});
  auto text = entry.get<std::string>();
  if (text.empty() || text.size() > limit || !is_plain_text(text))
    throw_bad_request(std::string(key),
                      {fmt::format("制御文字を含まない 1〜{} バイトの文字列です", limit),
                       fmt::format("must be 1 to {} bytes without control characters", limit)});
  return text;
}

std::optional<std::string> JsonFields::text_if(std::string_view key, std::size_t limit) const {
  if (!has(key)) return std::nullopt;
  return text(key, limit);
}

std::int64_t JsonFields::integer(std::string_view key, std::int64_t low, std::int64_t high) const {
  auto entry = value(key);
  // 3.0 is an integer for JSON Schema, and what some clients write. Beyond 2^53 a double is not exact.
  if (entry.is_number_float() && std::abs(entry.get<double>()) < 9007199254740992.0 &&
      std::trunc(entry.get<double>()) == entry.get<double>())
    entry = static_cast<std::int64_t>(entry.get<double>());
  // Larger than a signed 64-bit number is unsigned for the parser, and would come out negative.
  const bool too_large = entry.is_number_unsigned() && entry.get<std::uint64_t>() > INT64_MAX;
  if (!entry.is_number_integer() || too_large || entry.get<std::int64_t>() < low ||
      entry.get<std::int64_t>() > high)
    throw_bad_request(std::string(key), {fmt::format("{} から {} までの整数です", low, high),
                                         fmt::format("must be a whole number from {} to {}", low, high)});
  return entry.get<std::int64_t>();
}

std::optional<std::int64_t> JsonFields::integer_if(std::string_view key, std::int64_t low,
                                                   std::int64_t high) const {
  if (!has(key)) return std::nullopt;
  return integer(key, low, high);
}

bool JsonFields::truth(std::string_view key) const {
  const auto& entry = value(key);
  if (!entry.is_boolean())
    throw_bad_request(std::string(key), {"true か false です", "must be true or false"});
  return entry.get<bool>();
}

std::optional<bool> JsonFields::truth_if(std::string_view key) const {
  if (!has(key)) return std::nullopt;
  return truth(key);
}

std::string JsonFields::id(std::string_view key) const {
  auto id = text(key);
  if (!is_id(id)) throw_bad_request(std::string(key), {"ID ではありません", "is not an id"});
  return id;
}

std::optional<std::string> JsonFields::id_if(std::string_view key) const {
  if (!has(key)) return std::nullopt;
  return id(key);
}

std::vector<std::string> JsonFields::texts(std::string_view key, std::size_t count, std::size_t limit) const {
  std::vector<std::string> texts;
  if (!has(key)) return texts;
  const auto& entries = value(key);
  const auto is_good = [&](const nlohmann::json& entry) {
    if (!entry.is_string()) return false;
    const auto& text = entry.get_ref<const std::string&>();
    return !text.empty() && text.size() <= limit && is_plain_text(text);
  };
  if (!entries.is_array() || entries.size() > count || !std::all_of(entries.begin(), entries.end(), is_good))
    throw_bad_request(std::string(key),
                      {fmt::format("{} 個までの文字列 (各 1〜{} バイト) の一覧です", count, limit),
                       fmt::format("must be a list of at most {} texts of 1 to {} bytes", count, limit)});
  for (const auto& entry : entries) texts.push_back(entry.get<std::string>());
  return texts;
}

Response text_response(std::string text, std::string content_type, int status) {
  Response response;
  response.status = status;
  response.content_type = std::move(content_type);
  response.body = std::move(text);
  return response;
}

Response json_response(const nlohmann::json& value, int status) {
  return text_response(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                       "application/json", status);
}

Response created(const nlohmann::json& value, const std::string& location) {
  auto response = json_response(value, 201);
  response.headers.set("Location", location);
  return response;
}

Response no_content() {
  Response response;
  response.status = 204;
  return response;
}

Response redirect(const std::string& location) {
  Response response;
  response.status = 303;
  response.headers.set("Location", location);
  return response;
}

void name_download(Response& response, const std::string& file_name) {
  const auto name = printable(file_name);
  std::string plain;
  std::string encoded;
  for (const char byte : name) {
    const auto c = static_cast<unsigned char>(byte);
    const bool safe = std::isalnum(c) != 0 || byte == '.' || byte == '-' || byte == '_';
    plain += safe ? byte : '_';
    encoded += safe ? std::string(1, byte) : fmt::format("%{:02X}", c);
  }
  response.headers.set("Content-Disposition",
                       fmt::format("attachment; filename=\"{}\"; filename*=UTF-8''{}", plain, encoded));
}

std::string etag_of(std::string_view state) { return '"' + sha256(state).substr(0, 32) + '"'; }

std::optional<Response> unless_unchanged(const Request& request, const std::string& etag) {
  const auto known = request.headers.get("If-Match");
  if (!known)
    return problem(428, title_of(428),
                   {"読んだときの ETag を If-Match で送ってください", "Send the ETag you read as If-Match"},
                   request);
  if (*known == etag || *known == "*") return std::nullopt;
  return problem(412, title_of(412), {"もう一度読んでからやり直してください", "Read it again, then retry"},
                 request);
}

Response problem(int status, const Text& title, const Text& detail, const Request& request) {
  return problem_response(status, problem_members(status, title, detail.in(request.language), request),
                          request);
}

int status_of(Error::Kind kind) {
  switch (kind) {
    case Error::Kind::usage:
      return 400;
    case Error::Kind::unknown_caller:
      return 401;
    case Error::Kind::forbidden:
      return 403;
    case Error::Kind::not_found:
      return 404;
    case Error::Kind::conflict:
      return 409;
    case Error::Kind::too_large:
      return 413;
    case Error::Kind::no_speech_source:
    case Error::Kind::policy:
      return 422;
    case Error::Kind::too_often:
      return 429;
    case Error::Kind::busy:
    case Error::Kind::cancelled:
      return 503;
    case Error::Kind::unreadable:
    case Error::Kind::damaged:
    case Error::Kind::model:
    case Error::Kind::storage:
    case Error::Kind::network:
      return 500;
  }
  return 500;
}

Response problem(const Error& error, const Request& request) {
  const int status = status_of(error.kind);
  if (status == 500)
    return problem(500, title_of(500),
                   {fmt::format("管理者に番号 {} を伝えてください", request.id),
                    fmt::format("Tell your administrator the number {}", request.id)},
                   request);
  const auto& what = error.what.in(request.language);
  const auto& remedy = error.remedy.in(request.language);
  auto members =
      problem_members(status, title_of(status),
                      what + (request.language == Language::english ? ". " : "。") + remedy, request);
  if (!error.subject.empty()) members["subject"] = printable(error.subject);
  auto response = problem_response(status, members, request);
  if (status == 429 || status == 503) response.headers.set("Retry-After", "30");
  return response;
}

Paging paging_of(const Request& request) {
  Paging paging;
  paging.limit = static_cast<int>(request.number("limit", 1, Paging::kMost).value_or(Paging::kDefault));
  paging.after = request.query("after").value_or("");
  if (!paging.after.empty() && !is_id(paging.after))
    throw_bad_request("after", {"ID ではありません", "is not an id"});
  return paging;
}

Response page(std::vector<nlohmann::json> items, const Paging& paging, std::string_view key) {
  const auto limit = static_cast<std::size_t>(paging.limit);
  nlohmann::json next = nullptr;
  if (items.size() > limit) {
    items.resize(limit);
    next = items.back().at(std::string(key));
  }
  return json_response({{"items", std::move(items)}, {"next", std::move(next)}});
}

}  // namespace guardian::server
