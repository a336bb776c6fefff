// server/case_desk.h - everything of casework/ that one server needs, put together by its configuration.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>

#include "access/audit.h"
#include "access/keyring.h"
#include "casework/cases.h"
#include "casework/deep_links.h"
#include "casework/dispatcher.h"
#include "casework/mail_channel.h"
#include "casework/outbox.h"
#include "casework/routes.h"
#include "casework/webhook_channel.h"
#include "redaction/redactor.h"
#include "server/config.h"
#include "server/telemetry.h"
#include "store/database.h"

namespace guardian::server {

/// Safe to use from several threads.
class CaseDesk {
 public:
  /// All of it must outlive the desk.
  struct Parts {
    store::Database& database;
    access::Keyring& keyring;
    access::AuditLog& audit;
    Telemetry& telemetry;
  };
  /// Errors: model, if there is no dictionary for the redaction of quotes; policy; usage, unreadable for the
  /// mail server's set-up.
  static Result<std::unique_ptr<CaseDesk>> open(const Parts& parts, const Config& config);

  casework::Cases& cases() { return cases_; }
  const casework::Routes& routes() const { return routes_; }
  const casework::Outbox& outbox() const { return outbox_; }
  const casework::DeepLinks& links() const { return links_; }
  casework::Channels channels();

  /// Notices begin to leave, until `stop`. Called once.
  void start(const std::stop_token& stop);

 private:
  CaseDesk(const Parts& parts, const Config& config, redaction::Redactor redactor,
           std::vector<std::string> categories, casework::WebhookChannel webhook);
  void add_gauges();

  Parts parts_;
  redaction::Redactor redactor_;
  casework::WebhookChannel webhook_;
  std::optional<casework::MailChannel> mail_;  ///< none: no mail server is set up
  casework::Routes routes_;
  casework::Outbox outbox_;
  casework::Cases cases_;
  casework::DeepLinks links_;
  std::optional<casework::Dispatcher> dispatcher_;
  std::optional<std::stop_callback<std::function<void()>>> stop_dispatcher_;
};

}  // namespace guardian::server
