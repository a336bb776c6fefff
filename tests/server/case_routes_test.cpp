// Cases, who is told of them, and the page behind a notice's link, over a real server.
#include <gmock/gmock.h>

#include <thread>

#include "base/id.h"
#include "local_server.h"
#include "report/report.h"
#include "running_server.h"

namespace guardian::server {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

template <class Work>
void write(test::RunningServer& server, const Work& work) {
  const auto done = server.application().database().write([&](store::Transaction& t) -> Result<void> {
    work(t);
    return {};
  });
  if (!done) throw std::runtime_error(describe(done.error(), Language::english));
}

/// A suspected dealing, as a worker tells it.
void open_case(test::RunningServer& server, const std::string& tenant,
               const std::optional<std::string>& group) {
  const auto recording = make_id();
  report::Report report;
  report.verdict.score = 72;
  report.verdict.band = judgement::Band::high;
  report.verdict.suspected = true;
  judgement::Finding finding;
  finding.category = "threat";
  finding.label = {"脅迫", "threat"};
  finding.severity = 72;
  report.verdict.findings = {finding};
  write(server, [&](store::Transaction& t) {
    t.execute(
        "INSERT INTO recordings (id, tenant_id, name_sealed, object_id, bytes, sha256, uploaded_ms, state) "
        "VALUES (?, ?, ?, '', 0, '', 0, 'analysed')",
        {recording, tenant, store::Blob{"x"}});
    const archive::Analysed analysed{tenant,   recording, {},  group, {},    {},
                                     now_ms(), now_ms(),  0.0, false, report};
    ASSERT_TRUE(server.application().case_desk().cases().open_case(t, analysed));
  });
}

class CasesByHttp : public testing::Test {
 protected:
  CasesByHttp() {
    for (const auto role : {access::Role::administrator, access::Role::special_department}) {
      access::Caller caller;
      caller.tenant = tenant_;
      caller.id = make_id();
      caller.name = "佐藤";
      caller.roles = {role};
      caller.permissions = access::permissions_of(role);
      caller.reach = access::reach_of(role);
      server_.add_caller(std::string(access::name_of(role)), caller);
    }
    write(server_, [&](store::Transaction& t) {
      t.execute("INSERT INTO groups (id, tenant_id, name) VALUES (?, ?, '<b>受付</b>')", {group_, tenant_});
    });
  }
  void happen() { open_case(server_, tenant_, group_); }
  test::RunningServer::Answer as(const char* role, const std::string& method, const std::string& path,
                                 const json& body = nullptr, test::RunningServer::Fields fields = {}) const {
    fields.emplace_back("Authorization", std::string("Bearer ") + role);
    fields.emplace_back("Host", "guardian.test");
    if (!body.is_null()) fields.emplace_back("Content-Type", "application/json");
    return server_.ask(method, path, fields, body.is_null() ? "" : body.dump());
  }
  test::RunningServer::Answer admin(const std::string& method, const std::string& path,
                                    const json& body = nullptr,
                                    const test::RunningServer::Fields& fields = {}) const {
    return as("administrator", method, path, body, fields);
  }
  test::RunningServer::Answer department(const std::string& method, const std::string& path,
                                         const json& body = nullptr) const {
    return as("special_department", method, path, body);
  }
  json add_route() const {
    const auto added = admin(
        "POST", "/api/v1/notification-routes",
        {{"name", "当番"}, {"recipients", {{{"channel", "webhook"}, {"address", "https://10.0.0.1/hook"}}}}});
    EXPECT_EQ(added.status, 201) << added.body;
    return added.json();
  }
  test::RunningServer::Answer stranger(const std::string& method, const std::string& path,
                                       test::RunningServer::Fields fields = {}) const {
    fields.emplace_back("Host", "guardian.test");
    if (method == "POST") fields.emplace_back("Content-Length", "0");
    return server_.ask(method, path, fields);
  }
  /// As the dispatcher would send it.
  std::string link() {
    const auto notice = admin("GET", "/api/v1/notices").json()["items"][0];
    write(server_, [&](store::Transaction& t) {
      t.execute("UPDATE notices SET state = 'sending' WHERE id = ?", {notice["id"].get<std::string>()});
    });
    const auto out =
        server_.application().case_desk().outbox().open({tenant_, notice["recipient"]}, notice["id"]);
    const auto url = (*out)->delivery.link;
    return url.substr(url.find("/n/"));
  }

