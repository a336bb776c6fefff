#include "consultation/post.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/curl_handle.h"

namespace guardian::consultation {
namespace {

constexpr std::size_t kMostBytes = 1U << 20U;
constexpr long kConnectPatience_ms = 10'000;

std::size_t keep_bytes(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& reply = *static_cast<Reply*>(user);
  const std::size_t length = size * count;
  if (reply.body.size() + length > kMostBytes) {
    reply.trouble = Reply::Trouble::too_large;
    return 0;
  }
  reply.body.append(bytes, length);
  return length;
}

int watch_stop(void* user, curl_off_t /*unused*/, curl_off_t /*unused*/, curl_off_t /*unused*/,
               curl_off_t /*unused*/) {
  return static_cast<const std::stop_token*>(user)->stop_requested() ? 1 : 0;
}

/// "application/json; charset=utf-8" -> "application/json".
std::string media_type(const char* header) {
  std::string type = header == nullptr ? "" : header;
  type.resize(std::min(type.find(';'), type.size()));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::tolower(c); });
  return type;
}

Reply::Trouble trouble_of(CURLcode code, Reply::Trouble noticed) {
  if (noticed != Reply::Trouble::none || code == CURLE_OK) return noticed;
  if (code == CURLE_ABORTED_BY_CALLBACK) return Reply::Trouble::cancelled;
  return code == CURLE_OPERATION_TIMEDOUT ? Reply::Trouble::late : Reply::Trouble::unreachable;
}

}  // namespace

struct Poster::Impl {
  CurlHandle easy = make_curl_handle();
  CurlHeaders headers;

  explicit Impl(const Endpoint& endpoint);
};

Poster::Impl::Impl(const Endpoint& endpoint) {
  if (easy == nullptr) return;
  headers.add("Content-Type: application/json");
  headers.add("Accept: application/json");
  headers.add("Expect:");
  if (!endpoint.key.empty()) headers.add("Authorization: Bearer " + endpoint.key.reveal());
  const bool encrypted = endpoint.address.starts_with("https://");
  const auto timeout_ms = static_cast<long>(std::lround(endpoint.timeout_s * 1000.0));
  CURL* handle = easy.get();
  begin_request(handle, endpoint.address);
  // Unencrypted words go straight to the private host, past any proxy of the environment.
  if (!encrypted) curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, timeout_ms);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, std::min(timeout_ms, kConnectPatience_ms));
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, keep_bytes);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, watch_stop);
}

Poster::Poster(const Endpoint& endpoint) : impl_(std::make_unique<Impl>(endpoint)) {}
Poster::Poster(Poster&&) noexcept = default;
Poster& Poster::operator=(Poster&&) noexcept = default;
Poster::~Poster() = default;

Reply Poster::post(const std::string& body, const std::stop_token& stop) {
  Reply reply;
  CURL* handle = impl_->easy.get();
  if (handle == nullptr) {
    reply.trouble = Reply::Trouble::unreachable;
    return reply;
  }
  auto watched = stop;
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &reply);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &watched);
  const CURLcode code = curl_easy_perform(handle);
  reply.trouble = trouble_of(code, reply.trouble);
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &reply.status);
  const char* type = nullptr;
  curl_easy_getinfo(handle, CURLINFO_CONTENT_TYPE, &type);
  reply.content_type = media_type(type);
  curl_off_t wait_s = 0;
  curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &wait_s);
  reply.retry_after_s = static_cast<double>(wait_s);
  return reply;
}

}  // namespace guardian::consultation
