// insights/picture.h - what a stretch of time shows: when, where and which kinds of harassment were
// suspected, against how much was heard at all. From the rows of analysed recordings (archive/recordings.h)
// and what counts of them after review (counted.h); nothing here knows an employee.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "access/caller.h"
#include "base/result.h"
#include "insights/lead_up.h"
#include "store/database.h"

namespace guardian::insights {

/// Below so many recordings a share says more about chance than about customers: it is not shown.
constexpr int kFew = 5;

struct Count {
  int recordings = 0;
  int suspected = 0;
  double minutes = 0.0;
  std::map<std::string, int> categories;  ///< suspected recordings by category found in them
};

/// A place in a recording, to be opened there.
struct Place {
  std::string recording;  ///< id
  std::optional<double> start_s;
};

/// A category, and the gravest recordings in which it was found.
struct CategoryPicture {
  int recordings = 0;
  std::vector<Place> gravest;  ///< at most three
};

struct Picture {
  Count all;
  std::map<std::string, CategoryPicture> categories;
  std::array<Count, 24> hours{};            ///< by the hour in which the dealing began
  std::array<Count, 7> weekdays{};          ///< from Monday
  std::map<std::string, Count> months;      ///< "2026-11"
  std::map<std::string, Count> groups;      ///< groups.id; "" for none and for those of few people
  std::map<std::string, Count> directions;  ///< "inbound", "outbound", "" if it was not told
  std::map<std::string, Count> products;    ///< as told with the recording; "" if it was not told
  std::map<LeadUp, int> lead_ups;           ///< suspected recordings, by what came before their first finding
  bool complete = true;  ///< false: there were more recordings than are counted, the newest are
};

struct Period {
  std::int64_t from_ms = 0;
  std::int64_t before_ms = 0;
  std::optional<std::string> group = {};  ///< id; only dealings of that one
};

/// A smaller group would show what a single employee met with, as in load/group_picture.h.
constexpr int kFewestPeople = 5;

/// Analysed recordings within the caller's reach whose dealing began in the period, copies left out, at most
/// 100,000, on the tenant's calendar. Errors: not_found for a tenant without calendar, and for a group that
/// is not there or has fewer than kFewestPeople.
Result<Picture> picture_of(store::Transaction& transaction, const access::Caller& by, const Period& period);

}  // namespace guardian::insights
