// server/routes/report_policy.h - what the page of a report (report/report_html.h) may do in a browser: it
// brings its script, its style and its sound with it and asks nobody for anything.
#pragma once

namespace guardian::server {

constexpr const char* kReportPolicy =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; media-src "
    "data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

}  // namespace guardian::server
