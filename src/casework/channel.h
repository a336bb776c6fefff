// casework/channel.h - a way by which notices leave: the seam for further ones.
#pragma once

#include <stop_token>
#include <string>

#include "base/result.h"
#include "casework/notice.h"

namespace guardian::casework {

/// Used from several threads at once.
class Channel {
 public:
  virtual ~Channel() = default;
  /// Returns when the other side has accepted it. Errors: forbidden, if it will never be accepted (such an
  /// address, such a destination); everything else is worth another attempt. Errors are shown to
  /// administrators: they name no secret.
  virtual Result<void> send(const Delivery& delivery, const std::stop_token& stop) = 0;
};

enum class ChannelKind { mail, webhook };

/// "mail" or "webhook".
std::string name_of(ChannelKind kind);

/// The ways by which this server can tell somebody. Owned by whoever puts the server together.
struct Channels {
  Channel* mail = nullptr;  ///< none: no mail server is set up
  Channel* webhook = nullptr;

  /// Like Channel::send. Errors also: network, if there is no such way.
  Result<void> send(ChannelKind kind, const Delivery& delivery, const std::stop_token& stop) const;
};

}  // namespace guardian::casework
