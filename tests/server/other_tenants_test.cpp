// Two companies on one server: whatever id of the other is put into whatever route, nothing is found, shown
// or changed.
#include <gmock/gmock.h>

#include "archive/recordings.h"
#include "base/id.h"
#include "running_server.h"

namespace guardian::server {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class TwoCompanies : public testing::Test {
 protected:
  TwoCompanies()
      : server_({}, [](Config& config) {
          config.workers.number = 0;
          config.rates.address = config.rates.caller = {1e6, 1'000'000};
        }) {
    for (const char* name : {"ours", "theirs"}) {
      access::Caller caller;
      caller.tenant = make_id();
      caller.id = make_id();
      caller.roles = {access::Role::administrator, access::Role::special_department};
      for (const auto role : caller.roles) caller.permissions.merge(access::permissions_of(role));
      caller.reach = access::reach_of(access::Role::special_department);
      server_.add_caller(name, caller);
      callers_[name] = caller;
    }
    fill();
  }

  test::RunningServer::Answer ask(const std::string& who, const std::string& method, const std::string& path,
                                  const json& body = nullptr) {
    test::RunningServer::Fields fields{{"Authorization", "Bearer " + who}};
    if (!body.is_null()) fields.emplace_back("Content-Type", "application/json");
    return server_.ask(method, path, fields, body.is_null() ? "" : body.dump());
  }
  std::string make(const std::string& path, const json& body, const char* id = "id") {
    const auto answer = ask("theirs", "POST", path, body);
    EXPECT_EQ(answer.status, 201) << path << answer.body;
    return answer.json().at(id);
  }
  /// One of everything that has an id.
  void fill() {
    const auto group = make("/api/v1/groups", {{"name", "a-group"}});
    const auto employee = make("/api/v1/employees", {{"code", "E-1"}, {"name", "an-employee"}});
    const auto user = make("/api/v1/users",
                           {{"login", "a@example.jp"}, {"name", "a-user"}, {"roles", {"auditor"}}}, "user");
    const auto key = make("/api/v1/api-keys", {{"name", "a-key"}, {"scopes", {"upload"}}});
    const auto route =
        make("/api/v1/notification-routes",
             {{"name", "a-route"}, {"recipients", {{{"channel", "mail"}, {"address", "b@example.jp"}}}}});
    ids_ = {group, employee, user, key, route, callers_["theirs"].id, add_recording()};
    const auto form =
        server_.ask("POST", "/api/v1/uploads",
                    {{"Authorization", "Bearer theirs"}, {"Tus-Resumable", "1.0.0"}, {"Upload-Length", "5"}});
    EXPECT_EQ(form.status, 201) << form.body;
    const auto location = form.header("Location");
    ids_.push_back(location.substr(location.rfind('/') + 1));
  }
  std::string add_recording() {
    archive::Recording recording;
    recording.id = recording.object = recording.content = make_id();
    recording.tenant = callers_["theirs"].tenant;
    recording.name = "a-recording.wav";
    auto& application = server_.application();
    const auto added = application.database().write([&](store::Transaction& t) -> Result<void> {
      archive::insert_recording(t, application.keyring(), recording);
      case_ = make_id();
      t.execute(
          "INSERT INTO cases (id, tenant_id, recording_id, occurred_ms, opened_ms, opened_score, opened_band,"
          " opened_categories, score, band, categories, state, urgency, waiting_since_ms)"
          " VALUES (?, ?, ?, 0, 0, 50, 'caution', ' threat ', 50, 'caution', ' threat ', 'open', 2050, 0)",
          {case_, recording.tenant, recording.id});
      const auto queued = application.queue().enqueue(t, recording.tenant, recording.id);
      if (!queued) return tl::unexpected<Error>(queued.error());
      return {};
    });
    EXPECT_TRUE(added);
    ids_.push_back(case_);
    return recording.id;
  }
  /// What the other company sees of its own things.
  std::string picture() {
    std::string all;
    for (const char* path :
         {"/api/v1/groups", "/api/v1/employees", "/api/v1/users", "/api/v1/api-keys",
          "/api/v1/notification-routes", "/api/v1/recordings", "/api/v1/cases", "/api/v1/jobs"})
      all += ask("theirs", "GET", path).body + "\n";
    return all;
  }

  test::RunningServer server_;
  std::map<std::string, access::Caller> callers_;
  std::string case_;
  std::vector<std::string> ids_;
};

TEST_F(TwoCompanies, NoIdOfTheOtherOpensOrChangesAnything) {
  const auto before = picture();
  for (const char* name : {"a-group", "an-employee", "a-user", "a-key", "a-route", "a-recording"})
    ASSERT_THAT(before, HasSubstr(name));
  int asked = 0;
  for (const auto& route : server_.application().routes()) {
    const auto place = route.path.find("{id}");
    if (place == std::string::npos) continue;
    for (const auto& id : ids_) {
      auto path = route.path;
      path.replace(place, 4, id);
      if (const auto day = path.find("{day}"); day != std::string::npos) path.replace(day, 5, "2026-11-01");
      const auto answer =
          ask("ours", route.method, path, route.options.body == Body::json ? json::object() : json());
      EXPECT_GE(answer.status, 400) << route.method << " " << path << "\n" << answer.body;
      EXPECT_LT(answer.status, 500) << route.method << " " << path << "\n" << answer.body;
      EXPECT_THAT(answer.body, Not(HasSubstr("a-recording"))) << path;
      ++asked;
    }
  }
  EXPECT_GT(asked, 100);
  EXPECT_EQ(picture(), before);
}

TEST_F(TwoCompanies, NothingOfTheOtherIsListed) {
  for (const auto& route : server_.application().routes()) {
    if (route.method != "GET" || route.path.find('{') != std::string::npos || route.access.is_open())
      continue;
    if (route.path == "/api/v1/events")
      continue;  // a stream; archive.ProgressOfRecordings tells who hears what
    if (route.path.ends_with(".pdf"))
      continue;  // ids could not be seen in it; made of what other routes list
    const auto answer = ask("ours", "GET", route.path);
    for (const auto& id : ids_) EXPECT_THAT(answer.body, Not(HasSubstr(id))) << route.path;
    EXPECT_LT(answer.status, 500) << route.path;
  }
}

}  // namespace
}  // namespace guardian::server
