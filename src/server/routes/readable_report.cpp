#include "server/routes/readable_report.h"

#include "archive/recordings.h"
#include "archive/redacted_export.h"
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

}  // namespace guardian::server
