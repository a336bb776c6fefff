#include "server/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "access/provider_address.h"
#include "base/file.h"
#include "base/text.h"
#include "base/yaml_guard.h"
#include "casework/network_guard.h"

namespace guardian::server {
namespace {

constexpr std::array kLevels = {"trace", "debug", "info", "warn", "error"};
constexpr std::size_t kSecretBytes = 4096;
constexpr const char* kSmtpPassword = "GUARDIAN_SMTP_PASSWORD";

/// Walks the document section by section, so that one run tells the mistakes of all of them.
class Reading {
 public:
  Reading(const YAML::Node& root, const std::string& name)
      : root_(root), name_(name), folder_(std::filesystem::path(name).parent_path()) {}

  template <class Read>
  void attempt(const Read& read) {
    try {
      read();
    } catch (const YamlMistake& mistake) {
      mistakes_.push_back(policy_error(name_, mistake).value());
    }
  }

  /// A mapping below the root, if it is there.
  template <class Read>
  void section(const char* key, std::initializer_list<std::string_view> known, const Read& read) {
    attempt([&] {
      const auto node = root_[key];
      if (node && !node.IsNull()) read(YamlFields(node, known));
    });
  }

  /// A path named in a configuration is meant from where the configuration lies.
  std::filesystem::path path_of(const YamlFields& fields, const char* key) const {
    if (!fields.has(key)) return {};
    return folder_ / fields.text(key);
  }

  std::string secret_of(const YamlFields& fields, const char* key) const {
    if (!fields.has(key)) return {};
    auto secret = read_file(path_of(fields, key), kSecretBytes);
    if (!secret)
      throw YamlMistake{fields.required(key).Mark().line + 1,
                        {fmt::format("{}: {}", key, secret.error().what.ja),
                         fmt::format("{}: {}", key, secret.error().what.en)}};
    while (!secret->empty() && (secret->back() == '\n' || secret->back() == '\r')) secret->pop_back();
    return *secret;
  }

  std::vector<Error>& mistakes() { return mistakes_; }

 private:
  YAML::Node root_;
  const std::string& name_;
  std::filesystem::path folder_;
  std::vector<Error> mistakes_;
};

[[noreturn]] void mistaken(const YamlFields& fields, const char* key, const char* ja, const char* en) {
  const int line = fields.has(key) ? fields.required(key).Mark().line + 1 : fields.line();
  throw YamlMistake{line, {fmt::format("{}: {}", key, ja), fmt::format("{}: {}", key, en)}};
}

int small(const YamlFields& fields, const char* key, int low, int high, int otherwise) {
  return static_cast<int>(fields.whole_or(key, low, high, otherwise));
}

std::uint64_t bytes(const YamlFields& fields, const char* key, std::int64_t high, std::uint64_t otherwise) {
  return static_cast<std::uint64_t>(fields.whole_or(key, 1024, high, static_cast<std::int64_t>(otherwise)));
}

/// "https://host" or "http://host:port": no path, no user, nothing that could end a header.
bool is_origin(std::string_view url) {
  const auto begin = url.starts_with("https://") ? 8U : url.starts_with("http://") ? 7U : 0U;
  const auto host = url.substr(begin);
  return begin != 0 && !host.empty() && std::all_of(host.begin(), host.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
         });
}

void read_top(Reading& reading, const YamlFields& top, Config& config) {
  if (top.has("data")) config.data = reading.path_of(top, "data");
  config.public_url = top.text_or("public_url", "");
  if (!config.public_url.empty() && !is_origin(config.public_url))
    mistaken(top, "public_url", "https://ホスト の形で、末尾の / は付けません",
             "must look like https://host, without a path or a slash at the end");
  config.behind_proxy = top.truth_or("behind_proxy", config.behind_proxy);
  config.master_key = reading.path_of(top, "master_key_file");
  config.plan_minutes = small(top, "plan_minutes", 0, 100'000'000, config.plan_minutes);
  config.log_level = top.text_or("log_level", config.log_level);
  if (std::find(kLevels.begin(), kLevels.end(), config.log_level) == kLevels.end())
    mistaken(top, "log_level", "trace, debug, info, warn, error のどれかです",
             "must be trace, debug, info, warn or error");
  config.metrics_token = reading.secret_of(top, "metrics_token_file");
}

void read_listen(const YamlFields& listen, Config& config) {
  config.address = listen.text_or("address", config.address);
  config.port = small(listen, "port", 0, 65535, config.port);
}

void read_tls(const Reading& reading, const YamlFields& tls, Config& config) {
  config.certificate = reading.path_of(tls, "certificate");
  config.certificate_key = reading.path_of(tls, "key");
  for (const char* key : {"certificate", "key"}) {
    const auto file = reading.path_of(tls, key);
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored))
      mistaken(tls, key, "ファイルがありません", "there is no such file");
  }
}

