#include "server/idempotency.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/id.h"
#include "base/json_guard.h"

namespace guardian::server {
namespace {

constexpr std::int64_t kKept_ms = 24LL * 3600 * 1000;
constexpr std::int64_t kRunning_ms = 60LL * 1000;  // after that the first one is thought to have died
constexpr std::size_t kKeyBytes = 128;
constexpr const char* kContext = "idempotency.answer";

bool is_key(const std::string& key) {
  return !key.empty() && key.size() <= kKeyBytes && std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '~' || c == '-';
  });
}

std::string frozen(const Response& response) {
  nlohmann::json answer = {{"type", response.content_type},
                           {"etag", response.etag},
                           {"body", std::get<std::string>(response.body)},
                           {"headers", nlohmann::json::array()}};
  for (const auto& [name, value] : response.headers.all()) answer["headers"].push_back({name, value});
  return answer.dump();
}

Response thawed(const nlohmann::json& answer, int status) {
  auto response = text_response(answer.at("body"), answer.at("type"), status);
  response.etag = answer.at("etag");
  for (const auto& header : answer.at("headers"))
    response.headers.add(header[0].get<std::string>(), header[1]);
  response.headers.set("Idempotency-Replayed", "true");
  return response;
}

/// Binary answers, streams and cookies (which are secrets of one moment) are not for keeping.
bool can_be_kept(const Response& response) {
  const auto* text = std::get_if<std::string>(&response.body);
  return response.status < 500 && text != nullptr && !response.headers.get("Set-Cookie");
}

}  // namespace

Result<Response> Idempotency::once(const Request& request, const std::string& key, const std::string& content,
                                   const Handler& handler) {
  if (!is_key(key))
    return fail(
        Error::Kind::usage, "Idempotency-Key",
        {"英数字と . _ ~ - の 1〜128 文字です", "must be 1 to 128 letters, digits, '.', '_', '~' or '-'"},
        {"鍵を直してください", "Mend the key"});
  const auto hash = keyring_.hash(request.caller().tenant, "idempotency", content);
  auto earlier = begin(request, key, hash);
  if (!earlier) return tl::unexpected<Error>(earlier.error());
  if (*earlier) return std::move(**earlier);
  try {
    auto response = handler(request);
    const auto noted =
        response && can_be_kept(*response) ? note(request, key, *response) : forget(request, key);
    if (!noted) return tl::unexpected<Error>(noted.error());
    return response;
  } catch (...) {
    (void)forget(request, key);  // what it threw is what the caller must hear of
    throw;
  }
}

Result<std::optional<Response>> Idempotency::begin(const Request& request, const std::string& key,
                                                   const std::string& hash) {
  const auto& caller = request.caller();
  return database_.write([&](store::Transaction& transaction) -> Result<std::optional<Response>> {
    const auto now = now_ms();
    // Old answers of all tenants go; none is read.
    transaction.execute("DELETE FROM idempotency WHERE created_ms < ?", {now - kKept_ms});
    transaction.execute("DELETE FROM idempotency WHERE tenant_id = ? AND status IS NULL AND created_ms < ?",
                        {caller.tenant, now - kRunning_ms});
    const auto row = transaction.first(
        "SELECT request, status, answer_sealed FROM idempotency WHERE tenant_id = ? AND caller = ? AND key = "
        "?",
        {caller.tenant, caller.id, key});
    if (!row) {
      transaction.execute(
          "INSERT INTO idempotency (tenant_id, caller, key, request, created_ms) VALUES (?, ?, ?, ?, ?)",
          {caller.tenant, caller.id, key, hash, now});
      return std::optional<Response>();
    }
    if (row->text("request") != hash)
      return std::optional<Response>(problem(422,
                                             {"この Idempotency-Key は別の内容に使われています",
                                              "This Idempotency-Key was used for another request"},
                                             {"新しい鍵を使ってください", "Use a new key"}, request));
    if (row->is_null("status"))
      return fail(Error::Kind::conflict, "Idempotency-Key",
                  {"同じリクエストを処理中です", "the same request is being worked on"},
                  {"少し待って同じ鍵でやり直してください", "Wait a little, then retry with the same key"});
    const auto plain = keyring_.unseal(caller.tenant, row->bytes("answer_sealed"), kContext);
    if (!plain) return tl::unexpected<Error>(plain.error());
    const auto answer = parse_json(*plain, "idempotency");
    if (!answer) return tl::unexpected<Error>(answer.error());
    return std::optional<Response>(thawed(*answer, static_cast<int>(row->integer("status"))));
  });
}

Result<void> Idempotency::note(const Request& request, const std::string& key, const Response& response) {
  const auto& caller = request.caller();
  return database_.write([&](store::Transaction& transaction) -> Result<void> {
    transaction.execute(
        "UPDATE idempotency SET status = ?, answer_sealed = ? WHERE tenant_id = ? AND caller = ? AND key = ?",
        {std::int64_t{response.status}, keyring_.seal(caller.tenant, frozen(response), kContext),
         caller.tenant, caller.id, key});
    return {};
  });
}

Result<void> Idempotency::forget(const Request& request, const std::string& key) {
  const auto& caller = request.caller();
  return database_.write([&](store::Transaction& transaction) -> Result<void> {
    transaction.execute("DELETE FROM idempotency WHERE tenant_id = ? AND caller = ? AND key = ?",
                        {caller.tenant, caller.id, key});
    return {};
  });
}

}  // namespace guardian::server
