// server/config.h - how one server is set up: guardian.yaml. packaging/guardian.example.yaml shows every key
// with its default.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "archive/keeping_days.h"
#include "base/result.h"

namespace guardian::server {

struct Limits {
  std::uint64_t upload_bytes = 4ULL << 30U;  ///< of one recording
  std::uint64_t json_bytes = 1ULL << 20U;    ///< of a body that is not an upload
  int connections = 256;                     ///< at once; more wait
  int header_bytes = 32 << 10;               ///< of all request headers together
  int header_s = 10;    ///< seconds by which the headers must be complete, however they dribble
  int idle_s = 30;      ///< seconds in which something must arrive or be taken
  int shutdown_s = 20;  ///< seconds running requests get to finish
};

/// Token bucket: `burst` requests at once, `per_minute` in the long run.
struct Rate {
  double per_minute = 0.0;
  int burst = 0;
};

struct Rates {
  Rate caller{1200.0, 200};  ///< per signed-in person or API key
  Rate address{600.0, 120};  ///< per network address, of strangers
  Rate sign_in{10.0, 10};    ///< per network address, on routes where something can be guessed
};

struct Smtp {
  std::string host;  ///< empty: no mail is sent
  int port = 587;
  enum class Security { starttls, tls, none } security = Security::starttls;
  std::string user;      ///< empty: no sign-in
  std::string password;  ///< of password_file, or $GUARDIAN_SMTP_PASSWORD
  std::string from;
  std::filesystem::path
      ca_file;  ///< PEM of the authorities of a company's own mail server; empty: the system's
};

/// The company's identity provider (OpenID Connect); people come in by password, too.
struct Oidc {
  std::string issuer;  ///< empty: none
  std::string client_id;
  std::string client_secret;      ///< of client_secret_file; empty: a public client
  std::string name;               ///< on the button, e.g. the company's name of it
  std::filesystem::path ca_file;  ///< PEM of a company's own authorities; empty: the system's
};

struct Workers {
  int number = 1;     ///< child processes; 0: this server does not analyse
  int threads = 0;    ///< each; 0: as many as the machine has cores, shared among the workers
  std::string model;  ///< name of a speech model; empty: the default
};

struct Config {
  std::filesystem::path data = "guardian-data";
  std::string address = "127.0.0.1";
  int port = 8080;            ///< 0: any free one
  std::string public_url;     ///< "https://guardian.example.jp", without a slash at the end; empty: not told
  bool behind_proxy = false;  ///< believe X-Forwarded-For and X-Forwarded-Proto of loopback and private
                              ///< addresses
  std::filesystem::path certificate;  ///< PEM chain; empty: no TLS
  std::filesystem::path certificate_key;
  std::filesystem::path master_key;  ///< empty: $GUARDIAN_MASTER_KEY, or master.key in the data folder
  Limits limits;
  Rates rates;
  Workers workers;
  Smtp smtp;
  Oidc oidc;
  std::vector<std::string>
      notice_networks;             ///< private networks that webhooks may reach (casework/network_guard.h)
  archive::KeepingDays retention;  ///< of companies that chose nothing else
  int plan_minutes = 3000;         ///< analysed minutes per month and tenant
  std::string log_level = "info";  ///< trace, debug, info, warn, error
  std::string metrics_token;       ///< of metrics_token_file; empty: /metrics answers loopback only

  bool has_tls() const { return !certificate.empty(); }
  std::filesystem::path master_key_file() const;
};

constexpr std::size_t kConfigBytes = 1U << 20U;

struct CheckedConfig {
  Config config;
  std::vector<Error> mistakes;  ///< each with file and line; at most one per section
};

/// Goes through the text of a configuration to its end. Secrets are read from the files and variables it
/// names; paths are meant from the folder of `name`.
CheckedConfig check_config(std::string_view text, const std::string& name);

/// Errors: policy with file and line; not_found, unreadable.
Result<Config> read_config(const std::filesystem::path& file);
Result<Config> parse_config(std::string_view text, const std::string& name);

/// The whole configuration as YAML, secrets left out.
std::string describe_config(const Config& config);

}  // namespace guardian::server
