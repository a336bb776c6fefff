// What is printed: a report, a case, a month, each as PDF.
#include "access/tenant_calendar.h"
#include "casework/case_document.h"
#include "document/pdf.h"
#include "insights/month_document.h"
#include "report/report_document.h"
#include "server/application.h"
#include "server/routes/group_names.h"
#include "server/routes/readable_report.h"
#include "server/routes/routes.h"
#include "server/routes/shared_playbook.h"
#include "server/routes/shared_policy.h"

namespace guardian::server {
namespace {

using access::Permission;

Result<Response> as_pdf(const document::Page& page, const std::string& file_name) {
  auto pdf = document::to_pdf(page);
  if (!pdf) return tl::unexpected<Error>(pdf.error());
  auto response = text_response(std::move(*pdf), "application/pdf");
  name_download(response, file_name);
  return response;
}

Result<Response> print_report(Application& application, const Request& request) {
  const auto& id = request.id_of();
  const auto report = readable_report(application, request, id);
  if (!report) return tl::unexpected<Error>(report.error());
  return as_pdf(report::report_document(*report, request.language), "report-" + id + ".pdf");
}

/// Without the report where it is gone: what was done about it stays true.
Result<Response> print_case(Application& application, const Request& request) {
  const auto one = application.case_desk().cases().get(request.caller(), request.id_of());
  if (!one) return tl::unexpected<Error>(one.error());
  const auto zone = application.database().read(
      [&](store::Transaction& t) { return access::time_zone_of(t, request.caller().tenant); });
  if (!zone) return tl::unexpected<Error>(zone.error());
  const auto report = request.caller().may(Permission::read_recordings)
                          ? readable_report(application, request, one->recording)
                          : no_report_yet(one->recording);
  if (!report && report.error().kind != Error::Kind::not_found) return tl::unexpected<Error>(report.error());
  return as_pdf(casework::case_document(*one, report ? &*report : nullptr, *zone, request.language),
                "case-" + one->id + ".pdf");
}

struct TwoMonths {
  Month month;
  insights::Picture picture;
  insights::Picture before;
};

Result<TwoMonths> look_at(Application& application, const Request& request) {
  const auto& by = request.caller();
  return application.database().read([&](store::Transaction& t) -> Result<TwoMonths> {
    const auto zone = access::time_zone_of(t, by.tenant);
    if (!zone) return tl::unexpected<Error>(zone.error());
    const auto told = request.query("month");
    const auto month = told ? parse_month(*told) : month_of(zone->day_at(now_ms()));
    if (!month) throw_bad_request("month", {"2026-11 のように書いてください", "write it like 2026-11"});
    constexpr std::chrono::months kOne{1};
    auto picture = insights::picture_of(t, by, {zone->start_of(*month), zone->start_of(*month + kOne)});
    if (!picture) return tl::unexpected<Error>(picture.error());
    auto before = insights::picture_of(t, by, {zone->start_of(*month - kOne), zone->start_of(*month)});
    if (!before) return tl::unexpected<Error>(before.error());
    return TwoMonths{*month, std::move(*picture), std::move(*before)};
  });
}

Result<Response> print_month(Application& application, const Request& request) {
  const auto& by = request.caller();
  const auto& policy = shared_policy();
  if (!policy) return tl::unexpected<Error>(policy.error());
  const auto& playbook = shared_playbook();
  if (!playbook) return tl::unexpected<Error>(playbook.error());
  const auto seen = look_at(application, request);
  if (!seen) return tl::unexpected<Error>(seen.error());
  if (auto noted = application.audit().note({by.tenant, by.id, "insights.read", "", "pdf", request.address});
      !noted)
    return tl::unexpected<Error>(noted.error());
  const auto groups = group_names(application, by.tenant);
  if (!groups) return tl::unexpected<Error>(groups.error());
  return as_pdf(insights::month_document(seen->month, seen->picture, seen->before,
                                         {*policy, *playbook, *groups}, request.language),
                "month-" + format_month(seen->month) + ".pdf");
}

}  // namespace

std::vector<Route> routes_of_documents(Application& application) {
  const auto with = [&application](auto* handle) {
    return [&application, handle](const Request& request) { return handle(application, request); };
  };
  return {
      {"GET", "/api/v1/recordings/{id}/report.pdf", Permission::read_recordings, with(print_report)},
      {"GET", "/api/v1/cases/{id}/case.pdf", Permission::work_cases, with(print_case)},
      {"GET", "/api/v1/insights/month.pdf", Permission::work_cases, with(print_month), {.query = {"month"}}},
  };
}

}  // namespace guardian::server
