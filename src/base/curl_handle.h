// base/curl_handle.h - libcurl's handles as owned values. For the parts that link libcurl.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <mutex>
#include <string>

namespace guardian {

struct CurlClose {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlHandle = std::unique_ptr<CURL, CurlClose>;

/// Empty only if memory is short.
inline CurlHandle make_curl_handle() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  return CurlHandle(curl_easy_init());
}

/// What every request of this program has: one kind of address, no redirects (they would carry keys and words
/// elsewhere), no passwords out of files of the user, TLS 1.2 at least.
inline void begin_request(CURL* handle, const std::string& url) {
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, url.starts_with("https://") ? "https" : "http");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "kasuhara-guardian/" GUARDIAN_VERSION);
}

/// Header lines of a request.
class CurlHeaders {
 public:
  void add(const std::string& line) {
    auto* const longer = curl_slist_append(list_.get(), line.c_str());
    if (longer == nullptr) return;
    static_cast<void>(list_.release());
    list_.reset(longer);
  }
  curl_slist* get() const { return list_.get(); }

 private:
  std::unique_ptr<curl_slist, CurlClose> list_;
};

}  // namespace guardian
