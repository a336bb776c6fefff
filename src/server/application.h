// server/application.h - the server put together: opens what is kept, and knows every route.
// To add routes: write `std::vector<Route> routes_of_NAME(Application&)` in server/routes/NAME.cpp, declare
// it in server/routes/routes.h, add it to the list in application.cpp, and describe the paths in
// server/openapi/NAME.yaml. Files in openapi/ are joined when the program is built: each holds `tags`,
// `paths` and `components` of its own routes, so nobody edits another's. A test compares routes and
// description.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "access/audit.h"
#include "access/caller.h"
#include "access/keyring.h"
#include "access/people.h"
#include "access/sign_in.h"
#include "archive/analysed.h"
#include "archive/data_folder.h"
#include "archive/progress.h"
#include "archive/queue.h"
#include "archive/retention.h"
#include "archive/shares.h"
#include "archive/uploads.h"
#include "archive/workers.h"
#include "load/group_picture.h"
#include "load/load_ledger.h"
#include "review/decisions.h"
#include "rulebook/editions.h"
#include "search/word_index.h"
#include "server/case_desk.h"
#include "server/config.h"
#include "server/metering_gate.h"
#include "server/router.h"
#include "server/telemetry.h"
#include "store/database.h"
#include "store/objects.h"
#include "usage/metering.h"

namespace guardian::server {

/// Says who is asking: by cookie or key. No caller: a stranger. Errors: forbidden (e.g. a change by cookie
/// without CSRF token), unknown_caller (a session or key that is no longer good), storage.
/// Called before the body is read, with method, path, headers, address and `secure` filled in.
using Authenticator = std::function<Result<std::optional<access::Caller>>(const Request&)>;

/// What all routes share. Lives as long as the server.
class Application {
 public:
  /// Opens or creates the data folder. Errors: storage, damaged, unreadable; busy, if another server has it.
  /// `log_to`: a file; empty: stderr.
  static Result<std::unique_ptr<Application>> open(Config config, const std::string& log_to = {});
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;
  ~Application();

  const Config& config() const { return config_; }
  store::Database& database() { return *database_; }
  access::Keyring& keyring() { return *keyring_; }
  access::AuditLog& audit() { return *audit_; }
  access::People& people() { return *people_; }
  access::SignIn& sign_in() { return *sign_in_; }
  usage::Metering& metering() { return *metering_; }
  load::LoadLedger& load_ledger() { return *load_ledger_; }
  load::GroupPictures& group_pictures() { return *group_pictures_; }
  const Key& master_key() const { return *master_; }
  store::ObjectStore& objects() { return *objects_; }
  const archive::Queue& queue() const { return queue_; }
  archive::Uploads& uploads() { return *uploads_; }
  archive::Progress& progress() { return progress_; }
  archive::Retention& retention() { return *retention_; }
  const search::WordIndex& words() const { return *words_; }
  const archive::Shares& shares() const { return *shares_; }
  const rulebook::Editions& editions() const { return *editions_; }
  const review::Decisions& decisions() const { return *decisions_; }
  CaseDesk& case_desk() { return *case_desk_; }

  /// What follows from every analysis, in this order. Before `start`.
  void add_consequence(archive::Consequence consequence) { consequences_.push_back(std::move(consequence)); }
  /// Something was enqueued or released.
  void wake_workers();
  /// Part of the unit of work that brought more minutes: what was held goes on. Wake the workers after it.
  const MeteringGate& metering_gate() const { return *metering_gate_; }
  Telemetry& telemetry() { return *telemetry_; }

  /// Until one is set, everybody is a stranger.
  void authenticate_by(Authenticator authenticator) { authenticator_ = std::move(authenticator); }
  const Authenticator& authenticator() const { return authenticator_; }

  /// Every route of the program.
  std::vector<Route> routes();

  /// Background work begins (workers, outbox, retention); `stop` ends it. Called once, before requests.
  void start(const std::stop_token& stop);

  /// Whether requests can be answered now: the store answers. For /readyz.
  Result<void> check_ready();

 private:
  Application() = default;
  std::filesystem::path objects_folder() const { return config_.data / "objects"; }
  Result<void> wire();
  void wire_retention();
  void start_workers(const std::stop_token& stop);
  void note_trouble(const Result<int>& done, std::string_view event);
  void sweep(const std::stop_token& stop);
  void start_sweeping(const std::stop_token& stop);
  Config config_;
  std::optional<archive::FolderLock> lock_;
  std::unique_ptr<Telemetry> telemetry_;
  std::unique_ptr<store::Database> database_;
  std::optional<Key> master_;
  std::optional<access::Keyring> keyring_;
  std::unique_ptr<access::AuditLog> audit_;
  std::unique_ptr<access::People> people_;
  std::unique_ptr<access::SignIn> sign_in_;
  std::unique_ptr<usage::Metering> metering_;
  std::optional<MeteringGate> metering_gate_;
  std::unique_ptr<load::LoadLedger> load_ledger_;
  std::unique_ptr<load::GroupPictures> group_pictures_;
  std::optional<archive::Shares> shares_;
  std::optional<rulebook::Editions> editions_;
  std::optional<review::Decisions> decisions_;
  Authenticator authenticator_;
  std::unique_ptr<store::ObjectStore> objects_;
  archive::Queue queue_;
  std::unique_ptr<archive::Uploads> uploads_;
  std::optional<search::WordIndex> words_;
  archive::Progress progress_;
  std::vector<archive::Consequence> consequences_;
  std::unique_ptr<archive::Retention> retention_;
  std::unique_ptr<CaseDesk> case_desk_;
  std::unique_ptr<archive::Workers> workers_;  ///< of the last, since they use all the others
  std::optional<std::stop_callback<std::function<void()>>> stop_workers_;
  std::jthread sweeper_;  ///< deletes what is due, and uploads that nobody went on with
  std::optional<std::stop_callback<std::function<void()>>> stop_sweeping_;
};

}  // namespace guardian::server