void read_limits(const YamlFields& fields, Limits& limits) {
  limits.upload_bytes = bytes(fields, "upload_bytes", 1LL << 44U, limits.upload_bytes);
  limits.json_bytes = bytes(fields, "json_bytes", 64LL << 20U, limits.json_bytes);
  limits.connections = small(fields, "connections", 2, 10000, limits.connections);
  limits.header_bytes = small(fields, "header_bytes", 1024, 1 << 20, limits.header_bytes);
  limits.header_s = small(fields, "header_s", 1, 600, limits.header_s);
  limits.idle_s = small(fields, "idle_s", 1, 3600, limits.idle_s);
  limits.shutdown_s = small(fields, "shutdown_s", 0, 3600, limits.shutdown_s);
}

void read_rate(const YamlFields& rates, const char* key, Rate& rate) {
  if (!rates.has(key)) return;
  const YamlFields fields(rates.required(key), {"per_minute", "burst"});
  rate.per_minute = fields.number_or("per_minute", 0.1, 1e6, rate.per_minute);
  rate.burst = small(fields, "burst", 1, 1'000'000, rate.burst);
}

void read_smtp(const Reading& reading, const YamlFields& fields, Smtp& smtp) {
  smtp.host = fields.text("host");
  smtp.port = small(fields, "port", 1, 65535, smtp.port);
  const auto security = fields.text_or("security", "starttls");
  if (security != "starttls" && security != "tls" && security != "none")
    mistaken(fields, "security", "starttls, tls, none のどれかです", "must be starttls, tls or none");
  smtp.security = security == "tls"    ? Smtp::Security::tls
                  : security == "none" ? Smtp::Security::none
                                       : Smtp::Security::starttls;
  smtp.user = fields.text_or("user", "");
  smtp.password = reading.secret_of(fields, "password_file");
  if (const char* password = std::getenv(kSmtpPassword); smtp.password.empty() && password != nullptr)
    smtp.password = password;
  smtp.from = fields.text("from");
  if (!smtp.user.empty() && smtp.security == Smtp::Security::none)
    mistaken(fields, "security", "パスワードを暗号化せずに送ることはできません",
             "a password is not sent without encryption");
  if (fields.has("ca_file")) smtp.ca_file = reading.path_of(fields, "ca_file");
}

void read_oidc(const Reading& reading, const YamlFields& fields, Config& config) {
  auto& oidc = config.oidc;
  oidc.issuer = fields.text("issuer");
  if (!access::is_provider_address(oidc.issuer))
    mistaken(fields, "issuer", "https:// で始まるアドレスです", "must be an address with https://");
  oidc.client_id = fields.text("client_id");
  oidc.client_secret = reading.secret_of(fields, "client_secret_file");
  oidc.name = fields.text_or("name", "");
  oidc.ca_file = reading.path_of(fields, "ca_file");
  if (config.public_url.empty())
    mistaken(fields, "issuer", "public_url も設定してください。認証サーバーからそこへ戻ります",
             "set public_url, too: it is where the identity provider sends people back");
}

