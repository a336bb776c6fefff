#include <gmock/gmock.h>

#include "archive/recordings.h"
#include "server/application.h"
#include "server/routes/routes.h"
#include "support.h"

namespace guardian::server {
namespace {

using access::Permission;
using access::Role;
using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::int64_t kThreeDays_ms = 3LL * 24 * 3600 * 1000;

class TheLedgersByHttp : public testing::Test {
 protected:
  TheLedgersByHttp() {
    for (const auto& employee : {employee_, colleague_})
      sql("INSERT INTO employees (id, tenant_id, group_id, code, name) VALUES (?, ?, ?, ?, 'x')",
          {employee, tenant_, group_, employee});
    for (int i = 0; i < 5; ++i) record(make_id(), i == 0 ? employee_ : make_employee());
  }
  std::string make_employee() {
    auto id = make_id();
    sql("INSERT INTO employees (id, tenant_id, group_id, code, name) VALUES (?, ?, ?, ?, 'x')",
        {id, tenant_, group_, id});
    return id;
  }
  void sql(const char* text, const store::Values& values) {
    const auto done = application_->database().write([&](store::Transaction& t) -> Result<void> {
      t.execute(text, values);
      return {};
    });
    if (!done) throw std::runtime_error(describe(done.error(), Language::english));
  }
  /// A dealing of one minute, three days ago, with one finding.
  void record(const std::string& id, const std::string& employee) {
    sql("INSERT INTO recordings (id, tenant_id, name_sealed, object_id, bytes, sha256, uploaded_ms, state) "
        "VALUES (?, ?, ?, '', 0, ?, 0, 'analysed')",
        {id, tenant_, store::Blob{"x"}, id});
    report::Report report;
    report.recording.duration_s = 90.0;
    judgement::Finding finding;
    finding.category = "threat";
    finding.label = {"脅迫", "threat"};
    finding.severity = 80;
    finding.end_s = 60.0;
    report.verdict.findings = {finding};
    report.exposure = wellbeing::measure_exposure(report.verdict, report.transcript);
    const auto then_ms = now_ms() - kThreeDays_ms;
    const auto done = application_->database().write([&](store::Transaction& t) -> Result<void> {
      const archive::Analysed told{tenant_, id,      employee, group_, {},    {},
                                   then_ms, then_ms, 0.0,      false,  report};
      if (auto charged = application_->metering().charge(t, told); !charged) return charged;
      return application_->load_ledger().record_exposure(t, told);
    });
    if (!done) throw std::runtime_error(describe(done.error(), Language::english));
    recordings_.push_back(id);
  }
  access::Caller caller(Role role, const std::string& employee = "") const {
    access::Caller by;
    by.tenant = tenant_;
    by.id = make_id();
    by.roles = {role};
    by.permissions = access::permissions_of(role);
    by.reach = access::reach_of(role);
    by.group = group_;
    if (!employee.empty()) by.employee = employee;
    return by;
  }

