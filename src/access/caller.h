// access/caller.h - who is asking, and what that person or program may do. Everything is forbidden that is
// not allowed here.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace guardian::access {

/// A user may have several; what they allow adds up.
enum class Role {
  administrator,       ///< people, settings, keys, plan; hears no recording
  special_department,  ///< every case and recording of the company
  group_manager,       ///< those of one group, its load in bands
  employee,            ///< own calls, own load
  auditor              ///< who did what; reads no recording
};

enum class Permission {
  upload,           ///< bring in recordings
  read_recordings,  ///< reports, transcripts, findings, within the reach
  listen,           ///< play or export sound
  see_personal,     ///< names, numbers, addresses said in it; without it they are redacted
  review,           ///< confirm, change or reject findings
  delete_recordings,
  hold_recordings,  ///< legal hold, retention grade
  work_cases,       ///< acknowledge, assign, close
  read_own_load,
  read_group_load,  ///< in bands, never of a person
  read_usage,
  manage_usage,  ///< plan, permission to go over it
  manage_people,
  manage_settings,  ///< routes of notices, policy, retention
  manage_keys,      ///< API keys, rotation
  read_audit
};

/// Whose recordings and cases.
enum class Reach { none, own, group, tenant };

struct Caller {
  std::string tenant;
  std::string id;                       ///< users.id or api_keys.id
  std::string name;                     ///< for the audit log
  std::set<Role> roles;                 ///< empty for API keys
  std::set<Permission> permissions;     ///< of the roles, or the scopes of an API key
  std::optional<std::string> employee;  ///< the caller's own employees.id
  std::optional<std::string> group;     ///< of a group's manager
  Reach reach = Reach::none;            ///< the widest of the roles'
  bool is_program = false;              ///< an API key

  bool may(Permission permission) const { return permissions.contains(permission); }
};

/// What a role allows, and how far.
std::set<Permission> permissions_of(Role role);
Reach reach_of(Role role);

/// The names in the API and the database, e.g. "special_department"; empty for unknown ones.
std::string_view name_of(Role role);
std::string_view name_of(Permission permission);
std::optional<Role> role_named(std::string_view name);
std::optional<Permission> permission_named(std::string_view name);

}  // namespace guardian::access
