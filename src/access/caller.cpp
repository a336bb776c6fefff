#include "access/caller.h"

#include <array>
#include <utility>

namespace guardian::access {
namespace {

constexpr std::array<std::pair<Role, std::string_view>, 5> kRoles = {
    {{Role::administrator, "administrator"},
     {Role::special_department, "special_department"},
     {Role::group_manager, "group_manager"},
     {Role::employee, "employee"},
     {Role::auditor, "auditor"}}};

constexpr std::array<std::pair<Permission, std::string_view>, 16> kPermissions = {
    {{Permission::upload, "upload"},
     {Permission::read_recordings, "read_recordings"},
     {Permission::listen, "listen"},
     {Permission::see_personal, "see_personal"},
     {Permission::review, "review"},
     {Permission::delete_recordings, "delete_recordings"},
     {Permission::hold_recordings, "hold_recordings"},
     {Permission::work_cases, "work_cases"},
     {Permission::read_own_load, "read_own_load"},
     {Permission::read_group_load, "read_group_load"},
     {Permission::read_usage, "read_usage"},
     {Permission::manage_usage, "manage_usage"},
     {Permission::manage_people, "manage_people"},
     {Permission::manage_settings, "manage_settings"},
     {Permission::manage_keys, "manage_keys"},
     {Permission::read_audit, "read_audit"}}};

template <class Names, class Item>
std::string_view find_name(const Names& names, Item item) {
  for (const auto& [known, name] : names)
    if (known == item) return name;
  return {};
}

template <class Item, class Names>
std::optional<Item> find_item(const Names& names, std::string_view name) {
  for (const auto& [item, known] : names)
    if (known == name) return item;
  return std::nullopt;
}

}  // namespace

std::set<Permission> permissions_of(Role role) {
  using enum Permission;
  switch (role) {
    case Role::administrator:
      return {upload, read_usage, manage_usage, manage_people, manage_settings, manage_keys};
    case Role::special_department:
      return {upload,     read_recordings,   listen,          see_personal,    review,
              work_cases, delete_recordings, hold_recordings, read_group_load, read_usage};
    case Role::group_manager:
      return {upload, read_recordings, listen, see_personal, review, work_cases, read_group_load, read_usage};
    case Role::employee:
      return {upload, read_recordings, listen, see_personal, read_own_load};
    case Role::auditor:
      return {read_audit, read_usage};
  }
  return {};
}

Reach reach_of(Role role) {
  switch (role) {
    case Role::special_department:
      return Reach::tenant;
    case Role::group_manager:
      return Reach::group;
    case Role::employee:
      return Reach::own;
    case Role::administrator:
    case Role::auditor:
      return Reach::none;
  }
  return Reach::none;
}

std::string_view name_of(Role role) { return find_name(kRoles, role); }
std::string_view name_of(Permission permission) { return find_name(kPermissions, permission); }
std::optional<Role> role_named(std::string_view name) { return find_item<Role>(kRoles, name); }
std::optional<Permission> permission_named(std::string_view name) {
  return find_item<Permission>(kPermissions, name);
}

}  // namespace guardian::access
