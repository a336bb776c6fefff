#include "casework/webhook_channel.h"

#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/curl_handle.h"
#include "base/hex.h"
#include "base/id.h"

namespace guardian::casework {
namespace {

constexpr std::size_t kUrlBytes = 2000;
constexpr std::size_t kAnswerBytes = 16U << 10U;

/// What the callbacks of one request see.
struct Request {
  const NetworkGuard& guard;
  bool encrypted = true;
  std::stop_token stop;
  bool refused = false;  ///< the address is closed
  std::size_t answered = 0;
};

/// Asked for every address that curl is about to connect to, after the name was looked up.
curl_socket_t open_checked(void* user, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& request = *static_cast<Request*>(user);
  const bool good =
      request.encrypted ? request.guard.allows(address->addr) : request.guard.lists(address->addr);
  if (!good) {
    request.refused = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// The answer's words matter to nobody; an endless one is cut off.
std::size_t count_bytes(char* /*bytes*/, std::size_t size, std::size_t count, void* user) {
  auto& request = *static_cast<Request*>(user);
  request.answered += size * count;
  return request.answered > kAnswerBytes ? 0 : size * count;
}

int watch_stop(void* user, curl_off_t /*unused*/, curl_off_t /*unused*/, curl_off_t /*unused*/,
               curl_off_t /*unused*/) {
  return static_cast<const Request*>(user)->stop.stop_requested() ? 1 : 0;
}

tl::unexpected<Error> refused_for_good(const Text& what) {
  return fail(Error::Kind::forbidden, "webhook", what,
              {"URL を直すか、設定の notices.allowed_networks に加えてください",
               "Correct the URL, or add the network to notices.allowed_networks in the configuration"});
}

tl::unexpected<Error> not_taken(const Text& what) {
  return fail(Error::Kind::network, "webhook", what,
              {"相手のサーバーを確かめてください。通知は後でもう一度送られます",
               "Check the receiving server; the notice will be sent again later"});
}

void prepare(CURL* handle, const Delivery& delivery, const std::string& body, const CurlHeaders& headers,
             Request& request, const WebhookOptions& options) {
  begin_request(handle, delivery.to);
  curl_easy_setopt(handle, CURLOPT_PROXY, "");  // a proxy would look names up again, behind the guard
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, options.connect_ms);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, options.total_ms);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, open_checked);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, &request);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, count_bytes);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &request);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, count_bytes);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &request);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, watch_stop);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &request);
}

Result<void> judge(CURLcode code, long status, const Request& request) {
  if (code == CURLE_ABORTED_BY_CALLBACK)
    return fail(Error::Kind::cancelled, "webhook", {"止められました", "it was stopped"}, {"", ""});
  // Where the end of a long answer was not awaited, its status still counts.
  const bool heard = code == CURLE_OK || (code == CURLE_WRITE_ERROR && request.answered > kAnswerBytes);
  if (heard && status / 100 == 2) return {};
  if (heard && status / 100 == 3)
    return not_taken(
        {"転送先を返されました (転送はしません)", "it answered with a redirect; none is followed"});
  if (heard)
    return not_taken({fmt::format("受け取られませんでした (HTTP {})", status),
                      fmt::format("it was not accepted (HTTP {})", status)});
  if (request.refused)
    return refused_for_good(
        {"社内または予約されたアドレスには送りません", "private and reserved addresses are not allowed"});
  if (code == CURLE_OPERATION_TIMEDOUT)
    return not_taken({"時間内に答えがありませんでした", "there was no answer in time"});
  return not_taken({fmt::format("つながりませんでした ({})", curl_easy_strerror(code)),
                    fmt::format("it could not be reached ({})", curl_easy_strerror(code))});
}

}  // namespace

std::string signature_of(std::string_view secret, std::int64_t at_s, std::string_view body) {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  const auto time = std::to_string(at_s);
  const auto before = time + ".";
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes(secret), secret.size());
  crypto_auth_hmacsha256_update(&state, bytes(before), before.size());
  crypto_auth_hmacsha256_update(&state, bytes(body), body.size());
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
  crypto_auth_hmacsha256_final(&state, mac.data());
  return fmt::format("t={},v1={}", time, to_hex({reinterpret_cast<const char*>(mac.data()), mac.size()}));
}

Result<void> check_webhook_url(const std::string& url, bool http_allowed) {
  const auto bad = [](const Text& what) {
    return fail(Error::Kind::usage, "address", what,
                {"https://… の URL を指定してください", "Name a URL with https://"});
  };
  if (url.size() > kUrlBytes ||
      !std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 127; }))
    return bad({"URL に使えない文字があるか、長すぎます", "the URL is too long or has odd characters"});
  const bool plain = url.starts_with("http://");
  if (!plain && !url.starts_with("https://")) return bad({"URL ではありません", "it is not a URL"});
  if (plain && !http_allowed)
    return bad({"暗号化されない URL には送りません", "notices are not sent unencrypted"});
  const auto host = url.find("//") + 2;
  const auto authority = url.substr(host, url.find_first_of("/?#", host) - host);
  if (authority.find_first_of("@\\") != std::string::npos)
    return bad(
        {"URL に利用者名やパスワードを入れないでください", "the URL must not hold a user or password"});
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), curl_url_cleanup);
  if (authority.empty() || parsed == nullptr ||
      curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
    return bad({"URL ではありません", "it is not a URL"});
  return {};
}

Result<WebhookChannel> WebhookChannel::make(const WebhookOptions& options) {
  auto guard = NetworkGuard::make(options.allowed_networks);
  if (!guard) return tl::unexpected<Error>(guard.error());
  return WebhookChannel(options, std::move(*guard));
}

Result<void> WebhookChannel::send(const Delivery& delivery, const std::stop_token& stop) {
  if (auto good = check_webhook_url(delivery.to, guard_.lists_any()); !good)
    return refused_for_good(good.error().what);
  auto body = delivery.body_template.empty() ? Result<std::string>(json_of(delivery).dump(
                                                   -1, ' ', false, nlohmann::json::error_handler_t::replace))
                                             : fill_template(delivery.body_template, delivery);
  if (!body) return refused_for_good(body.error().what);
  CurlHeaders headers;
  headers.add("Content-Type: application/json");
  headers.add("Expect:");
  headers.add("X-Guardian-Delivery: " + delivery.id);
  headers.add("X-Guardian-Signature: " + signature_of(delivery.secret, now_ms() / 1000, *body));
  const auto handle = make_curl_handle();
  if (handle == nullptr) return not_taken({"メモリーが足りません", "out of memory"});
  Request request{guard_, delivery.to.starts_with("https://"), stop};
  prepare(handle.get(), delivery, *body, headers, request, options_);
  const auto code = curl_easy_perform(handle.get());
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  return judge(code, status, request);
}

}  // namespace guardian::casework
