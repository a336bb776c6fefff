#include <fmt/format.h>
#include <gmock/gmock.h>

#include "archive/recordings.h"
#include "report/example.h"
#include "report/stored_report.h"
#include "running_server.h"

namespace guardian::server {
namespace {

using access::Permission;
using access::Reach;
using archive::Recording;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const test::RunningServer::Fields kDepartment{{"Authorization", "Bearer department"}};
const test::RunningServer::Fields kManager{{"Authorization", "Bearer manager"}};
const test::RunningServer::Fields kStranger{{"Authorization", "Bearer stranger"}};
constexpr const char* kNumber = "090-1234-5678";

class RecordingsByHttp : public testing::Test {
 protected:
  template <class Work>
  auto write(const Work& work) {
    using Value = std::invoke_result_t<Work, store::Transaction&>;
    return app_.database().write([&](store::Transaction& t) -> Result<Value> { return work(t); }).value();
  }

  RecordingsByHttp() {
    add_caller("department", "t1", Reach::tenant, {Permission::see_personal, Permission::upload});
    add_caller("manager", "t1", Reach::group, {});
    add_caller("stranger", "t2", Reach::tenant, {Permission::upload});
    write([&](store::Transaction& t) {
      t.execute("INSERT INTO groups (id, tenant_id, name) VALUES ('g', 't1', 'front')");
      return true;
    });
  }
  void add_caller(const std::string& token, const std::string& tenant, Reach reach,
                  std::set<Permission> permissions) {
    access::Caller caller;
    caller.tenant = tenant;
    caller.id = token;
    caller.reach = reach;
    if (reach == Reach::group) caller.group = "g";
    caller.permissions = std::move(permissions);
    caller.permissions.insert(Permission::read_recordings);
    server_.add_caller(token, caller);
  }
  std::string add(const std::optional<std::string>& group = std::nullopt, std::int64_t score = -1) {
    Recording recording;
    recording.id = make_id();
    recording.tenant = "t1";
    recording.name = "田中.wav";
    recording.object = make_id();
    recording.content = recording.id;
    recording.group = group;
    recording.counterpart = "C-17";
    recording.uploaded_ms = now_ms();
    write([&](store::Transaction& t) {
      insert_recording(t, app_.keyring(), recording);
      if (score >= 0)
        t.execute(
            "UPDATE recordings SET state = 'analysed', score = ?, band = 'high', categories = ' threat '"
            " WHERE id = ?",
            {score, recording.id});
      return true;
    });
    return recording.id;
  }
  void add_report(const std::string& id) {
    auto report = report::example::report();
    report.transcript.utterances.at(0).text = std::string("電話番号は") + kNumber + "です";
    const auto object = make_id();
    ASSERT_TRUE(store::write_object(app_.objects(), object, archive::object_key(app_.keyring(), "t1"),
                                    report::to_stored(report)));
    write([&](store::Transaction& t) {
      return t.execute("UPDATE recordings SET report_id = ? WHERE id = ?", {object, id});
    });
  }
  /// Its report and the index of its words.
  void add_words(const std::string& id, const std::string& text) {
    auto report = report::example::report();
    auto& utterance = report.transcript.utterances.at(0);
    utterance.text = text;
    utterance.start_s = 1.5;
    utterance.end_s = 4.0;
    const auto object = make_id();
    ASSERT_TRUE(store::write_object(app_.objects(), object, archive::object_key(app_.keyring(), "t1"),
                                    report::to_stored(report)));
    write([&](store::Transaction& t) {
      t.execute("UPDATE recordings SET report_id = ?, silence_s = 90, duration_s = 200 WHERE id = ?",
                {object, id});
      EXPECT_TRUE(app_.words().add(t, {"t1", id, {}, {}, {}, {}, 0, 0, 0.0, false, report}));
      return true;
    });
  }
  test::RunningServer::Answer search(const std::string& words, const test::RunningServer::Fields& who,
                                     const std::string& more = "") {
    std::string encoded;
    for (const unsigned char byte : words) encoded += fmt::format("%{:02X}", byte);
    return server_.ask("GET", "/api/v1/search?words=" + encoded + more, who);
  }
  std::vector<std::string> ids(const std::string& query, const test::RunningServer::Fields& who) {
    std::vector<std::string> found;
    const auto page = server_.ask("GET", "/api/v1/recordings" + query, who).json();
    for (const auto& item : page["items"]) found.push_back(item["id"]);
    return found;
  }
  int status(const std::string& method, const std::string& path, const test::RunningServer::Fields& who,
             const std::string& body = {}) {
    auto fields = who;
    if (!body.empty()) fields.emplace_back("Content-Type", "application/json");
    return server_.ask(method, "/api/v1" + path, fields, body).status;
  }

