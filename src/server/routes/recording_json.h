// server/routes/recording_json.h - recordings as the API shows them, and the filters that lists of them know.
// Shared by the routes that list (recordings.cpp) and that search (search.cpp).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "archive/recordings.h"
#include "server/exchange.h"

namespace guardian::server {

/// Without the right see_personal, neither the customer's id nor the file's name, which often holds one.
nlohmann::json recording_json(const archive::Recording& recording, const Request& request);

/// Names of the query's parameters, those of paging among them.
std::vector<std::string> recording_filters();

/// Throws BadRequest (400) for a value that cannot be, or that the caller may not look for.
archive::RecordingFilter recording_filter(const Request& request, const Paging& paging);

}  // namespace guardian::server
