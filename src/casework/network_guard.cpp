#include "casework/network_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace guardian::casework {
namespace {

constexpr int kMappedBits = 96;  // of ::ffff:0:0/96

/// Everything that is not plainly the public internet. 64:ff9b::/96, 2001::/32 and 2002::/16 carry IPv4
/// addresses inside, so they could lead home.
constexpr std::array kClosed = {
    // IPv4
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    // IPv6; what is outside 2000::/3 is closed anyway
    "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"};

}  // namespace

bool NetworkGuard::Network::holds(const Address& other) const {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(whole), other.begin()))
    return false;
  const int rest = bits % 8;
  return rest == 0 || ((address.at(whole) ^ other.at(whole)) >> (8 - rest)) == 0;
}

Result<NetworkGuard::Network> NetworkGuard::parse(const std::string& text) {
  const auto slash = text.find('/');
  const auto name = text.substr(0, slash);
  Network network;
  int most = 128;
  if (in_addr v4{}; ::inet_pton(AF_INET, name.c_str(), &v4) == 1) {
    network.address[10] = network.address[11] = 0xff;
    std::memcpy(network.address.data() + 12, &v4, sizeof v4);
    most = 32;
  } else if (::inet_pton(AF_INET6, name.c_str(), network.address.data()) != 1) {
    most = -1;
  }
  int bits = most;
  if (slash != std::string::npos) {
    const char* const end = text.data() + text.size();
    const auto [stopped, failure] = std::from_chars(text.data() + slash + 1, end, bits);
    if (failure != std::errc() || stopped != end) bits = -1;
  }
  if (most < 0 || bits < 0 || bits > most)
    return fail(Error::Kind::usage, text, {"ネットワークの書き方が違います", "this is not a network"},
                {"10.20.0.0/16 のように書いてください", "Write it like 10.20.0.0/16"});
  network.bits = most == 32 ? kMappedBits + bits : bits;
  return network;
}

Result<NetworkGuard> NetworkGuard::make(const std::vector<std::string>& allowed) {
  NetworkGuard guard;
  for (const auto& text : allowed) {
    auto network = parse(text);
    if (!network) return tl::unexpected<Error>(network.error());
    guard.allowed_.push_back(*network);
  }
  return guard;
}

bool NetworkGuard::read(const sockaddr& socket_address, Address& address) {
  if (socket_address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(socket_address).sin_addr;
    address = {};
    address[10] = address[11] = 0xff;
    std::memcpy(address.data() + 12, &v4, sizeof v4);
    return true;
  }
  if (socket_address.sa_family != AF_INET6) return false;
  std::memcpy(address.data(), &reinterpret_cast<const sockaddr_in6&>(socket_address).sin6_addr,
              address.size());
  return true;
}

const std::vector<NetworkGuard::Network>& NetworkGuard::closed_networks() {
  static const auto networks = [] {
    std::vector<Network> all;
    all.reserve(kClosed.size());
    for (const char* text : kClosed) all.push_back(*parse(text));
    return all;
  }();
  return networks;
}

bool NetworkGuard::lists(const sockaddr& socket_address) const {
  Address address{};
  return read(socket_address, address) &&
         std::any_of(allowed_.begin(), allowed_.end(), [&](const auto& n) { return n.holds(address); });
}

bool NetworkGuard::allows(const sockaddr& socket_address) const {
  if (lists(socket_address)) return true;
  static const Network mapped = *parse("::ffff:0:0/96");
  static const Network global = *parse("2000::/3");
  Address address{};
  if (!read(socket_address, address) || !(mapped.holds(address) || global.holds(address))) return false;
  const auto& closed = closed_networks();
  return std::none_of(closed.begin(), closed.end(), [&](const auto& n) { return n.holds(address); });
}

}  // namespace guardian::casework
