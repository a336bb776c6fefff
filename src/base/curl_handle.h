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
