#include <fmt/format.h>

#include <condition_variable>
#include <iostream>
#include <mutex>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "server/application.h"
#include "server/http_server.h"

namespace guardian::cli {
namespace {

constexpr const char* kUsualFile = "guardian.yaml";

/// The file that was named, else guardian.yaml here, else the defaults.
Result<server::Config> find_config(const ServeOptions& options) {
  std::error_code ignored;
  if (options.config.empty() && !std::filesystem::exists(kUsualFile, ignored)) return server::Config{};
  return server::read_config(options.config.empty() ? kUsualFile : options.config);
}

/// As long as nobody has come in: the link for the first user, told here and nowhere else.
Result<void> tell_first_link(server::Application& application, const std::string& url, Language language) {
  const auto is_new = application.people().is_new();
  if (!is_new) return tl::unexpected<Error>(is_new.error());
  if (!*is_new) return {};
  const auto link = application.people().set_up(language == Language::japanese ? "わが社" : "Our company");
  if (!link) return tl::unexpected<Error>(link.error());
  const char* form = language == Language::japanese
                         ? "最初の利用者の登録 (24 時間有効、一度だけ)。ブラウザーか curl で:\n"
                         : "The first user comes in once, within 24 hours, by a browser or curl:\n";
  const char* keys = language == Language::japanese ? "プログラム用の API キー" : "A key for programs";
  return print(fmt::format(
      "{0}  {1}/invitation#first:{2}\n  curl {1}/api/v1/invitations/accept -H 'Content-Type: "
      "application/json' -d "
      "'{{\"secret\":\"{2}\",\"login\":\"you@example.jp\",\"name\":\"NAME\",\"password\":\"...\"}}'\n"
      "{3}: guardian api-key add NAME --data {4}\n",
      form, url, link->secret, keys, application.config().data.string()));
}

void wait_for(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, stop, [] { return false; });
}

Result<void> serve_until_stopped(const server::Config& config, const CommonOptions& common) {
  auto application = server::Application::open(config);
  if (!application) return tl::unexpected<Error>(application.error());
  (*application)->start(common.stop);
  auto running = server::HttpServer::start(**application, (*application)->routes());
  if (!running) return tl::unexpected<Error>(running.error());
  auto& telemetry = (*application)->telemetry();
  const auto port = (*running)->port();
  telemetry.log(server::Severity::info, "server.started",
                {{"address", config.address}, {"port", port}, {"version", GUARDIAN_VERSION}});
  const auto url = fmt::format("{}://{}:{}", config.has_tls() ? "https" : "http", config.address, port);
  const auto& shown = config.public_url.empty() ? url : config.public_url;
  auto told = print(common.language == Language::japanese ? fmt::format("{} で動いています\n", shown)
                                                          : fmt::format("Serving at {}\n", shown));
  if (auto linked = tell_first_link(**application, shown, common.language); !linked) return linked;
  wait_for(common.stop);
  telemetry.log(server::Severity::info, "server.stopping");
  const int cut = (*running)->stop();
  telemetry.log(server::Severity::info, "server.stopped", {{"requests_cut", cut}});
  return told;
}

}  // namespace

int serve(const ServeOptions& options, const CommonOptions& common) {
  auto config = find_config(options);
  if (!config) {
    print_error(config.error(), common.language);
    return kUsage;
  }
  if (!options.data.empty()) config->data = options.data;
  if (options.port) config->port = *options.port;
  const auto served = serve_until_stopped(*config, common);
  if (served) return kDone;
  print_error(served.error(), common.language);
  return kFailed;
}

int config_check(const std::filesystem::path& file, const CommonOptions& common) {
  const auto name = file.empty() ? std::filesystem::path(kUsualFile) : file;
  const auto text = read_file(name, server::kConfigBytes);
  if (!text) {
    print_error(text.error(), common.language);
    return kUsage;
  }
  const auto checked = server::check_config(*text, name.string());
  for (const auto& mistake : checked.mistakes) print_error(mistake, common.language);
  if (!checked.mistakes.empty()) return kFailed;
  return print(server::describe_config(checked.config)) ? kDone : kFailed;
}

}  // namespace guardian::cli
