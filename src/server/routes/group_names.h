// server/routes/group_names.h - what a company calls its groups, for routes that count by group.
#pragma once

#include <map>
#include <string>

#include "server/application.h"

namespace guardian::server {

/// By id. Errors: storage.
inline Result<std::map<std::string, std::string>> group_names(Application& application,
                                                              const std::string& tenant) {
  const auto groups = application.people().groups(tenant);
  if (!groups) return tl::unexpected<Error>(groups.error());
  std::map<std::string, std::string> names;
  for (const auto& group : *groups) names[group.id] = group.name;
  return names;
}

}  // namespace guardian::server