  /// As dispatch does after it has let the caller in.
  Result<Response> ask(const access::Caller& by, const std::string& method, const std::string& path,
                       json body = nullptr, std::map<std::string, std::string, std::less<>> query = {}) {
    const auto match = router_.match(method, path);
    if (match.route == nullptr) throw std::runtime_error("no such route: " + path);
    if (!match.route->access.allows(by)) return fail(Error::Kind::forbidden, path, {}, {});
    Request request;
    request.method = method;
    request.path = path;
    request.language = Language::english;
    request.path_values = match.values;
    request.query_values = std::move(query);
    request.known_caller = by;
    request.json = std::move(body);
    try {
      return match.route->handler(request);
    } catch (const BadRequest& bad) {
      return tl::unexpected<Error>(bad.error);
    }
  }
  json answer(const access::Caller& by, const std::string& method, const std::string& path,
              json body = nullptr, std::map<std::string, std::string, std::less<>> query = {}) {
    const auto response = ask(by, method, path, std::move(body), std::move(query));
    if (!response) throw std::runtime_error(describe(response.error(), Language::english));
    return json::parse(std::get<std::string>(response->body));
  }
  Error::Kind refused(const access::Caller& by, const std::string& method, const std::string& path,
                      json body = nullptr, std::map<std::string, std::string, std::less<>> query = {}) {
    const auto response = ask(by, method, path, std::move(body), std::move(query));
    if (response) throw std::runtime_error("was not refused");
    return response.error().kind;
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<Application> application_ = [this] {
    Config config;
    config.data = folder_.path() / "data";
    config.plan_minutes = 100;
    return std::move(*Application::open(config));
  }();
  std::string tenant_ = application_->people()
                            .set_up("会社")
                            .map([&](const auto&) {
                              return application_->database()
                                  .read([](store::Transaction& t) -> Result<std::string> {
                                    return t.first("SELECT id FROM tenants")->text("id");
                                  })
                                  .value();
                            })
                            .value();
  std::string group_ = [this] {
    auto id = make_id();
    sql("INSERT INTO groups (id, tenant_id, name) VALUES (?, ?, 'A')", {id, tenant_});
    return id;
  }();
  std::string employee_ = make_id();
  std::string colleague_ = make_id();
  std::vector<std::string> recordings_;
  Router router_ = *Router::make([this] {
    auto routes = routes_of_usage(*application_);
    for (auto& route : routes_of_load(*application_)) routes.push_back(std::move(route));
    return routes;
  }());
};

TEST_F(TheLedgersByHttp, HalfOfTheMinutesUsedIsToldToThoseWhoHearOfEverything) {
  const auto administrator = caller(Role::administrator);
  casework::Route route;
  route.name = "all";
  route.recipients = {{"", casework::ChannelKind::mail, "boss@example.jp", "", ""}};
  ASSERT_TRUE(application_->case_desk().routes().add(administrator, route));
  ASSERT_TRUE(ask(administrator, "PUT", "/api/v1/usage/plan", {{"minutes", 10}}));
  record(make_id(), make_employee());
  const auto notices = application_->case_desk().outbox().list(administrator, {});
  ASSERT_TRUE(notices);
  ASSERT_EQ(notices->size(), 1U) << "once, however much more is charged";
  EXPECT_EQ(notices->at(0).case_id, "");
}

TEST_F(TheLedgersByHttp, WhatIsHeldForWantOfMinutesGoesOnWithMoreOfThem) {
  const auto id = make_id();
  const auto state = [&](const char* column) {
    return application_->database()
        .read([&](store::Transaction& t) -> Result<std::string> {
          return t.first(std::string("SELECT ") + column + " AS it FROM recordings WHERE id = ?", {id})
              ->text_if("it")
              .value_or("");
        })
        .value();
  };
  application_->database().write([&](store::Transaction& t) -> Result<void> {
    archive::Recording recording;
    recording.id = recording.object = recording.content = id;
    recording.tenant = tenant_;
    recording.name = "long.wav";
    recording.bytes = 600LL << 20;  // ten hours of a telephone
    archive::insert_recording(t, application_->keyring(), recording);
    EXPECT_TRUE(application_->queue().enqueue(t, tenant_, id));
    const auto reason = application_->metering_gate().hold_back(t, tenant_, id);
    EXPECT_TRUE(reason && *reason);
    return application_->queue().hold(t, tenant_, id, reason->value_or(Text{}));
  });
  EXPECT_EQ(state("state"), "held");
  EXPECT_THAT(state("reason_en"), HasSubstr("100 minutes"));
  const auto administrator = caller(Role::administrator);
  ASSERT_TRUE(ask(administrator, "POST", "/api/v1/usage/allowances", {{"minutes", 10}}));
  EXPECT_EQ(state("state"), "held") << "it does not fit yet";
  ASSERT_TRUE(ask(administrator, "PUT", "/api/v1/usage/plan", {{"minutes", 20000}}));
  EXPECT_EQ(state("state"), "waiting");
  EXPECT_EQ(state("reason_en"), "");
}

TEST_F(TheLedgersByHttp, AnAdministratorReadsTheAccountAndAllowsMore) {
  const auto by = caller(Role::administrator);
  const auto usage = answer(by, "GET", "/api/v1/usage");
  EXPECT_EQ(usage["plan"]["minutes"], 100);
  const auto month = format_month(month_of(TimeZone::named("Asia/Tokyo")->day_at(now_ms() - kThreeDays_ms)));
  EXPECT_EQ(answer(by, "GET", "/api/v1/usage", nullptr, {{"month", month}})["used"]["seconds"], 5 * 90);
  EXPECT_EQ(ask(by, "PUT", "/api/v1/usage/plan", {{"minutes", 8}})->status, 204);
  const auto waits = answer(by, "POST", "/api/v1/usage/estimate", {{"duration_s", 600.5}});
  EXPECT_EQ(waits["estimate"]["seconds"], 601);
  EXPECT_EQ(waits["would_wait"], true);
  EXPECT_EQ(ask(by, "POST", "/api/v1/usage/allowances", {{"minutes", 50}})->status, 201);
  EXPECT_EQ(answer(by, "POST", "/api/v1/usage/estimate", {{"duration_s", 600.5}})["would_wait"], false);
  EXPECT_EQ(answer(by, "GET", "/api/v1/usage")["allowances"].size(), 1U);
}

TEST_F(TheLedgersByHttp, TheAccountIsExportedAsAFile) {
  const auto by = caller(Role::auditor);
  const auto month = answer(by, "GET", "/api/v1/usage")["month"].get<std::string>();
  const auto response = ask(by, "GET", "/api/v1/usage/export", nullptr, {{"month", month}, {"for", "excel"}});
  ASSERT_TRUE(response);
  EXPECT_THAT(std::get<std::string>(response->body), StartsWith("\xEF\xBB\xBFmonth,"));
  EXPECT_THAT(response->headers.get("Content-Disposition").value_or(""),
              HasSubstr("usage-" + month + ".csv"));
  EXPECT_EQ(refused(by, "GET", "/api/v1/usage/export"), Error::Kind::usage);
  EXPECT_EQ(refused(by, "GET", "/api/v1/usage", nullptr, {{"month", "2026-13"}}), Error::Kind::usage);
}

TEST_F(TheLedgersByHttp, NobodyButAnAdministratorChangesThePlanOrTheCalendar) {
  for (const auto role : {Role::employee, Role::group_manager, Role::special_department, Role::auditor}) {
    EXPECT_EQ(refused(caller(role), "PUT", "/api/v1/usage/plan", {{"minutes", 1}}), Error::Kind::forbidden);
    EXPECT_EQ(refused(caller(role), "POST", "/api/v1/usage/allowances", {{"minutes", 1}}),
              Error::Kind::forbidden);
    EXPECT_EQ(refused(caller(role), "PUT", "/api/v1/calendar", {{"time_zone", "UTC"}}),
              Error::Kind::forbidden);
  }
  const auto by = caller(Role::administrator);
  EXPECT_EQ(refused(by, "PUT", "/api/v1/calendar", {{"time_zone", "Mars/Base"}}), Error::Kind::usage);
  EXPECT_EQ(ask(by, "PUT", "/api/v1/calendar", {{"time_zone", "Europe/Berlin"}})->status, 204);
  EXPECT_EQ(answer(by, "GET", "/api/v1/calendar")["time_zone"], "Europe/Berlin");
}

TEST_F(TheLedgersByHttp, AnEmployeeSeesEveryDetailOfTheOwnLoad) {
  const auto by = caller(Role::employee, employee_);
  const auto own = answer(by, "GET", "/api/v1/load/own");
  EXPECT_THAT(own["statement"].get<std::string>(), HasSubstr("not a stress check"));
  ASSERT_EQ(own["days"].size(), 28U);
  const auto& then = own["days"][24];
  EXPECT_EQ(then["added"], 0.8);
  EXPECT_EQ(then["band"], "green");
  EXPECT_EQ(own["days"][27]["recovery_days"], 3);
  const auto day = then["day"].get<std::string>();
  const auto explained = answer(by, "GET", "/api/v1/load/own/days/" + day);
  ASSERT_EQ(explained["shares"].size(), 1U);
  EXPECT_EQ(explained["shares"][0]["recording"], recordings_[0]);
  EXPECT_EQ(explained["shares"][0]["label"], "threat");
  EXPECT_EQ(refused(by, "GET", "/api/v1/load/own/days/yesterday"), Error::Kind::usage);
  EXPECT_EQ(refused(by, "GET", "/api/v1/load/own", nullptr, {{"from", "1900-01-01"}}), Error::Kind::usage);
}

TEST_F(TheLedgersByHttp, AnswersAreTheEmployeesOwn) {
  const auto by = caller(Role::employee, employee_);
  const auto today = answer(by, "GET", "/api/v1/calendar")["today"].get<std::string>();
  const auto path = "/api/v1/load/own/days/" + today + "/answers";
  EXPECT_EQ(ask(by, "PUT", path, {{"afraid", 3}})->status, 204);
  EXPECT_EQ(refused(by, "PUT", path, {{"afraid", 5}}), Error::Kind::usage);
  EXPECT_EQ(refused(by, "PUT", path, {{"mood", 1}}), Error::Kind::usage);
  EXPECT_EQ(answer(by, "GET", "/api/v1/load/own")["days"][27]["answers"]["afraid"], 3);
  EXPECT_TRUE(
      answer(caller(Role::employee, colleague_), "GET", "/api/v1/load/own")["days"][27]["answers"]["afraid"]
          .is_null());
}

TEST_F(TheLedgersByHttp, AnObjectionIsRaisedByTheEmployeeAndDecidedByOthers) {
  const auto by = caller(Role::employee, employee_);
  const json objection = {{"recording", recordings_[0]}, {"finding", 0}, {"reason", "a joke"}};
  EXPECT_EQ(refused(caller(Role::employee, colleague_), "POST", "/api/v1/load/own/disputes", objection),
            Error::Kind::not_found);
  const auto raised = answer(by, "POST", "/api/v1/load/own/disputes", objection);
  const auto decision = "/api/v1/load/disputes/" + raised["id"].get<std::string>() + "/decision";
  EXPECT_EQ(answer(by, "GET", "/api/v1/load/own")["days"][24]["added"], 0.0);
  EXPECT_EQ(refused(by, "POST", decision, {{"upheld", true}}), Error::Kind::forbidden);
  const auto manager = caller(Role::group_manager);
  EXPECT_EQ(answer(manager, "GET", "/api/v1/load/disputes")["items"][0]["reason"], "a joke");
  EXPECT_EQ(ask(manager, "POST", decision, {{"upheld", false}})->status, 204);
  EXPECT_EQ(answer(by, "GET", "/api/v1/load/own")["days"][24]["added"], 0.8);
  EXPECT_EQ(answer(by, "GET", "/api/v1/load/own/disputes")["items"][0]["state"], "rejected");
}

TEST_F(TheLedgersByHttp, AManagerSeesCountsAndNobodysOwnLoad) {
  const auto manager = caller(Role::group_manager);
  const auto seen = answer(manager, "GET", "/api/v1/load/groups");
  ASSERT_EQ(seen["groups"].size(), 1U);
  ASSERT_EQ(seen["groups"][0]["pictures"].size(), 1U);
  EXPECT_EQ(seen["groups"][0]["pictures"][0]["green"], 5);
  EXPECT_THAT(seen.dump(), testing::Not(HasSubstr(employee_)));
  for (const auto role : {Role::administrator, Role::group_manager, Role::special_department, Role::auditor})
    EXPECT_EQ(refused(caller(role, employee_), "GET", "/api/v1/load/own"), Error::Kind::forbidden);
  for (const auto role : {Role::administrator, Role::employee, Role::auditor})
    EXPECT_EQ(refused(caller(role, employee_), "GET", "/api/v1/load/groups"), Error::Kind::forbidden);
}

}  // namespace
}  // namespace guardian::server
