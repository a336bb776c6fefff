// server/routes/routes.h - the routes by subject, one file each in this folder. application.cpp joins them.
#pragma once

#include <vector>

#include "server/router.h"

namespace guardian::server {

class Application;

std::vector<Route> routes_of_cases(Application& application);       ///< cases, from when on there is one
std::vector<Route> routes_of_deep_links(Application& application);  ///< the page behind a notice's link
std::vector<Route> routes_of_notifications(
    Application& application);                                      ///< who is told, what became of notices
std::vector<Route> routes_of_access(Application& application);      ///< sessions, users, keys, audit log
std::vector<Route> routes_of_provider(Application& application);    ///< in by an identity provider
std::vector<Route> routes_of_dashboard(Application& application);   ///< the pages people use
std::vector<Route> routes_of_jobs(Application& application);        ///< the queue, a stream of progress
std::vector<Route> routes_of_keeping(Application& application);     ///< deletion, legal hold, exports
std::vector<Route> routes_of_recordings(Application& application);  ///< recordings, reports, their analysis
std::vector<Route> routes_of_load(Application& application);        ///< own load, objections, groups in bands
std::vector<Route> routes_of_installation(Application& application);  ///< versions, models, terms
std::vector<Route> routes_of_insights(Application& application);      ///< what a stretch of time shows
std::vector<Route> routes_of_documents(Application& application);     ///< what is printed, as PDF
std::vector<Route> routes_of_rulebook(Application& application);      ///< a company's own rules
std::vector<Route> routes_of_shares(Application& application);        ///< links that expire, and their page
std::vector<Route> routes_of_review(Application& application);        ///< what people decide on findings
std::vector<Route> routes_of_search(Application& application);        ///< by the words that were said
std::vector<Route> routes_of_system(Application& application);        ///< health, description of the API
std::vector<Route> routes_of_usage(Application& application);         ///< minutes, plan, allowances, calendar
std::vector<Route> routes_of_uploads(
    Application& application);  ///< recordings coming in, their sound going out

}  // namespace guardian::server
