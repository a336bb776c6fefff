// How long recordings are kept, their deletion with its proof, and exports without personal details.
#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "archive/recordings.h"
#include "archive/redacted_export.h"
#include "archive/retention.h"
#include "report/report_json.h"
#include "server/application.h"
#include "server/routes/readable_report.h"
#include "server/routes/routes.h"

namespace guardian::server {
namespace {

using access::Permission;
using nlohmann::json;

constexpr std::int64_t kLongestTime_s = 24LL * 3600;

Result<Response> remove(Application& application, const Request& request) {
  std::string reason;
  if (!request.json.is_null()) reason = JsonFields(request.json, {"reason"}).text_if("reason").value_or("");
  const auto removed =
      application.retention().remove(request.caller(), request.id_of(), reason, request.address);
  if (!removed) return tl::unexpected<Error>(removed.error());
  return no_content();
}

Response hold_response(const archive::Retention::Hold& hold) {
  return json_response({{"held", hold.held}, {"reason", hold.held ? json(hold.reason) : json(nullptr)}});
}

Result<Response> show_hold(Application& application, const Request& request) {
  return application.retention().hold_of(request.caller(), request.id_of()).map(hold_response);
}

Result<Response> set_hold(Application& application, const Request& request) {
  const JsonFields fields(request.json, {"held", "reason"});
  const archive::Retention::Hold hold{fields.truth("held"), fields.text("reason")};
  const auto set = application.retention().set_hold(request.caller(), request.id_of(), hold, request.address);
  if (!set) return tl::unexpected<Error>(set.error());
  return hold_response(hold);
}

json as_json(const archive::KeepingDays& days) {
  return {{"ordinary", days.ordinary}, {"finding", days.finding}, {"case", days.case_file}};
}

archive::KeepingDays days_in(const Request& request) {
  const JsonFields fields(request.json, {"ordinary", "finding", "case"});
  const auto days = [&](const char* name) {
    return static_cast<int>(fields.integer(name, 1, archive::kLongestKept_days));
  };
  return {days("ordinary"), days("finding"), days("case")};
}

Result<Response> show_days(Application& application, const Request& request) {
  return application.retention().days_of(request.caller()).map([&](const archive::KeepingDays& days) {
    auto value = as_json(days);
    value["standard"] = as_json(application.config().retention);
    return json_response(value);
  });
}

Result<Response> set_days(Application& application, const Request& request) {
  if (auto set = application.retention().set_days(request.caller(), days_in(request), request.address); !set)
    return tl::unexpected<Error>(set.error());
  return show_days(application, request);
}

Result<Response> preview_days(Application& application, const Request& request) {
  return application.retention().due_with(request.caller(), days_in(request)).map([](std::int64_t due) {
    return json_response({{"due", due}, {"grace_days", archive::kGrace_days}});
  });
}

Result<Response> certificate(Application& application, const Request& request) {
  auto text = application.retention().certificate(request.caller(), request.id_of());
  if (!text) return tl::unexpected<Error>(text.error());
  auto response = text_response(std::move(*text), "application/json");
  name_download(response, "deletion-" + request.id_of() + ".json");
  return response;
}

Result<Response> show_public_key(Application& application, const Request& /*request*/) {
  return json_response({{"algorithm", "Ed25519"}, {"public_key", application.retention().public_key()}});
}

/// Seconds with fractions, as they stand in a report.
std::optional<double> seconds_of(const Request& request, const char* name) {
  const auto text = request.query(name);
  if (!text) return std::nullopt;
  char* end = nullptr;
  const double seconds = std::strtod(text->c_str(), &end);
  if (text->empty() || end != text->c_str() + text->size() || !std::isfinite(seconds) || seconds < 0 ||
      seconds > kLongestTime_s)
    throw_bad_request(name, {"0 以上の秒数です", "must be seconds from 0"});
  return seconds;
}

std::optional<media::PlaybackClip> clip_of(const Request& request) {
  const auto from = seconds_of(request, "from");
  const auto to = seconds_of(request, "to");
  if (!from && !to) return std::nullopt;
  if (!from || !to || *to <= *from)
    throw_bad_request("to", {"from より大きくしてください", "must be given with from and be greater"});
  return media::PlaybackClip{*from, *to};
}

/// What an export is made of.
struct Material {
  std::string tenant;
  std::string object;
  archive::RedactedReport redacted;
};

/// Once it is in the audit log that it left the house.
Result<Material> material_for(Application& application, const Request& request, const std::string& form) {
  const auto& caller = request.caller();
  const auto recording = application.database().read([&](store::Transaction& transaction) {
    return archive::find_recording(transaction, application.keyring(), caller, request.id_of());
  });
  if (!recording) return tl::unexpected<Error>(recording.error());
  if (!recording->report) return no_report_yet(recording->id);
  if (auto noted = application.audit().note(
          {caller.tenant, caller.id, "recording.export", recording->id, form, request.address});
      !noted)
    return tl::unexpected<Error>(noted.error());
  auto redacted = redacted_report(application, caller.tenant, *recording->report);
  if (!redacted) return tl::unexpected<Error>(redacted.error());
  return Material{caller.tenant, recording->object, std::move(*redacted)};
}

Result<Response> export_sound(Application& application, const Request& request, const Material& material,
                              const std::optional<media::PlaybackClip>& clip) {
  const auto source = sound_of(application, material.tenant, material.object);
  if (!source) return tl::unexpected<Error>(source.error());
  auto playback = archive::redacted_sound(*source, material.redacted, clip, request.stop);
  if (!playback) return tl::unexpected<Error>(playback.error());
  auto response = text_response(std::move(playback->mp3), "audio/mpeg");
  name_download(response, fmt::format("{}{}.mp3", request.id_of(), clip ? "-clip" : ""));
  return response;
}

Result<Response> export_page(Application& application, const Request& request, const Material& material) {
  const auto source = sound_of(application, material.tenant, material.object);
  if (!source) return tl::unexpected<Error>(source.error());
  auto page = archive::redacted_html(*source, material.redacted, request.stop);
  if (!page) return tl::unexpected<Error>(page.error());
  auto response = text_response(std::move(*page), "text/html; charset=utf-8");
  name_download(response, request.id_of() + ".html");
  return response;
}

Result<Response> export_redacted(Application& application, const Request& request) {
  const auto form = request.word("form", {"json", "html", "sound"}).value_or("json");
  const auto clip = clip_of(request);
  if (clip && form != "sound")
    throw_bad_request("from", {"form=sound のときだけ使えます", "only with form=sound"});
  if (form != "json" && !request.caller().may(Permission::listen))
    return fail(Error::Kind::forbidden, "listen", {"音声を聞く権限がありません", "you may not listen"},
                {"form=json を使うか、管理者に頼んでください", "Use form=json, or ask the administrator"});
  const auto material = material_for(application, request, form);
  if (!material) return tl::unexpected<Error>(material.error());
  if (form == "sound") return export_sound(application, request, *material, clip);
  if (form == "html") return export_page(application, request, *material);
  auto response =
      text_response(report::to_json(material->redacted.report, request.language), "application/json");
  name_download(response, request.id_of() + ".json");
  return response;
}

}  // namespace

std::vector<Route> routes_of_keeping(Application& application) {
  const auto with = [&application](auto* handle) {
    return [&application, handle](const Request& request) { return handle(application, request); };
  };
  const auto about_deletions =
      Access::any_of({Permission::delete_recordings, Permission::hold_recordings, Permission::read_audit});
  return {
      {"DELETE",
       "/api/v1/recordings/{id}",
       Permission::delete_recordings,
       with(remove),
       {.body = Body::json, .body_optional = true}},
      {"GET", "/api/v1/recordings/{id}/legal-hold", Permission::hold_recordings, with(show_hold)},
      {"PUT",
       "/api/v1/recordings/{id}/legal-hold",
       Permission::hold_recordings,
       with(set_hold),
       {.body = Body::json}},
      {"GET", "/api/v1/recordings/{id}/deletion-certificate", about_deletions, with(certificate)},
      {"GET", "/api/v1/retention", Access::any_of({Permission::manage_settings, Permission::read_audit}),
       with(show_days)},
      {"PUT", "/api/v1/retention", Permission::manage_settings, with(set_days), {.body = Body::json}},
      {"POST",
       "/api/v1/retention/preview",
       Permission::manage_settings,
       with(preview_days),
       {.body = Body::json}},
      {"GET", "/api/v1/deletion-certificates/key", Access::signed_in(), with(show_public_key)},
      {"GET",
       "/api/v1/recordings/{id}/export",
       Permission::read_recordings,
       with(export_redacted),
       {.query = {"form", "from", "to"}}},
  };
}

}  // namespace guardian::server
