#include "base/web_host.h"

#include <algorithm>

namespace guardian {

std::optional<WebHost> web_host(std::string_view url) {
  const bool encrypted = url.starts_with("https://");
  if (!encrypted && !url.starts_with("http://")) return std::nullopt;
  const bool printable = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 127; });
  if (!printable || url.find_first_of("@#\\") != std::string_view::npos) return std::nullopt;
  url.remove_prefix(url.find("//") + 2);
  const auto end = std::min(url.find('/'), url.size());
  const auto name = url.substr(0, end);
  const auto host = name.substr(0, name.starts_with('[') ? name.find(']') + 1 : name.find(':'));
  if (host.empty()) return std::nullopt;
  return WebHost{encrypted, std::string(host), std::string(url.substr(end))};
}

}  // namespace guardian
