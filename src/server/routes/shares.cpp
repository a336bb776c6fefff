// Links by which somebody without an account sees one report without personal details, and the page behind.
#include "archive/shares.h"

#include "archive/recordings.h"
#include "report/report_html.h"
#include "server/application.h"
#include "server/routes/readable_report.h"
#include "server/routes/report_policy.h"
#include "server/routes/routes.h"

namespace guardian::server {
namespace {

using access::Permission;
using archive::Share;
using nlohmann::json;

json as_json(const Share& share) {
  return {{"id", share.id},
          {"with_sound", share.with_sound},
          {"name", share.name},
          {"created_ms", share.created_ms},
          {"expires_ms", share.expires_ms},
          {"ended_ms", share.ended_ms ? json(*share.ended_ms) : json(nullptr)},
          {"opened", share.opened},
          {"last_opened_ms", share.last_opened_ms ? json(*share.last_opened_ms) : json(nullptr)}};
}

/// `work` in one unit, once the recording is known to be within reach. Errors: not_found, also for one
/// without a report.
template <class Work>
auto with_recording(Application& application, const Request& request, const Work& work) {
  using Answer = std::invoke_result_t<Work, store::Transaction&, const std::string&>;
  return application.database().write([&](store::Transaction& t) -> Answer {
    const auto recording =
        archive::find_recording(t, application.keyring(), request.caller(), request.id_of());
    if (!recording) return tl::unexpected<Error>(recording.error());
    if (!recording->report) return no_report_yet(recording->id);
    return work(t, recording->id);
  });
}

Result<Response> make(Application& application, const Request& request) {
  const JsonFields fields(request.json, {"days", "with_sound"});
  const auto days = static_cast<int>(fields.integer("days", 1, archive::kLongestShare_days));
  const bool with_sound = fields.truth_if("with_sound").value_or(false);
  if (with_sound && !request.caller().may(Permission::listen))
    return fail(Error::Kind::forbidden, "listen", {"音声を聞く権限がありません", "you may not listen"},
                {"文字だけのリンクにしてください", "Share the words only"});
  const auto made =
      with_recording(application, request, [&](store::Transaction& t, const std::string& recording) {
        return application.shares().make(t, request.caller(), recording, days, with_sound);
      });
  if (!made) return tl::unexpected<Error>(made.error());
  auto body = as_json(made->share);
  body["link"] = application.config().public_url + "/s/" + made->secret;
  return created(body, "/api/v1/recordings/" + request.id_of() + "/shares/" + made->share.id);
}

Result<Response> list(Application& application, const Request& request) {
  const auto shares =
      with_recording(application, request, [&](store::Transaction& t, const std::string& recording) {
        return application.shares().of(t, request.caller().tenant, recording);
      });
  if (!shares) return tl::unexpected<Error>(shares.error());
  json items = json::array();
  for (const auto& share : *shares) items.push_back(as_json(share));
  return json_response({{"items", std::move(items)}});
}

Result<Response> end(Application& application, const Request& request) {
  const auto ended =
      with_recording(application, request, [&](store::Transaction& t, const std::string& recording) {
        return application.shares().end(t, request.caller(), recording, request.id_of("share"));
      });
  if (!ended) return tl::unexpected<Error>(ended.error());
  return no_content();
}

struct Opened {
  Share share;
  archive::Recording recording;
};

Result<std::string> page_of(Application& application, const Opened& opened, const std::stop_token& stop) {
  const auto& tenant = opened.share.tenant;
  const auto redacted = redacted_report(application, tenant, opened.recording.report.value_or(""));
  if (!redacted) return tl::unexpected<Error>(redacted.error());
  if (!opened.share.with_sound) return report::to_html(redacted->report, std::nullopt);
  const auto source = sound_of(application, tenant, opened.recording.object);
  if (!source) return tl::unexpected<Error>(source.error());
  return archive::redacted_html(*source, *redacted, stop);
}

Result<Response> show(Application& application, const Request& request) {
  const auto opened = application.database().write([&](store::Transaction& t) -> Result<Opened> {
    auto share = application.shares().open(t, request.path_value("secret"), request.address);
    if (!share) return tl::unexpected<Error>(share.error());
    auto recording = archive::find_recording(t, application.keyring(), share->tenant, share->recording);
    if (!recording) return tl::unexpected<Error>(recording.error());
    return Opened{std::move(*share), std::move(*recording)};
  });
  if (!opened) return tl::unexpected<Error>(opened.error());
  auto page = page_of(application, *opened, request.stop);
  if (!page) return tl::unexpected<Error>(page.error());
  auto response = text_response(std::move(*page), "text/html; charset=utf-8");
  response.headers.set("X-Robots-Tag", "noindex");
  return response;
}

}  // namespace

std::vector<Route> routes_of_shares(Application& application) {
  const auto with = [&application](auto* handle) {
    return [&application, handle](const Request& request) { return handle(application, request); };
  };
  return {
      {"POST", "/api/v1/recordings/{id}/shares", Permission::review, with(make), {.body = Body::json}},
      {"GET", "/api/v1/recordings/{id}/shares", Permission::review, with(list)},
      {"DELETE", "/api/v1/recordings/{id}/shares/{share}", Permission::review, with(end)},
      {"GET", "/s/{secret}", Access::open(), with(show), {.content_security_policy = kReportPolicy}},
  };
}

}  // namespace guardian::server