void read_notices(const YamlFields& fields, std::vector<std::string>& networks) {
  networks = fields.texts("allowed_networks");
  if (const auto guard = casework::NetworkGuard::make(networks); !guard)
    mistaken(fields, "allowed_networks", "10.20.0.0/16 のように書いてください",
             "write networks like 10.20.0.0/16");
}

void read_sections(Reading& reading, Config& config) {
  reading.section("listen", {"address", "port"}, [&](const YamlFields& f) { read_listen(f, config); });
  reading.section("tls", {"certificate", "key"}, [&](const YamlFields& f) { read_tls(reading, f, config); });
  reading.section(
      "limits",
      {"upload_bytes", "json_bytes", "connections", "header_bytes", "header_s", "idle_s", "shutdown_s"},
      [&](const YamlFields& f) { read_limits(f, config.limits); });
  reading.section("rates", {"caller", "address", "sign_in"}, [&](const YamlFields& f) {
    read_rate(f, "caller", config.rates.caller);
    read_rate(f, "address", config.rates.address);
    read_rate(f, "sign_in", config.rates.sign_in);
  });
  reading.section("workers", {"number", "threads", "model"}, [&](const YamlFields& f) {
    config.workers.number = small(f, "number", 0, 256, config.workers.number);
    config.workers.threads = small(f, "threads", 0, 256, config.workers.threads);
    config.workers.model = f.text_or("model", "");
  });
  reading.section("smtp", {"host", "port", "security", "user", "password_file", "from", "ca_file"},
                  [&](const YamlFields& f) { read_smtp(reading, f, config.smtp); });
  reading.section("oidc", {"issuer", "client_id", "client_secret_file", "name", "ca_file"},
                  [&](const YamlFields& f) { read_oidc(reading, f, config); });
  reading.section("notices", {"allowed_networks"},
                  [&](const YamlFields& f) { read_notices(f, config.notice_networks); });
  reading.section("retention_days", {"ordinary", "finding", "case"}, [&](const YamlFields& f) {
    config.retention.ordinary =
        small(f, "ordinary", 1, archive::kLongestKept_days, config.retention.ordinary);
    config.retention.finding = small(f, "finding", 1, archive::kLongestKept_days, config.retention.finding);
    config.retention.case_file = small(f, "case", 1, archive::kLongestKept_days, config.retention.case_file);
  });
}

std::string_view name_of(Smtp::Security security) {
  if (security == Smtp::Security::tls) return "tls";
  return security == Smtp::Security::none ? "none" : "starttls";
}

/// A value that YAML reads back as the same text.
std::string quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + "'";
}

/// A line for a text that may be missing: commented out then.
std::string line_of(const char* indent, const char* key, const std::string& text) {
  if (text.empty()) return fmt::format("{}# {}:\n", indent, key);
  return fmt::format("{}{}: {}\n", indent, key, quoted(text));
}

std::string describe_rates(const Rates& rates) {
  std::string text = "rates:\n";
  const std::array<std::pair<const char*, const Rate*>, 3> all = {
      {{"caller", &rates.caller}, {"address", &rates.address}, {"sign_in", &rates.sign_in}}};
  for (const auto& [name, rate] : all)
    text += fmt::format("  {}: {{per_minute: {}, burst: {}}}\n", name, rate->per_minute, rate->burst);
  return text;
}

std::string describe_notices(const std::vector<std::string>& networks) {
  if (networks.empty()) return "# notices:\n";
  std::string text = "notices:\n  allowed_networks:\n";
  for (const auto& network : networks) text += "    - " + quoted(network) + "\n";
  return text;
}

std::string describe_smtp(const Smtp& smtp) {
  if (smtp.host.empty()) return "# smtp:\n";
  return "smtp:\n" + line_of("  ", "host", smtp.host) +
         fmt::format("  port: {}\n  security: {}\n", smtp.port, name_of(smtp.security)) +
         line_of("  ", "user", smtp.user) + line_of("  ", "from", smtp.from) +
         line_of("  ", "ca_file", smtp.ca_file.string()) +
         (smtp.password.empty() ? "  # no password\n" : "  # a password is set\n");
}