  std::string tenant_ = make_id();
  std::string group_ = make_id();
  test::RunningServer server_{{}, [](Config& config) { config.public_url = "http://guardian.test"; }};
};

TEST_F(CasesByHttp, GoThroughTheirLife) {
  happen();
  const auto listed = department("GET", "/api/v1/cases?state=open&score=60");
  ASSERT_EQ(listed.status, 200) << listed.body;
  ASSERT_EQ(listed.json()["items"].size(), 1U);
  const auto one = listed.json()["items"][0];
  EXPECT_EQ(one["now"], (json{{"score", 72}, {"band", "high"}, {"categories", {"threat"}}}));
  const auto path = "/api/v1/cases/" + one["id"].get<std::string>();
  const auto before = department("GET", path).header("ETag");
  EXPECT_EQ(department("POST", path + "/acknowledge").json()["state"], "acknowledged");
  EXPECT_NE(department("GET", path).header("ETag"), before);
  EXPECT_EQ(department("POST", path + "/notes", {{"text", "折り返した"}}).status, 200);
  EXPECT_EQ(department("POST", path + "/assign", {{"user", make_id()}}).status, 404);
  EXPECT_EQ(department("POST", path + "/close", {{"reason", "和解"}}).json()["closed_reason"], "和解");
  EXPECT_EQ(department("POST", path + "/close", {{"reason", "和解"}}).status, 409);
  EXPECT_EQ(department("POST", path + "/close", {{"reason", ""}}).status, 400);
  EXPECT_EQ(department("POST", path + "/reopen", {{"reason", "再発"}}).json()["history"].size(), 5U);
  EXPECT_EQ(department("GET", "/api/v1/cases?state=odd").status, 400);
  EXPECT_EQ(department("GET", "/api/v1/cases/" + make_id()).status, 404);
}

TEST_F(CasesByHttp, BeginWhereTheCompanyWants) {
  EXPECT_EQ(department("GET", "/api/v1/case-settings").json(),
            (json{{"opened_from", "caution"}, {"link_hours", 72}}));
  EXPECT_EQ(admin("PUT", "/api/v1/case-settings", {{"opened_from", "emergency"}, {"link_hours", 24}}).status,
            204);
  happen();
  EXPECT_EQ(department("GET", "/api/v1/cases").json()["items"].size(), 0U);
  EXPECT_EQ(admin("PUT", "/api/v1/case-settings", {{"opened_from", "odd"}, {"link_hours", 24}}).status, 400);
  EXPECT_EQ(admin("PUT", "/api/v1/case-settings", {{"opened_from", "none"}, {"link_hours", 24}}).status, 400);
}

TEST_F(CasesByHttp, AreToldToWhomAdministratorsChoose) {
  auto route = add_route();
  const auto path = "/api/v1/notification-routes/" + route["id"].get<std::string>();
  EXPECT_GE(route["recipients"][0]["secret"].get<std::string>().size(), 40U);
  const auto shown = admin("GET", path);
  EXPECT_FALSE(shown.json()["recipients"][0].contains("secret"));
  route.erase("id");
  route["recipients"][0].erase("secret");
  route["minimum_score"] = 60;
  EXPECT_EQ(admin("PUT", path, route).status, 428);
  EXPECT_EQ(admin("PUT", path, route, {{"If-Match", "\"old\""}}).status, 412);
  const auto changed = admin("PUT", path, route, {{"If-Match", shown.header("ETag")}});
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(changed.json()["minimum_score"], 60);
  EXPECT_EQ(admin("GET", "/api/v1/notification-routes").json()["items"].size(), 1U);
  const auto trial = admin("POST", path + "/trial");
  ASSERT_EQ(trial.status, 200) << trial.body;
  EXPECT_EQ(trial.json()["items"][0]["arrived"], false);
  happen();
  const auto notices = admin("GET", "/api/v1/notices?state=waiting").json()["items"];
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(admin("POST", "/api/v1/notices/" + notices[0]["id"].get<std::string>() + "/retry").status, 409);
  EXPECT_EQ(admin("DELETE", path).status, 204);
  EXPECT_EQ(admin("GET", path).status, 404);
}

TEST_F(CasesByHttp, TakeNoRouteThatMakesNoSense) {
  const auto refused = [&](const json& recipient, const json& more = json::object()) {
    json route{{"name", "x"}, {"recipients", json::array({recipient})}};
    route.update(more);
    return admin("POST", "/api/v1/notification-routes", route).status;
  };
  EXPECT_EQ(refused({{"channel", "mail"}, {"address", "a@example.jp\r\nBcc: x@evil.jp"}}), 400);
  EXPECT_EQ(refused({{"channel", "mail"}, {"address", "a@example.jp\nBcc: x@evil.jp"}}), 400);
  EXPECT_EQ(refused({{"channel", "pigeon"}, {"address", "a"}}), 400);
  EXPECT_EQ(refused({{"channel", "webhook"}, {"address", "http://example.jp/"}}), 400);
  const json good{{"channel", "mail"}, {"address", "a@example.jp"}};
  EXPECT_EQ(refused(good, {{"category", "no_such"}}), 400);
  EXPECT_EQ(refused(good, {{"category", "customer_distress"}}), 400);
  EXPECT_EQ(refused(good, {{"language", "fr"}}), 400);
  EXPECT_EQ(refused("text"), 400);
  EXPECT_EQ(refused(good), 201);
}

TEST_F(CasesByHttp, AreAcknowledgedThroughTheLinkByAButtonOnly) {
  add_route();
  happen();
  const auto path = link();
  const auto page = stranger("GET", path);
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, AllOf(HasSubstr("&lt;b&gt;受付&lt;/b&gt;"), HasSubstr("<form method=\"post\">"),
                               Not(HasSubstr("<script")), Not(HasSubstr("72"))));
  EXPECT_THAT(page.body, Not(HasSubstr("脅迫")));
  EXPECT_THAT(
      page.header("Content-Security-Policy"),
      AllOf(HasSubstr("default-src 'none'"), HasSubstr("form-action 'self'"), Not(HasSubstr("unsafe"))));
  EXPECT_EQ(page.header("Cache-Control"), "no-store");
  EXPECT_EQ(department("GET", "/api/v1/cases?state=open").json()["items"].size(), 1U);  // looking was nothing
  const test::RunningServer::Fields form{{"Origin", "http://guardian.test"},
                                         {"Content-Type", "application/x-www-form-urlencoded"}};
  EXPECT_EQ(stranger("POST", path, {{"Origin", "http://evil.test"}}).status, 403);
  const auto pressed = stranger("POST", path, form);
  EXPECT_EQ(pressed.status, 200) << pressed.body;
  EXPECT_THAT(pressed.body, AllOf(HasSubstr("確認済み"), Not(HasSubstr("<form"))));
  const auto known = department("GET", "/api/v1/cases").json()["items"][0];
  EXPECT_EQ(known["state"], "acknowledged");
  EXPECT_EQ(known["acknowledged_name"], "https://10.0.0.1/hook");
  for (const char* method : {"GET", "POST"}) {
    const auto again = stranger(method, path, form);
    EXPECT_EQ(again.status, 200);
    EXPECT_THAT(again.body, HasSubstr("確認済み"));
  }
  EXPECT_THAT(server_.log(), Not(HasSubstr(path.substr(3))));
}

