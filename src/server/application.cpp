#include "server/application.h"

#include <chrono>
#include <condition_variable>
#include <iterator>
#include <mutex>

#include "base/id.h"
#include "search/word_index.h"
#include "server/authentication.h"
#include "server/routes/routes.h"
#include "server/routes/shared_policy.h"

namespace guardian::server {
namespace {

constexpr std::chrono::hours kBetweenSweeps{1};
constexpr std::int64_t kNoticesKept_ms = 90LL * 24 * 3'600'000;  // longer than any link in them works

Result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (!failure) return {};
  return fail(Error::Kind::storage, folder.string(),
              {"データフォルダーを作れません", "the data folder cannot be made"},
              {"場所と権限を確かめてください", "Check the place and its permissions"});
}

}  // namespace

Application::~Application() = default;

Result<std::unique_ptr<Application>> Application::open(Config config, const std::string& log_to) {
  if (auto made = make_folder(config.data); !made) return tl::unexpected<Error>(made.error());
  auto application = std::unique_ptr<Application>(new Application());
  auto lock = archive::FolderLock::take({config.data});
  if (!lock) return tl::unexpected<Error>(lock.error());
  application->lock_.emplace(std::move(*lock));
  auto telemetry = Telemetry::make(config.log_level, log_to);
  if (!telemetry) return tl::unexpected<Error>(telemetry.error());
  application->telemetry_ = std::move(*telemetry);
  auto master = access::load_master_key(config.master_key_file());
  if (!master) return tl::unexpected<Error>(master.error());
  auto database = store::open_embedded((config.data / "guardian.db").string());
  if (!database) return tl::unexpected<Error>(database.error());
  auto keyring = access::Keyring::open(**database, *master);
  if (!keyring) return tl::unexpected<Error>(keyring.error());
  application->config_ = std::move(config);
  application->database_ = std::move(*database);
  application->master_ = *master;
  application->keyring_.emplace(std::move(*keyring));
  application->audit_ = std::make_unique<access::AuditLog>(*application->database_, *application->keyring_);
  application->people_ =
      std::make_unique<access::People>(*application->database_, *application->keyring_, *application->audit_);
  application->sign_in_ =
      std::make_unique<access::SignIn>(*application->database_, *application->keyring_, *application->audit_);
  auto objects = store::open_folder(application->objects_folder());
  if (!objects) return tl::unexpected<Error>(objects.error());
  application->objects_ = std::move(*objects);
  archive::QueueOptions options;
  options.workers = application->config_.workers.number;
  application->queue_ = archive::Queue(options);
  application->metering_ = std::make_unique<usage::Metering>(
      *application->audit_,
      [desk = &application->case_desk_](store::Transaction& t, const std::string& tenant,
                                        const usage::Share& share) {
        (*desk)->outbox().write_usage(t, tenant, {share.percent, share.plan_minutes});
      },
      application->config_.plan_minutes);
  application->metering_gate_.emplace(*application->metering_, application->queue_, *application->keyring_);
  application->load_ledger_ =
      std::make_unique<load::LoadLedger>(*application->keyring_, *application->audit_);
  application->group_pictures_ = std::make_unique<load::GroupPictures>(*application->load_ledger_);
  if (auto wired = application->wire(); !wired) return tl::unexpected<Error>(wired.error());
  application->wire_retention();
  application->authenticate_by(authenticate_with(*application->sign_in_));
  return application;
}

