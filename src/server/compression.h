// server/compression.h - gzip for the pages' own files, which are the same for everybody. What holds
// somebody's data goes out as it is: its compressed length would tell something of it (BREACH).
#pragma once

#include <string>
#include <string_view>

#include "server/exchange.h"

namespace guardian::server {

/// Whether the client takes gzip (RFC 9110, 12.5.3).
bool accepts_gzip(const Headers& headers);

std::string gzip(std::string_view bytes);

}  // namespace guardian::server