TEST(AServerWithMail, TellsOfACaseByItself) {
  const auto package = test::source_dir() / ".deps/mail-server";
  if (!std::filesystem::exists(package))
    GTEST_SKIP() << "needs aiosmtpd in " << package << "; scripts/setup brings it";
  const test::TemporaryFolder folder;
  const auto mails = folder.path() / "mails";
  const test::LocalServer mail_server("casework/mail_server.py",
                                      {package.string(), mails.string(), "plain", "", ""});
  test::RunningServer server({}, [&](Config& config) {
    config.smtp = {
        "localhost", std::stoi(mail_server.address()), Smtp::Security::none, "", "", "g@example.jp", {}};
  });
  access::Caller administrator;
  administrator.tenant = make_id();
  administrator.id = make_id();
  administrator.permissions = access::permissions_of(access::Role::administrator);
  server.add_caller("administrator", administrator);
  const test::RunningServer::Fields fields{{"Authorization", "Bearer administrator"},
                                           {"Content-Type", "application/json"}};
  const json route{{"name", "当番"},
                   {"recipients", {{{"channel", "mail"}, {"address", "toban@example.jp"}}}}};
  const auto added = server.ask("POST", "/api/v1/notification-routes", fields, route.dump());
  ASSERT_EQ(added.status, 201) << added.body;
  const auto trial = server.ask("POST", added.header("Location") + "/trial", {fields[0]});
  EXPECT_EQ(trial.json()["items"][0]["arrived"], true) << trial.body;
  std::stop_source stop;
  server.application().case_desk().start(stop.get_token());
  open_case(server, administrator.tenant, {});
  std::string all;
  for (int i = 0; i < 2000 && std::count(all.begin(), all.end(), '\n') < 2; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    all = read_file(mails, 1U << 20U).value_or("");
  }
  EXPECT_THAT(all, HasSubstr("\\u8105\\u8feb"));  // 脅迫
  stop.request_stop();
}

TEST_F(CasesByHttp, HaveLinksThatDie) {
  add_route();
  happen();
  const auto path = link();
  for (const auto& forged : {"/n/" + std::string(32, '0'), path + "0", std::string("/n/%27%20OR%201=1")}) {
    EXPECT_EQ(stranger("GET", forged).status, 404);
    EXPECT_EQ(stranger("POST", forged).status, 404);
  }
  write(server_, [](store::Transaction& t) { t.execute("UPDATE notices SET link_expires_ms = 1"); });
  EXPECT_EQ(stranger("GET", path).status, 410);
  EXPECT_EQ(stranger("POST", path).status, 410);
  EXPECT_EQ(department("GET", "/api/v1/cases?state=open").json()["items"].size(), 1U);
}

}  // namespace
}  // namespace guardian::server
