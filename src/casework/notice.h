// casework/notice.h - what somebody is told of a case, as little about people as makes them look, and the way
// there; or of the month's minutes. Between the outbox, which keeps it, and the channels, which carry it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "judgement/verdict.h"

namespace guardian::casework {

struct NoticeCategory {
  std::string id;
  Text label;
};

/// How much of the plan is used. Nobody's dealing.
struct UsageShare {
  int percent = 0;  ///< of the plan; 0: the notice is not about minutes
  std::int64_t plan_minutes = 0;
};

struct Notice {
  std::string case_id;  ///< empty: a trial or about minutes, not about a case
  std::int64_t occurred_ms = 0;
  std::string group;  ///< its name; may be empty
  int score = 0;
  judgement::Band band = judgement::Band::none;
  std::vector<NoticeCategory> categories;
  std::string quote;  ///< the gravest words, redacted; empty unless the route wants them
  UsageShare usage = {};
};

/// A notice on its way to one recipient.
struct Delivery {
  std::string id;  ///< the same at every attempt, so that a receiver can tell a repetition
  Notice notice;
  std::string link;                  ///< empty: the server does not know its own address
  std::int64_t link_expires_ms = 0;  ///< meaningless without link
  Language language = Language::japanese;
  std::string to;             ///< e-mail address or URL
  std::string secret;         ///< signs what goes to a webhook
  std::string body_template;  ///< JSON for a webhook; empty: `json_of`
};

/// "2026-11-24 12:04 +09:00": read by people in Japan.
std::string time_for_people(std::int64_t ms);

/// As it lies in the outbox, sealed.
std::string to_bytes(const Notice& notice);
/// Errors: damaged.
Result<Notice> notice_of(const std::string& bytes);

/// One line for a mail.
std::string subject_of(const Delivery& delivery);
/// Lines ending in \n.
std::string body_of(const Delivery& delivery);

/// The body of a webhook, as docs/notifications.md promises it.
nlohmann::json json_of(const Delivery& delivery);

constexpr std::size_t kTemplateBytes = 8192;

/// The template with {{id}}, {{time}}, {{group}}, {{score}}, {{band}}, {{categories}}, {{quote}}, {{link}}
/// and
/// {{text}} (all of it for a person) filled in, within JSON strings only, so that no value can break out of
/// its place. Errors: usage, if it is not JSON, too large or names something unknown.
Result<std::string> fill_template(const std::string& body_template, const Delivery& delivery);

}  // namespace guardian::casework
