// Every route of the program with every role: what is not allowed is refused, before anything else is looked
// at.
#include <gmock/gmock.h>

#include "base/id.h"
#include "running_server.h"

namespace guardian::server {
namespace {

constexpr std::array kRoles = {access::Role::administrator, access::Role::special_department,
                               access::Role::group_manager, access::Role::employee, access::Role::auditor};

/// The path with ids that could be.
std::string filled(std::string path) {
  for (auto begin = path.find('{'); begin != std::string::npos; begin = path.find('{'))
    path.replace(begin, path.find('}') - begin + 1, make_id());
  return path;
}

class EveryRoute : public testing::Test {
 protected:
  EveryRoute()
      : server_({}, [](Config& config) {
          config.rates.address = config.rates.caller = {1e6, 1'000'000};
        }) {
    for (const auto role : kRoles) {
      access::Caller caller;
      caller.tenant = tenant_;
      caller.id = make_id();
      caller.roles = {role};
      caller.permissions = access::permissions_of(role);
      caller.reach = access::reach_of(role);
      callers_[role] = caller;
      server_.add_caller(std::string(access::name_of(role)), caller);
    }
    for (auto& route : server_.application().routes())
      if (!route.access.is_open()) closed_.push_back(std::move(route));
  }

  std::string tenant_ = make_id();
  test::RunningServer server_;
  std::map<access::Role, access::Caller> callers_;
  std::vector<Route> closed_;
};

TEST_F(EveryRoute, RefusesStrangers) {
  ASSERT_FALSE(closed_.empty());
  for (const auto& route : closed_) {
    EXPECT_EQ(server_.ask(route.method, filled(route.path)).status, 401) << route.method << " " << route.path;
    EXPECT_EQ(server_.ask(route.method, filled(route.path), {{"Authorization", "Bearer forged"}}).status, 401)
        << route.method << " " << route.path;
  }
}

TEST_F(EveryRoute, RefusesRolesWithoutItsPermission) {
  int refused = 0;
  for (const auto& route : closed_)
    for (const auto role : kRoles) {
      if (route.access.allows(callers_[role])) continue;
      const std::string name(access::name_of(role));
      EXPECT_EQ(server_.ask(route.method, filled(route.path), {{"Authorization", "Bearer " + name}}).status,
                403)
          << name << ": " << route.method << " " << route.path;
      ++refused;
    }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace guardian::server
