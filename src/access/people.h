// access/people.h - the people of a tenant: its groups, its employees, and the users who may come in.
// Everything here changes who may see what, so every change is written to the audit log in the same unit of
// work.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "access/audit.h"
#include "access/caller.h"
#include "access/keyring.h"
#include "base/result.h"
#include "store/database.h"

namespace guardian::access {

struct Group {
  std::string id;
  std::string name;
};

/// Someone who deals with customers, with or without a login.
struct Employee {
  std::string id;
  std::string code;  ///< the company's own number or name for this person
  std::string name;
  std::optional<std::string> group;
};

struct User {
  std::string id;
  std::string login;  ///< e-mail address in lower case
  std::string name;
  std::set<Role> roles;
  std::optional<std::string> group;
  std::optional<std::string> employee;
  bool has_password = false;  ///< false until the invitation is accepted
  bool has_code = false;      ///< an authenticator app is confirmed
  bool disabled = false;
};

/// What an administrator decides of a user.
struct UserChoice {
  std::string login;
  std::string name;
  std::set<Role> roles;
  std::optional<std::string> group;
  std::optional<std::string> employee;
};

struct Page {
  std::string after;  ///< id; empty: from the start
  int limit = 50;     ///< at most 200
};

/// The secret of a one-time link, told once and kept only as a hash.
struct Invitation {
  std::string user;  ///< empty for the first user of a tenant
  std::string secret;
  std::int64_t expires_ms = 0;
};

/// Safe to use from several threads. The three must outlive it.
class People {
 public:
  People(store::Database& database, Keyring& keyring, const AuditLog& audit)
      : database_(database), keyring_(keyring), audit_(audit) {}

  /// A tenant without users, and the link by which its first one comes in, valid for a day. Called again
  /// while nobody has come in, the tenant stays and the link is a new one. Errors: usage, if there are users
  /// already.
  Result<Invitation> set_up(const std::string& tenant_name);
  /// True until somebody has accepted a first invitation.
  Result<bool> is_new();

  /// The user behind a link chooses a password; the first user of a tenant, who becomes administrator and
  /// special department, also login and name. A link works once. Errors: not_found, if it does not (any
  /// more); usage.
  Result<User> accept(const std::string& secret, const std::string& password, const std::string& login = "",
                      const std::string& name = "");

  /// Errors of all that follow: usage for a bad value, not_found for what is not this tenant's.
  Result<Invitation> invite(const Caller& by, const UserChoice& choice);
  /// A new link for a user who lost the password or never came in; sessions end, the old password stops
  /// working.
  Result<Invitation> invite_again(const Caller& by, const std::string& user);
  /// Changed roles end the user's sessions. The last administrator stays one.
  Result<User> change(const Caller& by, const std::string& user, const UserChoice& choice);
  Result<void> disable(const Caller& by, const std::string& user, bool disabled);
  Result<std::vector<User>> users(const std::string& tenant, const Page& page);
  Result<User> user(const std::string& tenant, const std::string& id);

  Result<Group> add_group(const Caller& by, const std::string& name);
  Result<std::vector<Group>> groups(const std::string& tenant);
  Result<Employee> add_employee(const Caller& by, const std::string& code, const std::string& name,
                                const std::optional<std::string>& group);
  Result<Employee> change_employee(const Caller& by, const Employee& employee);
  Result<std::vector<Employee>> employees(const std::string& tenant, const Page& page);

 private:
  store::Database& database_;
  Keyring& keyring_;
  const AuditLog& audit_;
};

/// A user's caller, with all that its roles allow.
Caller caller_for(const std::string& tenant, const User& user);

/// A row of `users` as a value; for access/ alone.
User user_of(const store::Row& row);

}  // namespace guardian::access
