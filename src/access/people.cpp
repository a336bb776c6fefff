#include "access/people.h"

#include <fmt/format.h>

#include <algorithm>

#include "access/password.h"
#include "base/file.h"
#include "base/id.h"
#include "base/text.h"

namespace guardian::access {
namespace {

constexpr std::int64_t kInvitation_ms = 7 * kDay_ms;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kNameCharacters = 100;
constexpr std::int64_t kPageLimit = 200;

tl::unexpected<Error> unknown(const std::string& what) {
  return fail(Error::Kind::not_found, what, {"見つかりません", "there is no such entry"},
              {"一覧から選び直してください", "Choose again from the list"});
}

tl::unexpected<Error> bad_value(const char* field, const Text& what) {
  return fail(Error::Kind::usage, field, what, {"入力を直してください", "Correct the input"});
}

/// What an input names does not exist: the input is wrong, the thing asked for is not missing.
tl::unexpected<Error> not_listed(const char* field) {
  return bad_value(field, {"一覧にありません", "is not in the list"});
}

tl::unexpected<Error> taken(const char* field, const Text& what) {
  return fail(Error::Kind::conflict, field, what, {"別のものにしてください", "Choose another"});
}

tl::unexpected<Error> dead_link() {
  return fail(Error::Kind::not_found, "link",
              {"このリンクは使えません (期限切れ、使用済み、または誤り)",
               "this link does not work: expired, used or wrong"},
              {"管理者に新しいリンクを頼んでください", "Ask an administrator for a new one"});
}

Result<std::string> clean_name(const std::string& name, const char* field) {
  if (!is_utf8(name) || printable(name) != name)
    return bad_value(field, {"使えない文字があります", "it has characters that cannot be used"});
  if (name.find_first_not_of(" \u3000") == std::string::npos || count_characters(name) > kNameCharacters)
    return bad_value(field, {"1 文字から 100 文字にしてください", "it needs 1 to 100 characters"});
  return name;
}

Result<std::string> clean_login(std::string login) {
  const auto at = login.find('@');
  const bool good = login.size() <= 254 && at != std::string::npos && at > 0 && at + 1 < login.size() &&
                    login.find('@', at + 1) == std::string::npos &&
                    std::all_of(login.begin(), login.end(), [](char c) { return c > ' ' && c < 127; });
  if (!good) return bad_value("login", {"メールアドレスにしてください", "it must be an e-mail address"});
  std::transform(login.begin(), login.end(), login.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return login;
}

std::string joined(const std::set<Role>& roles) {
  std::string text = " ";
  for (const auto role : roles) text += fmt::format("{} ", name_of(role));
  return text;
}

std::set<Role> split(const std::string& roles) {
  std::set<Role> found;
  for (std::size_t begin = 0; begin < roles.size();) {
    const auto end = std::min(roles.find(' ', begin), roles.size());
    if (const auto role = role_named(std::string_view(roles).substr(begin, end - begin))) found.insert(*role);
    begin = end + 1;
  }
  return found;
}

bool belongs(store::Transaction& t, const char* table, const std::string& tenant,
             const std::optional<std::string>& id) {
  return !id ||
         t.first(fmt::format("SELECT id FROM {} WHERE tenant_id = ? AND id = ?", table), {tenant, *id});
}

Invitation write_invitation(store::Transaction& t, const std::string& tenant,
                            const std::optional<std::string>& user, std::int64_t valid_ms) {
  Invitation invitation{user.value_or(""), make_secret(kSecretBytes), now_ms() + valid_ms};
  t.execute("INSERT INTO invitations (token_hash, tenant_id, user_id, expires_ms) VALUES (?, ?, ?, ?)",
            {sha256(invitation.secret), tenant, store::or_null(user), invitation.expires_ms});
  return invitation;
}

Result<User> find_user(store::Transaction& t, const std::string& tenant, const std::string& id) {
  const auto row = t.first("SELECT * FROM users WHERE tenant_id = ? AND id = ?", {tenant, id});
  if (!row) return unknown("user");
  return user_of(*row);
}

/// True if somebody else could still manage people.
bool another_administrator(store::Transaction& t, const std::string& tenant, const std::string& user) {
  return t
      .first(
          "SELECT id FROM users WHERE tenant_id = ? AND id <> ? AND disabled_ms IS NULL AND password_hash <> "
          "'' "
          "AND roles LIKE '% administrator %'",
          {tenant, user})
      .has_value();
}

Result<void> keep_an_administrator(store::Transaction& t, const std::string& tenant,
                                   const std::string& user) {
  if (another_administrator(t, tenant, user)) return {};
  return bad_value("roles", {"最後の管理者は外せません", "the last administrator cannot be taken away"});
}

void end_sessions(store::Transaction& t, const std::string& user) {
  t.execute("DELETE FROM sessions WHERE user_id = ?", {user});
}

Result<UserChoice> checked(store::Transaction& t, const std::string& tenant, UserChoice choice,
                           const std::string& user) {
  const auto login = clean_login(choice.login);
  if (!login) return tl::unexpected<Error>(login.error());
  choice.login = *login;
  if (const auto name = clean_name(choice.name, "name"); !name) return tl::unexpected<Error>(name.error());
  if (choice.roles.empty()) return bad_value("roles", {"役割を選んでください", "choose at least one role"});
  if (!belongs(t, "groups", tenant, choice.group)) return not_listed("group");
  if (!belongs(t, "employees", tenant, choice.employee)) return not_listed("employee");
  if (choice.roles.contains(Role::group_manager) && !choice.group)
    return bad_value("group", {"グループの管理者にはグループが要ります", "a group's manager needs a group"});
  if (choice.roles.contains(Role::employee) && !choice.employee)
    return bad_value("employee", {"従業員を選んでください", "choose which employee this is"});
  if (t.first("SELECT id FROM users WHERE login = ? AND id <> ?", {choice.login, user}))
    return taken("login", {"このログイン名は使われています", "this login is taken"});
  return choice;
}

}  // namespace

User user_of(const store::Row& row) {
  User user;
  user.id = row.text("id");
  user.login = row.text("login");
  user.name = row.text("name");
  user.roles = split(row.text("roles"));
  user.group = row.text_if("group_id");
  user.employee = row.text_if("employee_id");
  user.has_password = !row.text("password_hash").empty();
  user.has_code = row.integer("code_confirmed") != 0;
  user.disabled = !row.is_null("disabled_ms");
  return user;
}

Caller caller_for(const std::string& tenant, const User& user) {
  Caller caller;
  caller.tenant = tenant;
  caller.id = user.id;
  caller.name = user.name;
  caller.roles = user.roles;
  caller.employee = user.employee;
  caller.group = user.group;
  for (const auto role : user.roles) {
    caller.permissions.merge(permissions_of(role));
    caller.reach = std::max(caller.reach, reach_of(role));
  }
  return caller;
}

Result<Invitation> People::set_up(const std::string& tenant_name) {
  const auto name = clean_name(tenant_name, "tenant");
  if (!name) return tl::unexpected<Error>(name.error());
  return database_.write([&](store::Transaction& t) -> Result<Invitation> {
    if (t.first("SELECT id FROM users"))
      return fail(Error::Kind::usage, "set-up", {"初期設定は済んでいます", "it is set up already"},
                  {"管理者に招待を頼んでください", "Ask an administrator for an invitation"});
    const auto existing = t.first("SELECT id FROM tenants");
    const auto tenant = existing ? existing->text("id") : make_id();
    if (!existing) {
      t.execute("INSERT INTO tenants (id, name, created_ms) VALUES (?, ?, ?)", {tenant, *name, now_ms()});
      keyring_.add_tenant(t, tenant);
    }
    t.execute("DELETE FROM invitations");
    return write_invitation(t, tenant, std::nullopt, kDay_ms);
  });
}

Result<bool> People::is_new() {
  return database_.read(
      [](store::Transaction& t) -> Result<bool> { return !t.first("SELECT id FROM users").has_value(); });
}

Result<User> People::accept(const std::string& secret, const std::string& password, const std::string& login,
                            const std::string& name) {
  const auto find = [&](store::Transaction& t) -> Result<store::Row> {
    auto row = t.first(
        "SELECT i.tenant_id, i.user_id, u.login FROM invitations i LEFT JOIN users u ON u.id = i.user_id "
        "WHERE i.token_hash = ? AND i.used_ms IS NULL AND i.expires_ms > ? AND u.disabled_ms IS NULL",
        {sha256(secret), now_ms()});
    if (!row) return dead_link();
    return std::move(*row);
  };
  const auto invited = database_.read(find);
  if (!invited) return tl::unexpected<Error>(invited.error());
  const auto chosen_login = invited->is_null("login") ? clean_login(login) : invited->text("login");
  if (!chosen_login) return tl::unexpected<Error>(chosen_login.error());
  if (auto good = check_choice(password, *chosen_login); !good) return tl::unexpected<Error>(good.error());
  const auto hash = hash_password(password);  // outside the unit of work: it takes a tenth of a second
  return database_.write([&](store::Transaction& t) -> Result<User> {
    const auto row = find(t);
    if (!row) return tl::unexpected<Error>(row.error());
    const auto tenant = row->text("tenant_id");
    auto id = row->text_if("user_id").value_or("");
    if (id.empty()) {
      const UserChoice choice{*chosen_login, name, {Role::administrator, Role::special_department}, {}, {}};
      const auto good = checked(t, tenant, choice, "");
      if (!good) return tl::unexpected<Error>(good.error());
      id = make_id();
      t.execute("INSERT INTO users (id, tenant_id, login, name, roles, created_ms) VALUES (?, ?, ?, ?, ?, ?)",
                {id, tenant, *chosen_login, name, joined(choice.roles), now_ms()});
    }
    t.execute("UPDATE users SET password_hash = ?, failures = 0, locked_until_ms = 0 WHERE id = ?",
              {hash, id});
    t.execute("UPDATE invitations SET used_ms = ? WHERE token_hash = ?", {now_ms(), sha256(secret)});
    audit_.add(t, {tenant, id, "user.accept", id, *chosen_login, ""});
    return find_user(t, tenant, id);
  });
}

Result<Invitation> People::invite(const Caller& by, const UserChoice& choice) {
  return database_.write([&](store::Transaction& t) -> Result<Invitation> {
    const auto good = checked(t, by.tenant, choice, "");
    if (!good) return tl::unexpected<Error>(good.error());
    const auto id = make_id();
    t.execute(
        "INSERT INTO users (id, tenant_id, login, name, roles, group_id, employee_id, created_ms) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        {id, by.tenant, good->login, good->name, joined(good->roles), store::or_null(good->group),
         store::or_null(good->employee), now_ms()});
    audit_.add(t, {by.tenant, by.id, "user.invite", id, good->login + joined(good->roles), ""});
    return write_invitation(t, by.tenant, id, kInvitation_ms);
  });
}

Result<Invitation> People::invite_again(const Caller& by, const std::string& user) {
  return database_.write([&](store::Transaction& t) -> Result<Invitation> {
    const auto found = find_user(t, by.tenant, user);
    if (!found) return tl::unexpected<Error>(found.error());
    if (found->roles.contains(Role::administrator))
      if (auto kept = keep_an_administrator(t, by.tenant, user); !kept)
        return tl::unexpected<Error>(kept.error());
    t.execute(
        "UPDATE users SET password_hash = '', code_secret_sealed = NULL, code_confirmed = 0, "
        "provider_subject = NULL WHERE id = ?",
        {user});
    t.execute("DELETE FROM invitations WHERE user_id = ?", {user});
    end_sessions(t, user);
    audit_.add(t, {by.tenant, by.id, "user.invite_again", user, found->login, ""});
    return write_invitation(t, by.tenant, user, kInvitation_ms);
  });
}

Result<User> People::change(const Caller& by, const std::string& user, const UserChoice& choice) {
  return database_.write([&](store::Transaction& t) -> Result<User> {
    const auto before = find_user(t, by.tenant, user);
    if (!before) return tl::unexpected<Error>(before.error());
    const auto good = checked(t, by.tenant, choice, user);
    if (!good) return tl::unexpected<Error>(good.error());
    if (before->roles.contains(Role::administrator) && !good->roles.contains(Role::administrator))
      if (auto kept = keep_an_administrator(t, by.tenant, user); !kept)
        return tl::unexpected<Error>(kept.error());
    t.execute("UPDATE users SET login = ?, name = ?, roles = ?, group_id = ?, employee_id = ? WHERE id = ?",
              {good->login, good->name, joined(good->roles), store::or_null(good->group),
               store::or_null(good->employee), user});
    if (before->roles != good->roles || before->group != good->group || before->employee != good->employee)
      end_sessions(t, user);
    audit_.add(
        t, {by.tenant, by.id, "user.change", user, joined(before->roles) + "->" + joined(good->roles), ""});
    return find_user(t, by.tenant, user);
  });
}

Result<void> People::disable(const Caller& by, const std::string& user, bool disabled) {
  return database_.write([&](store::Transaction& t) -> Result<void> {
    const auto found = find_user(t, by.tenant, user);
    if (!found) return tl::unexpected<Error>(found.error());
    if (disabled && found->roles.contains(Role::administrator))
      if (auto kept = keep_an_administrator(t, by.tenant, user); !kept) return kept;
    t.execute("UPDATE users SET disabled_ms = ? WHERE id = ?",
              {disabled ? store::Value(now_ms()) : store::Value(nullptr), user});
    end_sessions(t, user);
    audit_.add(t, {by.tenant, by.id, disabled ? "user.disable" : "user.enable", user, found->login, ""});
    return {};
  });
}

Result<std::vector<User>> People::users(const std::string& tenant, const Page& page) {
  return database_.read([&](store::Transaction& t) -> Result<std::vector<User>> {
    std::vector<User> users;
    for (const auto& row : t.query("SELECT * FROM users WHERE tenant_id = ? AND id > ? ORDER BY id LIMIT ?",
                                   {tenant, page.after, std::min(std::int64_t{page.limit}, kPageLimit)}))
      users.push_back(user_of(row));
    return users;
  });
}

Result<User> People::user(const std::string& tenant, const std::string& id) {
  return database_.read([&](store::Transaction& t) { return find_user(t, tenant, id); });
}

Result<Group> People::add_group(const Caller& by, const std::string& name) {
  if (const auto clean = clean_name(name, "name"); !clean) return tl::unexpected<Error>(clean.error());
  return database_.write([&](store::Transaction& t) -> Result<Group> {
    if (t.first("SELECT id FROM groups WHERE tenant_id = ? AND name = ?", {by.tenant, name}))
      return taken("name", {"この名前は使われています", "this name is taken"});
    Group group{make_id(), name};
    t.execute("INSERT INTO groups (id, tenant_id, name) VALUES (?, ?, ?)", {group.id, by.tenant, name});
    audit_.add(t, {by.tenant, by.id, "group.add", group.id, name, ""});
    return group;
  });
}

Result<std::vector<Group>> People::groups(const std::string& tenant) {
  return database_.read([&](store::Transaction& t) -> Result<std::vector<Group>> {
    std::vector<Group> groups;
    for (const auto& row : t.query("SELECT id, name FROM groups WHERE tenant_id = ? ORDER BY name", {tenant}))
      groups.push_back({row.text("id"), row.text("name")});
    return groups;
  });
}

namespace {

Result<void> check_employee(store::Transaction& t, const std::string& tenant, const Employee& employee) {
  for (const auto& [value, field] : {std::pair(employee.code, "code"), std::pair(employee.name, "name")})
    if (const auto clean = clean_name(value, field); !clean) return tl::unexpected<Error>(clean.error());
  if (!belongs(t, "groups", tenant, employee.group)) return not_listed("group");
  if (t.first("SELECT id FROM employees WHERE tenant_id = ? AND code = ? AND id <> ?",
              {tenant, employee.code, employee.id}))
    return taken("code", {"この番号は使われています", "this code is taken"});
  return {};
}

Employee employee_of(const store::Row& row) {
  return {row.text("id"), row.text("code"), row.text("name"), row.text_if("group_id")};
}

}  // namespace

Result<Employee> People::add_employee(const Caller& by, const std::string& code, const std::string& name,
                                      const std::optional<std::string>& group) {
  return database_.write([&](store::Transaction& t) -> Result<Employee> {
    Employee employee{make_id(), code, name, group};
    if (auto good = check_employee(t, by.tenant, employee); !good) return tl::unexpected<Error>(good.error());
    t.execute("INSERT INTO employees (id, tenant_id, group_id, code, name) VALUES (?, ?, ?, ?, ?)",
              {employee.id, by.tenant, store::or_null(group), code, name});
    audit_.add(t, {by.tenant, by.id, "employee.add", employee.id, code, ""});
    return employee;
  });
}

Result<Employee> People::change_employee(const Caller& by, const Employee& employee) {
  return database_.write([&](store::Transaction& t) -> Result<Employee> {
    if (!belongs(t, "employees", by.tenant, employee.id)) return unknown("employee");
    if (auto good = check_employee(t, by.tenant, employee); !good) return tl::unexpected<Error>(good.error());
    t.execute("UPDATE employees SET group_id = ?, code = ?, name = ? WHERE tenant_id = ? AND id = ?",
              {store::or_null(employee.group), employee.code, employee.name, by.tenant, employee.id});
    audit_.add(t, {by.tenant, by.id, "employee.change", employee.id, employee.code, ""});
    return employee;
  });
}

Result<std::vector<Employee>> People::employees(const std::string& tenant, const Page& page) {
  return database_.read([&](store::Transaction& t) -> Result<std::vector<Employee>> {
    std::vector<Employee> employees;
    for (const auto& row :
         t.query("SELECT * FROM employees WHERE tenant_id = ? AND id > ? ORDER BY id LIMIT ?",
                 {tenant, page.after, std::min(std::int64_t{page.limit}, kPageLimit)}))
      employees.push_back(employee_of(row));
    return employees;
  });
}

}  // namespace guardian::access
