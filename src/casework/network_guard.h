// casework/network_guard.h - which network addresses a request may reach whose destination was typed in by a
// user: the public internet, and what the configuration lists. Asked when the connection is made, so that a
// name that resolves differently the second time gains nothing.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace guardian::casework {

class NetworkGuard {
 public:
  /// `allowed`: networks such as "10.20.0.0/16", "127.0.0.1" or "fd00::/8". Errors: usage, naming the entry.
  static Result<NetworkGuard> make(const std::vector<std::string>& allowed);

  /// True for listed addresses, and for public ones: no loopback, private, link-local, multicast, reserved or
  /// tunnelling address. Source: IANA special-purpose address registries (RFC 6890).
  bool allows(const sockaddr& address) const;
  /// True for listed ones only: for what travels unencrypted.
  bool lists(const sockaddr& address) const;
  bool lists_any() const { return !allowed_.empty(); }

 private:
  /// IPv4 addresses are kept as ::ffff:a.b.c.d.
  using Address = std::array<std::uint8_t, 16>;
  struct Network {
    Address address{};
    int bits = 0;
    bool holds(const Address& other) const;
  };
  static Result<Network> parse(const std::string& text);
  static bool read(const sockaddr& socket_address, Address& address);
  static const std::vector<Network>& closed_networks();

  std::vector<Network> allowed_;
};

}  // namespace guardian::casework
