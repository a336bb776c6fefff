#include "access/provider_address.h"

#include "base/web_host.h"

namespace guardian::access {

bool is_provider_address(const std::string& url) {
  const auto address = web_host(url);
  return address && (address->encrypted || address->host == "127.0.0.1" || address->host == "[::1]" ||
                     address->host == "localhost");
}

}  // namespace guardian::access