std::string describe_oidc(const Oidc& oidc) {
  if (oidc.issuer.empty()) return "# oidc:\n";
  return "oidc:\n" + line_of("  ", "issuer", oidc.issuer) + line_of("  ", "client_id", oidc.client_id) +
         line_of("  ", "name", oidc.name) + line_of("  ", "ca_file", oidc.ca_file.string()) +
         (oidc.client_secret.empty() ? "  # no client secret\n" : "  # a client secret is set\n");
}

}  // namespace

std::filesystem::path Config::master_key_file() const {
  return master_key.empty() ? data / "master.key" : master_key;
}

CheckedConfig check_config(std::string_view text, const std::string& name) {
  CheckedConfig checked;
  auto root = parse_yaml(text, name);
  if (!root) {
    checked.mistakes.push_back(root.error());
    return checked;
  }
  if (root->IsNull()) return checked;
  Reading reading(*root, name);
  reading.attempt([&] {
    const YamlFields top(*root, {"data", "listen", "public_url", "behind_proxy", "tls", "master_key_file",
                                 "limits", "rates", "workers", "smtp", "oidc", "notices", "retention_days",
                                 "plan_minutes", "log_level", "metrics_token_file"});
    read_top(reading, top, checked.config);
  });
  if (root->IsMap()) read_sections(reading, checked.config);
  checked.mistakes = std::move(reading.mistakes());
  return checked;
}

Result<Config> parse_config(std::string_view text, const std::string& name) {
  auto checked = check_config(text, name);
  if (!checked.mistakes.empty()) return tl::unexpected<Error>(checked.mistakes.front());
  return std::move(checked.config);
}

Result<Config> read_config(const std::filesystem::path& file) {
  const auto text = read_file(file, kConfigBytes);
  if (!text) return tl::unexpected<Error>(text.error());
  return parse_config(*text, file.string());
}

std::string describe_config(const Config& config) {
  const auto& limits = config.limits;
  std::string text = line_of("", "data", config.data.string());
  text += fmt::format("listen:\n  address: {}\n  port: {}\n", quoted(config.address), config.port);
  text += line_of("", "public_url", config.public_url);
  text += fmt::format("behind_proxy: {}\n", config.behind_proxy);
  if (config.has_tls())
    text += "tls:\n" + line_of("  ", "certificate", config.certificate.string()) +
            line_of("  ", "key", config.certificate_key.string());
  text += line_of("", "master_key_file", config.master_key_file().string());
  text += fmt::format(
      "limits:\n  upload_bytes: {}\n  json_bytes: {}\n  connections: {}\n  header_bytes: {}\n  header_s: {}\n"
      "  idle_s: {}\n  shutdown_s: {}\n",
      limits.upload_bytes, limits.json_bytes, limits.connections, limits.header_bytes, limits.header_s,
      limits.idle_s, limits.shutdown_s);
  text += describe_rates(config.rates);
  text +=
      fmt::format("workers:\n  number: {}\n  threads: {}\n", config.workers.number, config.workers.threads);
  text += line_of("  ", "model", config.workers.model);
  text += describe_smtp(config.smtp);
  text += describe_oidc(config.oidc);
  text += describe_notices(config.notice_networks);
  text += fmt::format("retention_days:\n  ordinary: {}\n  finding: {}\n  case: {}\n",
                      config.retention.ordinary, config.retention.finding, config.retention.case_file);
  text += fmt::format("plan_minutes: {}\nlog_level: {}\n", config.plan_minutes, config.log_level);
  text += config.metrics_token.empty() ? "# metrics_token_file: none, loopback only\n"
                                       : "# metrics_token_file: a token is set\n";
  return text;
}

}  // namespace guardian::server
