#include "access/provider_address.h"

#include <algorithm>

namespace guardian::access {

bool is_provider_address(const std::string& url) {
  const auto host_of = [&](std::size_t begin) {
    const auto host = url.substr(begin, url.find('/', begin) - begin);
    return host.substr(0, host.starts_with('[') ? host.find(']') + 1 : host.find(':'));
  };
  const bool plain = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 127; });
  if (!plain || url.find_first_of("@#\\") != std::string::npos) return false;
  if (url.starts_with("https://")) return !host_of(8).empty();
  if (!url.starts_with("http://")) return false;
  const auto host = host_of(7);
  return host == "127.0.0.1" || host == "[::1]" || host == "localhost";
}

}  // namespace guardian::access
