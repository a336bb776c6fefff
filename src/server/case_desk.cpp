#include "server/case_desk.h"

#include "pipeline/installation.h"
#include "policy/policy.h"

namespace guardian::server {
namespace {

casework::MailServer mail_server_of(const Smtp& smtp) {
  using Security = casework::MailServer::Security;
  casework::MailServer server;
  server.host = smtp.host;
  server.port = smtp.port;
  server.security = smtp.security == Smtp::Security::tls    ? Security::tls
                    : smtp.security == Smtp::Security::none ? Security::none
                                                            : Security::starttls;
  server.user = smtp.user;
  server.password = smtp.password;
  server.from = smtp.from;
  server.ca_file = smtp.ca_file;
  return server;
}

/// Those that a finding of harassment can have: only they are worth a route.
Result<std::vector<std::string>> categories_of_policy() {
  const auto folder = pipeline::find_policy({});
  if (!folder) return tl::unexpected<Error>(folder.error());
  const auto policy = policy::load_policy(*folder);
  if (!policy) return tl::unexpected<Error>(policy.error());
  std::vector<std::string> categories;
  for (const auto& category : policy->categories)
    if (policy::is_harassment(category.kind)) categories.push_back(category.id);
  return categories;
}

}  // namespace

CaseDesk::CaseDesk(const Parts& parts, const Config& config, redaction::Redactor redactor,
                   std::vector<std::string> categories, casework::WebhookChannel webhook)
    : parts_(parts),
      redactor_(std::move(redactor)),
      webhook_(std::move(webhook)),
      routes_(parts.database, parts.keyring, parts.audit, std::move(categories),
              !config.notice_networks.empty()),
      outbox_(parts.database, parts.keyring, parts.audit, routes_, {.public_url = config.public_url}),
      cases_(parts.database, parts.keyring, parts.audit, outbox_, redactor_),
      links_(parts.database, parts.keyring, parts.audit, routes_) {}

Result<std::unique_ptr<CaseDesk>> CaseDesk::open(const Parts& parts, const Config& config) {
  auto redactor = redaction::Redactor::load();
  if (!redactor) return tl::unexpected<Error>(redactor.error());
  auto categories = categories_of_policy();
  if (!categories) return tl::unexpected<Error>(categories.error());
  auto webhook = casework::WebhookChannel::make({.allowed_networks = config.notice_networks});
  if (!webhook) return tl::unexpected<Error>(webhook.error());
  std::unique_ptr<CaseDesk> desk(
      new CaseDesk(parts, config, std::move(*redactor), std::move(*categories), std::move(*webhook)));
  if (config.smtp.host.empty()) return desk;
  auto mail = casework::MailChannel::make(mail_server_of(config.smtp));
  if (!mail) return tl::unexpected<Error>(mail.error());
  desk->mail_.emplace(std::move(*mail));
  return desk;
}

casework::Channels CaseDesk::channels() { return {mail_ ? &*mail_ : nullptr, &webhook_}; }

void CaseDesk::start(const std::stop_token& stop) {
  add_gauges();
  const auto observe = [this](casework::ChannelKind channel, const std::string& notice, const Error* why) {
    parts_.telemetry.count(why == nullptr ? "guardian_notices_sent_total" : "guardian_notices_failed_total",
                           why == nullptr ? "notices that were accepted" : "attempts that failed");
    if (why != nullptr)
      parts_.telemetry.log(
          Severity::warning, "notice.failed",
          {{"notice", notice}, {"channel", casework::name_of(channel)}, {"reason", why->what.en}});
  };
  dispatcher_.emplace(outbox_, channels(), casework::DispatcherOptions{}, observe);
  stop_dispatcher_.emplace(stop, [this] { dispatcher_->stop(); });
}

void CaseDesk::add_gauges() {
  const auto gauge = [this](const char* name, const char* help, auto read) {
    parts_.telemetry.add_gauge(name, help, [this, read] {
      const auto stats = parts_.database.read(
          [this](store::Transaction& t) -> Result<casework::OutboxStats> { return outbox_.stats(t); });
      return stats ? static_cast<double>(read(*stats)) : 0.0;
    });
  };
  using Stats = casework::OutboxStats;
  gauge("guardian_notices_waiting", "notices that have not arrived yet",
        [](const Stats& stats) { return stats.waiting; });
  gauge("guardian_notices_dead", "notices that were given up", [](const Stats& stats) { return stats.dead; });
  gauge("guardian_oldest_notice_seconds", "age of the oldest notice that has not arrived yet",
        [](const Stats& stats) { return stats.oldest_waiting_s; });
}

}  // namespace guardian::server