/// What an upload and an analysis set going.
Result<void> Application::wire() {
  archive::UploadOptions options;
  options.most_bytes = config_.limits.upload_bytes;
  options.enqueue = [this](store::Transaction& t, const std::string& tenant,
                           const std::string& recording) -> Result<void> {
    const auto job = queue_.enqueue(t, tenant, recording);
    if (!job) return tl::unexpected<Error>(job.error());
    return {};
  };
  options.note = [this](store::Transaction& t, const access::Caller& caller, const std::string& recording) {
    audit_->add(t, {caller.tenant, caller.id, "recording.upload", recording, "", ""});
  };
  uploads_ = std::make_unique<archive::Uploads>(*database_, *objects_, *keyring_, options);
  if (auto recovered = uploads_->recover(); !recovered) return recovered;
  auto words = search::WordIndex::load(*keyring_);
  if (!words) return tl::unexpected<Error>(words.error());
  words_.emplace(std::move(*words));
  add_consequence(
      [this](store::Transaction& t, const archive::Analysed& a) { return metering_->charge(t, a); });
  add_consequence([this](store::Transaction& t, const archive::Analysed& a) {
    return load_ledger_->record_exposure(t, a);
  });
  shares_.emplace(*keyring_, *audit_);
  editions_.emplace(*keyring_, *audit_);
  const auto& policy = shared_policy();
  if (!policy) return tl::unexpected<Error>(policy.error());
  decisions_.emplace(*keyring_, *audit_, *load_ledger_, *policy);
  add_consequence(
      [this](store::Transaction& t, const archive::Analysed& a) { return decisions_->apply_again(t, a); });
  add_consequence([this](store::Transaction& t, const archive::Analysed& a) { return words_->add(t, a); });
  auto desk = CaseDesk::open({*database_, *keyring_, *audit_, *telemetry_}, config_);
  if (!desk) return tl::unexpected<Error>(desk.error());
  case_desk_ = std::move(*desk);
  add_consequence(case_desk_->cases().consequence());
  return {};
}

/// How long recordings are kept, what makes it longer, and who forgets one that goes.
void Application::wire_retention() {
  const auto standard = config_.retention;
  retention_ = std::make_unique<archive::Retention>(
      archive::RetentionParts{*database_, *objects_, *keyring_, *audit_, queue_, {}}, standard);
  case_desk_->cases().when_opened(
      [standard](store::Transaction& t, const std::string& tenant, const std::string& recording) {
        archive::raise_grade(t, tenant, recording, archive::Grade::case_file,
                             archive::keeping_days_of(t, tenant, standard), now_ms());
      });
  retention_->forget_with([](store::Transaction& t, const std::string& /*tenant*/,
                             const std::string& recording) { search::WordIndex::remove(t, recording); });
  retention_->forget_with(
      [this](store::Transaction& t, const std::string& tenant, const std::string& recording) {
        load_ledger_->remove(t, tenant, recording);
      });
  retention_->forget_with([](store::Transaction& t, const std::string& tenant, const std::string& recording) {
    review::Decisions::forget(t, tenant, recording);
    archive::Shares::forget(t, tenant, recording);
  });
  retention_->forget_with(
      [this](store::Transaction& t, const std::string& tenant, const std::string& recording) {
        case_desk_->cases().forget(t, tenant, recording);
      });
}

std::vector<Route> Application::routes() {
  std::vector<Route> all;
  for (auto routes :
       {routes_of_system(*this),       routes_of_access(*this),        routes_of_recordings(*this),
        routes_of_search(*this),       routes_of_jobs(*this),          routes_of_usage(*this),
        routes_of_load(*this),         routes_of_uploads(*this),       routes_of_keeping(*this),
        routes_of_cases(*this),        routes_of_notifications(*this), routes_of_deep_links(*this),
        routes_of_dashboard(*this),    routes_of_provider(*this),      routes_of_review(*this),
        routes_of_installation(*this), routes_of_insights(*this),      routes_of_shares(*this),
        routes_of_documents(*this),    routes_of_rulebook(*this)})
    all.insert(all.end(), std::make_move_iterator(routes.begin()), std::make_move_iterator(routes.end()));
  return all;
}

/// Each worker's child analyses one recording at a time (archive/workers.h).
void Application::start(const std::stop_token& stop) {
  case_desk_->start(stop);
  if (config_.workers.number > 0) start_workers(stop);
  start_sweeping(stop);
}