  test::RunningServer server_;
  Application& app_ = server_.application();
};

TEST_F(RecordingsByHttp, AreListedNewestFirstWithinTheCallersReach) {
  const auto first = add("g", 70);
  const auto second = add(std::nullopt, 30);
  EXPECT_THAT(ids("", kDepartment), ElementsAre(second, first));
  EXPECT_THAT(ids("", kManager), ElementsAre(first));
  EXPECT_THAT(ids("", kStranger), ElementsAre());
  EXPECT_THAT(ids("?score=60", kDepartment), ElementsAre(first));
  EXPECT_THAT(ids("?category=threat&limit=1", kDepartment), ElementsAre(second));
  EXPECT_THAT(ids("?category=threa_", kDepartment), ElementsAre());
  EXPECT_THAT(ids("?counterpart=C-17", kDepartment), ElementsAre(second, first));
  EXPECT_THAT(ids("?to=2001-01-01T00:00:00Z", kDepartment), ElementsAre());
  EXPECT_EQ(status("GET", "/recordings?counterpart=C-17", kManager), 400);
}

TEST_F(RecordingsByHttp, AreFoundByTheWordsThatWereSaidInThem) {
  const auto threat = add("g", 70);
  const auto calm = add(std::nullopt, 10);
  add_words(threat, "責任者を呼べと言ってるんだ");
  add_words(calm, "責任を感じていただければ結構です");
  const auto found = search("責任者を呼んで", kDepartment).json();
  ASSERT_EQ(found["items"].size(), 1U);
  EXPECT_EQ(found["items"][0]["id"], threat);
  EXPECT_EQ(found["items"][0]["hits"][0]["text"], "責任者を呼べと言ってるんだ");
  EXPECT_EQ(found["items"][0]["hits"][0]["start_s"], 1.5);
  EXPECT_EQ(search("責任", kDepartment).json()["items"].size(), 2U);
  EXPECT_EQ(search("責任", kDepartment, "&score=50").json()["items"].size(), 1U);
  EXPECT_EQ(search("責任", kDepartment, "&min_silence_s=91").json()["items"].size(), 0U);
  EXPECT_EQ(search("責任", kManager).json()["items"].size(), 1U) << "within the reach only";
  EXPECT_EQ(search("責任", kStranger).json()["items"].size(), 0U);
  EXPECT_EQ(search("、。", kDepartment).status, 400);
  EXPECT_EQ(server_.ask("GET", "/api/v1/search", kDepartment).status, 400);
  const auto log = app_.audit().list("t1", threat, 0, 10);
  EXPECT_THAT(log->front().entry.action, "transcript.search");
}

TEST_F(RecordingsByHttp, TellNothingRedactedToWhoeverSearchesForIt) {
  const auto id = add("g", 70);
  add_words(id, std::string("電話番号は") + kNumber + "です");
  EXPECT_EQ(search("電話番号", kDepartment).json()["items"].size(), 1U);
  EXPECT_THAT(search("電話番号", kManager).body, Not(HasSubstr(kNumber)));
  EXPECT_THAT(search("電話番号", kManager).body, HasSubstr("電話番号"));
  EXPECT_EQ(search(kNumber, kManager).json()["items"].size(), 0U);
}

TEST_F(RecordingsByHttp, AreNotFoundByOthers) {
  const auto id = add(std::nullopt, 50);
  EXPECT_EQ(status("GET", "/recordings/" + id, kDepartment), 200);
  for (const auto& who : {kManager, kStranger}) {
    EXPECT_EQ(status("GET", "/recordings/" + id, who), 404);
    EXPECT_EQ(status("GET", "/recordings/" + id + "/report", who), 404);
    EXPECT_EQ(status("GET", "/recordings/" + id + "/report.html", who), 404);
  }
  EXPECT_EQ(status("POST", "/recordings/" + id + "/analyse", kStranger), 404);
  EXPECT_EQ(status("POST", "/recordings/" + id + "/cancel", kStranger), 404);
}

TEST_F(RecordingsByHttp, HaveReportsInWhichPersonalDetailsAreForThoseWhoMaySeeThem) {
  const auto id = add("g", 70);
  EXPECT_EQ(status("GET", "/recordings/" + id + "/report", kDepartment), 404);
  add_report(id);
  const auto path = "/api/v1/recordings/" + id + "/report";
  const auto open = server_.ask("GET", path, kDepartment);
  EXPECT_THAT(open.body, HasSubstr(kNumber));
  EXPECT_EQ(open.json()["schema"], "kasuhara-guardian/report/1");
  const auto redacted = server_.ask("GET", path, kManager);
  EXPECT_EQ(redacted.status, 200);
  EXPECT_THAT(redacted.body, Not(HasSubstr(kNumber)));
  const auto page = server_.ask("GET", path + ".html", kManager);
  EXPECT_THAT(page.body, HasSubstr("<html"));
  EXPECT_THAT(page.body, Not(HasSubstr(kNumber)));
  EXPECT_THAT(server_.ask("GET", "/api/v1/recordings/" + id, kManager).body, Not(HasSubstr("C-17")));

  const auto log = app_.audit().list("t1", id, 0, 10);
  ASSERT_TRUE(log);
  ASSERT_EQ(log->size(), 3U);
  EXPECT_EQ(log->at(0).entry.action, "report.read");
}

TEST_F(RecordingsByHttp, AreAnalysedAgainPutFirstAndCancelled) {
  const auto id = add("g", 70);
  EXPECT_EQ(status("POST", "/recordings/" + id + "/analyse", kManager), 403);
  EXPECT_EQ(status("POST", "/recordings/" + id + "/analyse", kDepartment), 202);
  EXPECT_EQ(status("POST", "/recordings/" + id + "/analyse", kDepartment), 409);
  EXPECT_EQ(status("PUT", "/recordings/" + id + "/priority", kDepartment, R"({"priority": 11})"), 400);
  EXPECT_EQ(status("PUT", "/recordings/" + id + "/priority", kDepartment, R"({"priority": 5})"), 200);
  const auto shown = server_.ask("GET", "/api/v1/recordings/" + id, kDepartment).json();
  EXPECT_EQ(shown["state"], "waiting");
  EXPECT_EQ(shown["job"]["priority"], 5);
  EXPECT_EQ(shown["outlook"]["before"], 0);
  EXPECT_EQ(server_.ask("GET", "/api/v1/jobs?state=waiting", kManager).json()["items"].size(), 1U);
  EXPECT_EQ(server_.ask("GET", "/api/v1/jobs", kStranger).json()["items"].size(), 0U);
  EXPECT_EQ(status("POST", "/recordings/" + id + "/cancel", kDepartment), 200);
  EXPECT_EQ(status("POST", "/recordings/" + id + "/cancel", kDepartment), 404);
}

TEST_F(RecordingsByHttp, TellTheirProgressToThoseWhoMayKnow) {
  test::RawConnection listener(server_.port());
  listener.send("GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer manager\r\n\r\n");
  EXPECT_THAT(listener.until("text/event-stream"), HasSubstr("200"));
  const auto told = [](const std::string& tenant, const std::string& recording, const std::string& group) {
    return archive::ProgressEvent{tenant,      "job", recording, std::nullopt, group, archive::Pass::full,
                                  "analysing", 0.25};
  };
  app_.progress().publish(told("t2", "another-tenant", "g"));
  app_.progress().publish(told("t1", "another-group", "h"));
  app_.progress().publish(told("t1", "ours", "g"));
  const auto heard = listener.until("ours");
  EXPECT_THAT(heard, HasSubstr("event: progress"));
  EXPECT_THAT(heard, Not(HasSubstr("another")));
}

}  // namespace
}  // namespace guardian::server
