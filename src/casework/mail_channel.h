// casework/mail_channel.h - notices by e-mail, through the company's own mail server.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "casework/channel.h"

namespace guardian::casework {

struct MailServer {
  std::string host;
  int port = 587;
  enum class Security {
    starttls,  ///< and nothing is sent to a server that does not offer it
    tls,       ///< from the first byte, usually port 465
    none
  } security = Security::starttls;
  std::string user;  ///< empty: no sign-in
  std::string password;
  std::string from;                            ///< address
  std::filesystem::path ca_file;               ///< PEM of authorities; empty: the system's
  std::chrono::milliseconds patience{20'000};  ///< for connecting, and for each answer
};

/// The certificate must be valid for `host`. A connection is kept for further mails for some seconds.
class MailChannel final : public Channel {
 public:
  /// Errors: usage (an address or port that is none; a password that would travel unencrypted to another
  /// machine), unreadable (the CA file).
  static Result<MailChannel> make(MailServer server);
  MailChannel(MailChannel&&) noexcept;
  MailChannel& operator=(MailChannel&&) noexcept;
  ~MailChannel() override;

  Result<void> send(const Delivery& delivery, const std::stop_token& stop) override;

 private:
  struct Impl;
  explicit MailChannel(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The whole message with its headers (RFC 5322, MIME), lines ended by CRLF: a plain text in UTF-8 and
/// base64. `from` and `delivery.to` must be is_mail_address; everything else may be hostile. `at_ms`: its
/// date.
std::string compose_mail(const std::string& from, const Delivery& delivery, std::int64_t at_ms);

}  // namespace guardian::casework