void Application::note_trouble(const Result<int>& done, std::string_view event) {
  if (!done) telemetry_->log(done.error(), event);
}

/// What time alone brings: recordings are due for deletion, a new month has begun.
void Application::sweep(const std::stop_token& stop) {
  const auto gone = retention_->sweep(now_ms(), stop);
  note_trouble(gone, "retention.trouble");
  if (gone && *gone > 0) telemetry_->log(Severity::info, "retention.deleted", {{"recordings", *gone}});
  const auto late = uploads_->expire(now_ms());
  note_trouble(late, "uploads.trouble");
  if (late && *late > 0) telemetry_->log(Severity::info, "uploads.expired", {{"uploads", *late}});
  note_trouble(sign_in_->forget_ended_sessions(), "sessions.trouble");
  note_trouble(case_desk_->outbox().forget(now_ms() - kNoticesKept_ms), "notices.trouble");
  const auto released =
      database_->write([&](store::Transaction& t) { return metering_gate_->release_all(t); });
  note_trouble(released, "metering.trouble");
  if (released && *released > 0) wake_workers();
}

void Application::start_sweeping(const std::stop_token& stop) {
  sweeper_ = std::jthread([this](const std::stop_token& stopped) {
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock(mutex);
    while (!stopped.stop_requested()) {
      sweep(stopped);
      woken.wait_for(lock, stopped, kBetweenSweeps, [] { return false; });
    }
  });
  stop_sweeping_.emplace(stop, [this] { sweeper_.request_stop(); });
}

void Application::start_workers(const std::stop_token& stop) {
  archive::WorkersOptions options;
  options.objects = objects_folder();
  options.model = config_.workers.model;
  options.number = config_.workers.number;
  options.threads = config_.workers.threads;
  options.keeping = config_.retention;
  auto workers =
      archive::Workers::start({*database_, *keyring_, *objects_, queue_, progress_, consequences_,
                               [this](store::Transaction& t, const archive::Lease& lease) {
                                 return metering_gate_->hold_back(t, lease.tenant, lease.recording);
                               },
                               [this](store::Transaction& t, const std::string& tenant) {
                                 return editions_->current(t, tenant).map(
                                     [](rulebook::Edition edition) { return std::move(edition.amendment); });
                               },
                               [this](const Error& error) { telemetry_->log(error, "worker.trouble"); }},
                              options);
  if (!workers) return telemetry_->log(workers.error(), "workers.not_started");
  workers_ = std::move(*workers);
  stop_workers_.emplace(stop, [this] { workers_->stop(); });
  const auto gauge = [this](const char* name, const char* help, auto member) {
    telemetry_->add_gauge(name, help, [this, member] {
      const auto stats =
          database_->read([this](store::Transaction& transaction) -> Result<archive::QueueStats> {
            return queue_.stats(transaction);
          });
      return stats ? static_cast<double>((*stats).*member) : 0.0;
    });
  };
  using Stats = archive::QueueStats;
  gauge("guardian_jobs_waiting", "recordings that wait for their analysis", &Stats::waiting);
  gauge("guardian_jobs_held", "recordings held back, e.g. at the cap of the plan", &Stats::held);
  gauge("guardian_jobs_running", "recordings being analysed", &Stats::running);
  gauge("guardian_jobs_dead", "recordings whose analysis was given up", &Stats::dead);
  gauge("guardian_oldest_waiting_seconds", "age of the oldest waiting job", &Stats::oldest_waiting_s);
  gauge("guardian_analysis_speed", "seconds of recording per second of a worker", &Stats::full_speed);
}

void Application::wake_workers() {
  if (workers_) workers_->wake();
}

Result<void> Application::check_ready() {
  return database_->read([](store::Transaction& transaction) -> Result<void> {
    transaction.query("SELECT 1");
    return {};
  });
}

}  // namespace guardian::server
