// What this server runs with: versions, models and their licences. To read; the configuration file is where
// it is changed.
#include "pipeline/installation.h"

#include "judgement/meaning_model.h"
#include "server/application.h"
#include "server/routes/routes.h"
#include "server/routes/shared_policy.h"
#include "speech/model_catalogue.h"

namespace guardian::server {
namespace {

using access::Permission;
using nlohmann::json;

json speech_models(const std::string& chosen, Language language) {
  json list = json::array();
  const auto file = pipeline::find_catalogue();
  const auto catalogue = file ? speech::load_catalogue(*file) : tl::unexpected<Error>(file.error());
  if (!catalogue) return list;
  const auto places = pipeline::model_places();
  for (const auto& entry : *catalogue)
    list.push_back({{"name", entry.name},
                    {"licence", entry.licence},
                    {"note", entry.note.in(language)},
                    {"installed", speech::find_installed(entry, places).has_value()},
                    {"in_use", chosen.empty() ? entry.is_default : entry.name == chosen}});
  return list;
}

/// The model's own card; null where it cannot be read, which the analysis itself tells louder.
json meaning_model() {
  const auto file = pipeline::find_meaning_model();
  if (!file) return nullptr;
  const auto model = judgement::MeaningModel::load(*file);
  if (!model) return nullptr;
  return {{"version", model->origin.version},
          {"licence", model->origin.licence},
          {"data_sha256", model->origin.data_sha256}};
}

Result<Response> show(Application& application, const Request& request) {
  const auto& config = application.config();
  const auto& policy = shared_policy();
  if (!policy) return tl::unexpected<Error>(policy.error());
  static const auto meaning = meaning_model();
  return json_response({{"version", GUARDIAN_VERSION},
                        {"policy", {{"version", policy->version}, {"rules", policy->rules.size()}}},
                        {"meaning_model", meaning},
                        {"speech_models", speech_models(config.workers.model, request.language)},
                        {"upload_bytes", config.limits.upload_bytes},
                        {"mail", !config.smtp.host.empty()}});
}

/// The whole chain is gone through, that of other companies on this server with it: entries hang together.
Result<Response> verify(Application& application, const Request& request) {
  const auto& by = request.caller();
  const auto head = access::verify_audit(application.database(), application.master_key());
  if (auto noted = application.audit().note({by.tenant, by.id, "audit.verify", "", "", request.address});
      !noted)
    return tl::unexpected<Error>(noted.error());
  if (!head && head.error().kind != Error::Kind::damaged) return tl::unexpected<Error>(head.error());
  if (!head)
    return json_response({{"whole", false},
                          {"number", nullptr},
                          {"hash", nullptr},
                          {"reason", head.error().what.in(request.language)}});
  return json_response(
      {{"whole", true}, {"number", head->number}, {"hash", head->hash}, {"reason", nullptr}});
}

}  // namespace

std::vector<Route> routes_of_installation(Application& application) {
  return {
      {"GET", "/api/v1/installation",
       Access::any_of({Permission::manage_settings, Permission::manage_usage, Permission::read_audit}),
       [&application](const Request& request) { return show(application, request); }},
      {"POST", "/api/v1/audit/verification", Permission::read_audit,
       [&application](const Request& request) { return verify(application, request); }},
  };
}

}  // namespace guardian::server
