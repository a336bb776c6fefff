#include "speech/download.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string_view>

namespace guardian::speech {
namespace {

constexpr long kConnectPatience_s = 20;
constexpr long kMostRedirects = 5;
constexpr long kRangeNotSatisfiable = 416;

struct FileClose {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
struct EasyClose {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

/// What the callbacks of one transfer need, and what stopped it.
struct Transfer {
  std::FILE* file = nullptr;
  std::uint64_t present = 0;  // bytes in the file
  std::uint64_t largest = 0;
  bool too_large = false;
  bool not_written = false;
  const std::function<void(std::uint64_t, std::uint64_t)>* progress = nullptr;
  const std::stop_token* stop = nullptr;
};

std::size_t keep_bytes(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t length = size * count;
  transfer.too_large = transfer.present + length > transfer.largest;
  if (transfer.too_large) return 0;
  transfer.not_written = std::fwrite(bytes, 1, length, transfer.file) != length;
  if (transfer.not_written) return 0;
  transfer.present += length;
  return length;
}

int report_progress(void* user, curl_off_t total, curl_off_t done, curl_off_t /*unused*/,
                    curl_off_t /*unused*/) {
  const auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.stop->stop_requested()) return 1;
  // What was there before the transfer counts as done.
  const auto begun = transfer.present - static_cast<std::uint64_t>(std::min<curl_off_t>(
                                            done, static_cast<curl_off_t>(transfer.present)));
  if (*transfer.progress)
    (*transfer.progress)(transfer.present, total > 0 ? begun + static_cast<std::uint64_t>(total) : 0);
  return 0;
}

bool is_web_address(std::string_view address) {
  return address.starts_with("https://") || address.starts_with("http://");
}

tl::unexpected<Error> network_error(const std::string& address, const std::string& reason) {
  return fail(
      Error::Kind::network, address,
      {fmt::format("取得できません ({})", reason), fmt::format("cannot be fetched ({})", reason)},
      {"接続を確かめてもう一度実行してください (続きから始まります)。取得元は --mirror で替えられます",
       "Check the connection and run it again (it goes on from here); --mirror names another source"});
}

void set_options(CURL* easy, const Download& request, Transfer& transfer, char* reason) {
  const bool encrypted = request.address.starts_with("https://");
  const char* protocols = encrypted ? "https" : "http,https";
  curl_easy_setopt(easy, CURLOPT_URL, request.address.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols);
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, kMostRedirects);
  curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, kConnectPatience_s);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.patience_s));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "kasuhara-guardian/" GUARDIAN_VERSION);
  curl_easy_setopt(easy, CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(transfer.present));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep_bytes);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, report_progress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &transfer);
}

/// One attempt; the part is whole if it succeeds.
struct Attempt {
  CURLcode code = CURLE_OK;
  long status = 0;
  std::string reason;
};

Attempt attempt(const Download& request, Transfer& transfer) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::unique_ptr<CURL, EasyClose> easy(curl_easy_init());
  if (easy == nullptr) return {CURLE_FAILED_INIT, 0, "libcurl"};
  std::array<char, CURL_ERROR_SIZE> reason{};
  set_options(easy.get(), request, transfer, reason.data());
  Attempt result;
  result.code = curl_easy_perform(easy.get());
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &result.status);
  result.reason = reason.front() != '\0' ? reason.data() : curl_easy_strerror(result.code);
  return result;
}

Result<void> judge(const Attempt& result, const Transfer& transfer, const Download& request) {
  if (transfer.too_large)
    return fail(Error::Kind::damaged, request.address,
                {fmt::format("大きすぎます (上限 {} バイト)", request.largest_bytes),
                 fmt::format("too large (limit {} bytes)", request.largest_bytes)},
                {"取得元が正しいか確かめてください", "Check that the source is the right one"});
  if (transfer.not_written)
    return fail(Error::Kind::storage, request.part.string(), {"書き込めません", "cannot be written"},
                {"空き容量を確かめてください", "Check free space"});
  if (result.code == CURLE_ABORTED_BY_CALLBACK)
    return fail(Error::Kind::cancelled, request.address, {"中止しました", "cancelled"},
                {"もう一度実行すると続きから始まります", "Run it again to go on from here"});
  if (result.code != CURLE_OK) return network_error(request.address, result.reason);
  return {};
}

}  // namespace

Result<void> download(const Download& request,
                      const std::function<void(std::uint64_t, std::uint64_t)>& progress,
                      const std::stop_token& stop) {
  if (!is_web_address(request.address))
    return fail(Error::Kind::usage, request.address,
                {"http または https のアドレスではありません", "not an http or https address"},
                {"取得元のアドレスを確かめてください", "Check the source's address"});
  for (const bool first : {true, false}) {
    std::error_code ignored;
    if (!first) std::filesystem::remove(request.part, ignored);
    const std::unique_ptr<std::FILE, FileClose> file(std::fopen(request.part.c_str(), "ab"));
    if (file == nullptr)
      return fail(Error::Kind::storage, request.part.string(), {"書き込めません", "cannot be written"},
                  {"空き容量と書き込みの権限を確かめてください", "Check free space and permissions"});
    Transfer transfer{file.get(),
                      std::filesystem::file_size(request.part, ignored),
                      request.largest_bytes,
                      false,
                      false,
                      &progress,
                      &stop};
    const bool resumed = transfer.present > 0;
    const auto result = attempt(request, transfer);
    transfer.not_written = transfer.not_written || std::fflush(file.get()) != 0;
    // A server that cannot continue, or has nothing more than we hold: begin once more from nothing.
    const bool cannot_resume = result.code == CURLE_RANGE_ERROR || result.status == kRangeNotSatisfiable;
    if (first && resumed && cannot_resume) continue;
    if (transfer.too_large) std::filesystem::remove(request.part, ignored);
    return judge(result, transfer, request);
  }
  return {};
}

}  // namespace guardian::speech
