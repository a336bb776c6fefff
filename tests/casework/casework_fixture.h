// tests/casework/casework_fixture.h - a tenant with two groups and everything of casework/ over a real
// database.
#pragma once

#include <gmock/gmock.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/id.h"
#include "casework/cases.h"
#include "casework/deep_links.h"
#include "casework/dispatcher.h"
#include "casework/outbox.h"
#include "casework/routes.h"
#include "casework/settings.h"
#include "local_server.h"
#include "support.h"

namespace guardian::casework {

inline const redaction::Redactor& redactor() {
  static const auto loaded = std::move(*redaction::Redactor::load());
  return loaded;
}

inline report::Report report_of(int score, judgement::Band band, const std::vector<std::string>& categories,
                                const std::string& quote = "土下座しろ") {
  report::Report report;
  report.verdict.score = score;
  report.verdict.band = band;
  report.verdict.suspected = score >= 40;
  for (const auto& category : categories) {
    judgement::Finding finding;
    finding.category = category;
    finding.label = {category + "の名", category};
    finding.severity = score;
    finding.quote = quote;
    report.verdict.findings.push_back(std::move(finding));
  }
  return report;
}

/// What stands in a database, and works on it. Several can follow each other on one file.
struct Desk {
  Desk(const std::filesystem::path& file, const Key& master, const OutboxOptions& options = {})
      : database(std::move(*store::open_embedded(file.string()))),
        keyring(std::move(*access::Keyring::open(*database, master))),
        audit(*database, keyring),
        routes(*database, keyring, audit, {"threat", "verbal_abuse", "dogeza"}, true),
        outbox(*database, keyring, audit, routes, options),
        cases(*database, keyring, audit, outbox, redactor()),
        links(*database, keyring, audit, routes) {}

  template <class Work>
  void write(const Work& work) const {
    const auto done = database->write([&](store::Transaction& t) -> Result<void> {
      work(t);
      return {};
    });
    if (!done) throw std::runtime_error(describe(done.error(), Language::english));
  }

  std::unique_ptr<store::Database> database;
  access::Keyring keyring;
  access::AuditLog audit;
  Routes routes;
  Outbox outbox;
  Cases cases;
  DeepLinks links;
};

class Casework : public testing::Test {
 protected:
  Casework() {
    desk_->write([&](store::Transaction& t) {
      for (const auto& tenant : {tenant_, other_tenant_}) {
        t.execute("INSERT INTO tenants (id, name, created_ms) VALUES (?, 'x', 0)", {tenant});
        desk_->keyring.add_tenant(t, tenant);
      }
      for (const auto& [id, name] : {std::pair(group_, "受付"), std::pair(other_group_, "修理")})
        t.execute("INSERT INTO groups (id, tenant_id, name) VALUES (?, ?, ?)",
                  {id, tenant_, std::string(name)});
    });
  }

  /// As the server makes it anew after a restart.
  void reopen(const OutboxOptions& options = {}) {
    desk_.reset();
    desk_ = std::make_unique<Desk>(file_, master_, options);
  }

  access::Caller caller(access::Role role, const std::string& group = {}) const {
    access::Caller made;
    made.tenant = tenant_;
    made.id = make_id();
    made.name = "佐藤";
    made.roles = {role};
    made.permissions = access::permissions_of(role);
    made.reach = access::reach_of(role);
    if (!group.empty()) made.group = group;
    return made;
  }

  struct Dealing {
    std::optional<std::string> group;
    std::optional<std::string> counterpart;
    std::optional<std::string> same_as;
    std::int64_t started_ms = 1'790'000'000'000;
  };
  std::string record(const Dealing& dealing) {
    auto id = make_id();
    desk_->write([&](store::Transaction& t) {
      t.execute(
          "INSERT INTO recordings (id, tenant_id, name_sealed, object_id, bytes, sha256, uploaded_ms, state) "
          "VALUES (?, ?, ?, '', 0, '', 0, 'analysed')",
          {id, tenant_, store::Blob{"x"}});
      if (dealing.group) t.execute("UPDATE recordings SET group_id = ? WHERE id = ?", {*dealing.group, id});
    });
    return id;
  }
  void analyse(const std::string& recording, const report::Report& report, const Dealing& dealing) {
    const archive::Analysed analysed{
        tenant_, recording, {},    dealing.group, dealing.counterpart, dealing.same_as, dealing.started_ms,
        0,       0.0,       false, report};
    desk_->write([&](store::Transaction& t) { ASSERT_TRUE(desk_->cases.consequence()(t, analysed)); });
  }
  /// Records and analyses; returns the recording.
  std::string happen(const report::Report& report, const Dealing& dealing) {
    auto recording = record(dealing);
    analyse(recording, report, dealing);
    return recording;
  }
  std::string happen(const report::Report& report) { return happen(report, {group_, {}, {}}); }

  std::vector<Case> all_cases() { return *desk_->cases.list(department_, {}); }

  Route route_to(ChannelKind kind, const std::string& address) const {
    Route route;
    route.name = "当番";
    route.recipients = {{"", kind, address, kind == ChannelKind::webhook ? kSecret : "", ""}};
    return route;
  }
  std::vector<NoticeState> notices() { return *desk_->outbox.list(administrator_, {}); }

  /// Waits, at most ten seconds, until it is so.
  template <class Condition>
  static bool comes_true(const Condition& condition) {
    for (int i = 0; i < 2000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }
  std::size_t count(const std::string& state) {
    return desk_->outbox.list(administrator_, {state, {}, {}, 201})->size();
  }

  static constexpr const char* kSecret = "a-secret-of-the-tests";

  test::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "guardian.db";
  Key master_ = Key::random();
  std::string tenant_ = make_id();
  std::string other_tenant_ = make_id();
  std::string group_ = make_id();
  std::string other_group_ = make_id();
  std::unique_ptr<Desk> desk_ = std::make_unique<Desk>(file_, master_);
  access::Caller department_ = caller(access::Role::special_department);
  access::Caller administrator_ = caller(access::Role::administrator);
};

/// What a server of this folder has written down.
inline std::vector<nlohmann::json> lines_of(const std::filesystem::path& file) {
  std::vector<nlohmann::json> lines;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

}  // namespace guardian::casework
