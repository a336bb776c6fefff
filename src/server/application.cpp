#include "server/application.h"

#include <iterator>

#include "server/authentication.h"
#include "server/routes/routes.h"

namespace guardian::server {
namespace {

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

Result<std::unique_ptr<Application>> Application::open(Config config) {
  if (auto made = make_folder(config.data); !made) return tl::unexpected<Error>(made.error());
  auto application = std::unique_ptr<Application>(new Application());
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
  application->audit_ =
      std::make_unique<access::AuditLog>(*application->database_, *application->keyring_, *master);
  application->people_ =
      std::make_unique<access::People>(*application->database_, *application->keyring_, *application->audit_);
  application->sign_in_ =
      std::make_unique<access::SignIn>(*application->database_, *application->keyring_, *application->audit_);
  application->metering_ = std::make_unique<usage::Metering>(*application->audit_, usage::Notify{},
                                                             application->config_.plan_minutes);
  application->load_ledger_ =
      std::make_unique<load::LoadLedger>(*application->keyring_, *application->audit_);
  application->group_pictures_ = std::make_unique<load::GroupPictures>(*application->load_ledger_);
  application->authenticate_by(authenticate_with(*application->sign_in_));
  return application;
}

std::vector<Route> Application::routes() {
  std::vector<Route> all;
  for (auto routes :
       {routes_of_system(*this), routes_of_access(*this), routes_of_usage(*this), routes_of_load(*this)})
    all.insert(all.end(), std::make_move_iterator(routes.begin()), std::make_move_iterator(routes.end()));
  return all;
}

void Application::start(const std::stop_token& /*stop*/) {}

Result<void> Application::check_ready() {
  return database_->read([](store::Transaction& transaction) -> Result<void> {
    transaction.query("SELECT 1");
    return {};
  });
}

}  // namespace guardian::server
