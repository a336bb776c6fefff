// Coming in and going out, the people of a tenant, keys of programs, and the audit log.
#include <optional>

#include "access/people.h"
#include "access/sign_in.h"
#include "base/text.h"
#include "server/application.h"
#include "server/authentication.h"
#include "server/routes/routes.h"

namespace guardian::server {
namespace {

using access::Permission;
using nlohmann::json;

constexpr std::size_t kSecretBytes = 300;
constexpr std::size_t kPasswordBytes = 1000;

// ---------------------------------------------------------------- values as JSON

template <class Set>
json names_of(const Set& items) {
  json names = json::array();
  for (const auto item : items) names.push_back(access::name_of(item));
  return names;
}

json or_null(const std::optional<std::string>& text) { return text ? json(*text) : json(nullptr); }
json or_null(const std::optional<std::int64_t>& number) { return number ? json(*number) : json(nullptr); }

json as_json(const access::Caller& caller) {
  return {{"id", caller.id},
          {"name", caller.name},
          {"roles", names_of(caller.roles)},
          {"permissions", names_of(caller.permissions)},
          {"employee", or_null(caller.employee)},
          {"group", or_null(caller.group)}};
}

json as_json(const access::User& user) {
  return {{"id", user.id},
          {"login", user.login},
          {"name", user.name},
          {"roles", names_of(user.roles)},
          {"group", or_null(user.group)},
          {"employee", or_null(user.employee)},
          {"has_password", user.has_password},
          {"has_code", user.has_code},
          {"disabled", user.disabled}};
}

json as_json(const access::Group& group) { return {{"id", group.id}, {"name", group.name}}; }

json as_json(const access::Employee& employee) {
  return {{"id", employee.id},
          {"code", employee.code},
          {"name", employee.name},
          {"group", or_null(employee.group)}};
}

json as_json(const access::ApiKey& key) {
  return {{"id", key.id},
          {"name", key.name},
          {"scopes", names_of(key.scopes)},
          {"group", or_null(key.group)},
          {"created_ms", key.created_ms},
          {"expires_ms", or_null(key.expires_ms)},
          {"used_ms", or_null(key.used_ms)},
          {"revoked", key.revoked}};
}

json as_json(const access::AuditRecord& record) {
  return {{"id", std::to_string(record.number)}, {"at_ms", record.at_ms},
          {"actor", record.entry.actor},         {"action", record.entry.action},
          {"subject", record.entry.subject},     {"details", record.entry.details},
          {"address", record.entry.address}};
}

template <class Item>
std::vector<json> all_as_json(const std::vector<Item>& items) {
  std::vector<json> list;
  list.reserve(items.size());
  for (const auto& item : items) list.push_back(as_json(item));
  return list;
}

// ---------------------------------------------------------------- requests as values

template <class Item, class Find>
std::set<Item> set_of(const std::vector<std::string>& names, const char* field, const Find& find) {
  std::set<Item> items;
  for (const auto& name : names) {
    const auto item = find(name);
    if (!item) throw_bad_request(field, {"知らない名前です: " + name, "unknown name: " + name});
    items.insert(*item);
  }
  return items;
}

access::UserChoice user_choice(const Request& request) {
  const JsonFields fields(request.json, {"login", "name", "roles", "group", "employee"});
  return {fields.text("login"), fields.text("name"),
          set_of<access::Role>(fields.texts("roles"), "roles", access::role_named), fields.id_if("group"),
          fields.id_if("employee")};
}

access::Page page_of(const Paging& paging) { return {paging.after, paging.rows()}; }

template <class Item>
Result<Response> paged(const Result<std::vector<Item>>& items, const Paging& paging) {
  if (!items) return tl::unexpected<Error>(items.error());
  return page(all_as_json(*items), paging);
}

template <class Item>
Result<Response> whole(const Result<Item>& item, int status = 200) {
  if (!item) return tl::unexpected<Error>(item.error());
  return json_response(as_json(*item), status);
}

Result<Response> done(const Result<void>& work) {
  if (!work) return tl::unexpected<Error>(work.error());
  return no_content();
}

/// A one-time link: told in this answer and never again.
Result<Response> invited(const Result<access::Invitation>& invitation, const Config& config) {
  if (!invitation) return tl::unexpected<Error>(invitation.error());
  return json_response({{"user", invitation->user},
                        {"link", config.public_url + "/invitation#" + invitation->secret},
                        {"secret", invitation->secret},
                        {"expires_ms", invitation->expires_ms}},
                       201);
}

json as_json(const access::Session& session) {
  json value = as_json(session.caller);
  value["csrf"] = session.csrf;
  return value;
}

// ---------------------------------------------------------------- routes

Result<Response> open_session(Application& application, const Request& request) {
  const JsonFields fields(request.json, {"login", "password", "code"});
  const auto session =
      application.sign_in().sign_in({fields.text("login"), fields.text("password", kPasswordBytes),
                                     fields.text_if("code").value_or(""), request.address});
  if (!session) return tl::unexpected<Error>(session.error());
  auto response = json_response(as_json(*session), 201);
  response.headers.set("Set-Cookie", session_cookie(session->secret, request.secure));
  return response;
}

Result<Response> show_session(Application& application, const Request& request) {
  const auto secret = session_secret(request);
  if (!secret) return json_response(as_json(request.caller()));  // an API key
  const auto session = application.sign_in().session(*secret);
  if (!session) return tl::unexpected<Error>(session.error());
  if (!*session) return json_response(as_json(request.caller()));
  return json_response(as_json(**session));
}

Result<Response> close_session(Application& application, const Request& request) {
  if (const auto secret = session_secret(request))
    if (auto closed = application.sign_in().sign_out(*secret); !closed)
      return tl::unexpected<Error>(closed.error());
  auto response = no_content();
  response.headers.set("Set-Cookie", session_cookie("", request.secure));
  return response;
}

Result<Response> change_password(Application& application, const Request& request) {
  const JsonFields fields(request.json, {"old_password", "new_password"});
  const access::Session session{session_secret(request).value_or(""), "", request.caller()};
  return done(application.sign_in().change_password(session, fields.text("old_password", kPasswordBytes),
                                                    fields.text("new_password", kPasswordBytes)));
}

Result<Response> begin_code(Application& application, const Request& request) {
  const JsonFields fields(request.json, {"password"});
  const auto address =
      application.sign_in().begin_code(request.caller(), fields.text("password", kPasswordBytes));
  if (!address) return tl::unexpected<Error>(address.error());
  return json_response({{"address", *address}});
}

Result<Response> confirm_code(Application& application, const Request& request) {
  const JsonFields fields(request.json, {"code"});
  return done(application.sign_in().confirm_code(request.caller(), fields.text("code", 6)));
}

Result<Response> accept_invitation(Application& application, const Request& request) {
  const JsonFields fields(request.json, {"secret", "password", "login", "name"});
  return whole(application.people().accept(
                   fields.text("secret", kSecretBytes), fields.text("password", kPasswordBytes),
                   fields.text_if("login").value_or(""), fields.text_if("name").value_or("")),
               201);
}

Result<Response> add_key(Application& application, const Request& request) {
  const JsonFields fields(request.json, {"name", "scopes", "group", "expires_ms"});
  const auto key = application.sign_in().add_key(
      request.caller(), fields.text("name"),
      set_of<Permission>(fields.texts("scopes"), "scopes", access::permission_named), fields.id_if("group"),
      fields.integer_if("expires_ms", 0, 1LL << 52));
  if (!key) return tl::unexpected<Error>(key.error());
  json value = as_json(key->key);
  value["secret"] = key->secret;
  return json_response(value, 201);
}

Result<Response> list_audit(Application& application, const Request& request) {
  constexpr int kMost = 200;
  const auto limit = static_cast<int>(request.number("limit", 1, kMost).value_or(50));
  const auto before = request.number("before", 1, 1LL << 52).value_or(0);
  const auto subject = request.query("subject").value_or("");
  if (count_characters(subject) > 100) throw_bad_request("subject", {"長すぎます", "is too long"});
  const auto records = application.audit().list(request.caller().tenant, subject, before, limit + 1);
  if (!records) return tl::unexpected<Error>(records.error());
  return page(all_as_json(*records), {limit, ""});
}

std::vector<Route> session_routes(Application& application) {
  const auto with = [&](auto work) {
    return [&application, work](const Request& request) { return work(application, request); };
  };
  const RouteOptions guessable{.body = Body::json, .strict_rate = true};
  return {
      {"POST", "/api/v1/invitations/accept", Access::open(), with(accept_invitation), guessable},
      {"POST", "/api/v1/session", Access::open(), with(open_session), guessable},
      {"GET", "/api/v1/session", Access::signed_in(), with(show_session)},
      {"DELETE", "/api/v1/session", Access::signed_in(), with(close_session)},
      {"PUT", "/api/v1/session/password", Access::signed_in(), with(change_password), guessable},
      {"POST", "/api/v1/session/code", Access::signed_in(), with(begin_code), guessable},
      {"POST", "/api/v1/session/code/confirmation", Access::signed_in(), with(confirm_code), guessable},
  };
}

std::vector<Route> user_routes(Application& application) {
  auto& people = application.people();
  const RouteOptions paging{.query = {"limit", "after"}};
  const RouteOptions body{.body = Body::json};
  const auto& config = application.config();
  return {
      {"GET", "/api/v1/users", Permission::manage_people,
       [&](const Request& r) {
         const auto paging_now = paging_of(r);
         return paged(people.users(r.caller().tenant, page_of(paging_now)), paging_now);
       },
       paging},
      {"POST", "/api/v1/users", Permission::manage_people,
       [&](const Request& r) { return invited(people.invite(r.caller(), user_choice(r)), config); }, body},
      {"GET", "/api/v1/users/{id}", Permission::manage_people,
       [&](const Request& r) { return whole(people.user(r.caller().tenant, r.id_of())); }},
      {"PUT", "/api/v1/users/{id}", Permission::manage_people,
       [&](const Request& r) { return whole(people.change(r.caller(), r.id_of(), user_choice(r))); }, body},
      {"POST", "/api/v1/users/{id}/invitation", Permission::manage_people,
       [&](const Request& r) { return invited(people.invite_again(r.caller(), r.id_of()), config); }},
      {"POST", "/api/v1/users/{id}/disable", Permission::manage_people,
       [&](const Request& r) { return done(people.disable(r.caller(), r.id_of(), true)); }},
      {"POST", "/api/v1/users/{id}/enable", Permission::manage_people,
       [&](const Request& r) { return done(people.disable(r.caller(), r.id_of(), false)); }},
  };
}

std::vector<Route> staff_routes(Application& application) {
  auto& people = application.people();
  const RouteOptions body{.body = Body::json};
  const auto employee = [](const Request& r, std::string id) {
    const JsonFields fields(r.json, {"code", "name", "group"});
    return access::Employee{std::move(id), fields.text("code"), fields.text("name"), fields.id_if("group")};
  };
  return {
      {"GET", "/api/v1/groups", Access::signed_in(),
       [&](const Request& r) -> Result<Response> {
         const auto groups = people.groups(r.caller().tenant);
         if (!groups) return tl::unexpected<Error>(groups.error());
         return json_response({{"items", all_as_json(*groups)}, {"next", nullptr}});
       }},
      {"POST", "/api/v1/groups", Permission::manage_people,
       [&](const Request& r) {
         return whole(people.add_group(r.caller(), JsonFields(r.json, {"name"}).text("name")), 201);
       },
       body},
      {"GET",
       "/api/v1/employees",
       Access::any_of({Permission::manage_people, Permission::work_cases}),
       [&](const Request& r) {
         const auto paging = paging_of(r);
         return paged(people.employees(r.caller().tenant, page_of(paging)), paging);
       },
       {.query = {"limit", "after"}}},
      {"POST", "/api/v1/employees", Permission::manage_people,
       [&people, employee](const Request& r) {
         const auto added = employee(r, "");
         return whole(people.add_employee(r.caller(), added.code, added.name, added.group), 201);
       },
       body},
      {"PUT", "/api/v1/employees/{id}", Permission::manage_people,
       [&people, employee](const Request& r) {
         return whole(people.change_employee(r.caller(), employee(r, r.id_of())));
       },
       body},
  };
}

std::vector<Route> key_routes(Application& application) {
  auto& sign_in = application.sign_in();
  return {
      {"GET", "/api/v1/api-keys", Permission::manage_keys,
       [&](const Request& r) -> Result<Response> {
         const auto keys = sign_in.keys(r.caller().tenant);
         if (!keys) return tl::unexpected<Error>(keys.error());
         return json_response({{"items", all_as_json(*keys)}, {"next", nullptr}});
       }},
      {"POST",
       "/api/v1/api-keys",
       Permission::manage_keys,
       [&](const Request& r) { return add_key(application, r); },
       {.body = Body::json}},
      {"DELETE", "/api/v1/api-keys/{id}", Permission::manage_keys,
       [&](const Request& r) { return done(sign_in.revoke_key(r.caller(), r.id_of())); }},
      {"GET",
       "/api/v1/audit",
       Permission::read_audit,
       [&](const Request& r) { return list_audit(application, r); },
       {.query = {"limit", "before", "subject"}}},
  };
}

}  // namespace

std::vector<Route> routes_of_access(Application& application) {
  auto routes = session_routes(application);
  for (auto* more : {user_routes, staff_routes, key_routes})
    for (auto& route : more(application)) routes.push_back(std::move(route));
  return routes;
}

}  // namespace guardian::server
