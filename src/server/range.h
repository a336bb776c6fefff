// server/range.h - parts of a file (RFC 9110, 14): a player that jumps asks for the bytes from there on.
#pragma once

#include "server/exchange.h"

namespace guardian::server {

/// Turns an answer of 200 with a ByteSource into 206 or 416 where the request asks for one range; several
/// ranges at once are answered with the whole, which the standard allows.
void settle_range(const Request& request, Response& response);

}  // namespace guardian::server
