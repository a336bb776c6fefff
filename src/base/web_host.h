// base/web_host.h - whom a web address leads to, as far as it must be known before anybody is asked there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace guardian {

struct WebHost {
  bool encrypted = false;
  std::string host;  ///< without the port; an IPv6 address in its brackets
  std::string rest;  ///< behind host and port: empty, or from the first '/' on
};

/// Empty for anything but http:// or https:// and a host in printable ASCII, without user and fragment.
std::optional<WebHost> web_host(std::string_view url);

}  // namespace guardian
