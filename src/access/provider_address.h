// access/provider_address.h - which addresses of an identity provider may be talked to. For
// identity_provider.h and for whoever reads a configuration.
#pragma once

#include <string>

namespace guardian::access {

/// https, or http on this machine itself; no user, no fragment.
bool is_provider_address(const std::string& url);

}  // namespace guardian::access
