// insights/picture.h - what a stretch of time shows: when, where and which kinds of harassment were
// suspected, against how much was heard at all. From the rows of analysed recordings (archive/recordings.h);
// nothing here knows an employee.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "access/caller.h"
#include "base/result.h"
#include "store/database.h"

namespace guardian::insights {

/// Below so many recordings a share says more about chance than about customers: it is not shown.
constexpr int kFew = 5;

struct Count {
  int recordings = 0;
  int suspected = 0;
  double minutes = 0.0;
};

/// A category, and the gravest recordings in which it was found.
struct CategoryPicture {
  int recordings = 0;
  std::vector<std::string> gravest;  ///< ids, at most three
};

struct Picture {
  Count all;
  std::map<std::string, CategoryPicture> categories;
  std::array<Count, 24> hours{};            ///< by the hour in which the dealing began
  std::array<Count, 7> weekdays{};          ///< from Monday
  std::map<std::string, Count> months;      ///< "2026-11"
  std::map<std::string, Count> groups;      ///< groups.id; "" for none and for those of few people
  std::map<std::string, Count> directions;  ///< "inbound", "outbound", "" if it was not told
  std::array<std::map<std::string, int>, 24> categories_by_hour;
  bool complete = true;  ///< false: there were more recordings than are counted, the newest are
};

struct Period {
  std::int64_t from_ms = 0;
  std::int64_t before_ms = 0;
};

/// A smaller group would show what a single employee met with, as in load/group_picture.h.
constexpr int kFewestPeople = 5;

/// Analysed recordings within the caller's reach whose dealing began in the period, copies left out, at most
/// 100,000, on the tenant's calendar. Errors: not_found for a tenant without calendar.
Result<Picture> picture_of(store::Transaction& transaction, const access::Caller& by, const Period& period);

}  // namespace guardian::insights
