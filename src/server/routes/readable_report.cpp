#include "server/routes/readable_report.h"

#include "archive/recordings.h"
#include "archive/workers.h"
#include "server/routes/redactor.h"

namespace guardian::server {

tl::unexpected<Error> no_report_yet(const std::string& id) {
  return fail(Error::Kind::not_found, id, {"まだ報告書がありません", "there is no report yet"},
              {"分析が終わるのを待ってください", "Wait until it is analysed"});
}

Result<report::Report> readable_report(Application& application, const Request& request,
                                       const std::string& id) {
  const auto& caller = request.caller();
  const auto recording = application.database().read([&](store::Transaction& transaction) {
    return archive::find_recording(transaction, application.keyring(), caller, id);
  });
  if (!recording) return tl::unexpected<Error>(recording.error());
  if (!recording->report) return no_report_yet(id);
  if (auto noted =
          application.audit().note({caller.tenant, caller.id, "report.read", id, "", request.address});
      !noted)
    return tl::unexpected<Error>(noted.error());
  auto report =
      archive::read_report(application.objects(), application.keyring(), caller.tenant, *recording->report);
  if (!report || caller.may(access::Permission::see_personal)) return report;
  const auto& redactor = shared_redactor();
  if (!redactor) return tl::unexpected<Error>(redactor.error());
  return archive::redact(std::move(*report), *redactor).report;
}

Result<archive::RedactedReport> redacted_report(Application& application, const std::string& tenant,
                                                const std::string& id) {
  const auto& redactor = shared_redactor();
  if (!redactor) return tl::unexpected<Error>(redactor.error());
  auto report = archive::read_report(application.objects(), application.keyring(), tenant, id);
  if (!report) return tl::unexpected<Error>(report.error());
  return archive::redact(std::move(*report), *redactor);
}

Result<media::Source> sound_of(Application& application, const std::string& tenant,
                               const std::string& object) {
  auto bytes = application.objects().open(object, archive::object_keys(application.keyring(), tenant));
  if (!bytes) return tl::unexpected<Error>(bytes.error());
  return media::Source(std::shared_ptr<guardian::ByteSource>(std::move(*bytes)), "recording");
}

}  // namespace guardian::server
