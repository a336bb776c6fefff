#include "casework/channel.h"

namespace guardian::casework {

std::string name_of(ChannelKind kind) { return kind == ChannelKind::mail ? "mail" : "webhook"; }

Result<void> Channels::send(ChannelKind kind, const Delivery& delivery, const std::stop_token& stop) const {
  auto* const channel = kind == ChannelKind::mail ? mail : webhook;
  if (channel != nullptr) return channel->send(delivery, stop);
  return fail(Error::Kind::network, name_of(kind),
              {"送る手段が設定されていません", "this server is not set up to send it"},
              {"サーバーの設定 (smtp) を確かめてください", "Check the server's configuration (smtp)"});
}

}  // namespace guardian::casework
