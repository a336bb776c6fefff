// load/group_picture.h - what a manager may see of a group's load: how many of its people are in each band,
// never who, never a ranking. After load_ledger.h, and the only way from it to anybody but the employee. What
// is withheld, and why that holds against subtraction:
//   - A group has a picture only with five or more people with dealings in the last 28 days.
//   - No count of one: a band with a single person withholds the picture. As a person's absence from a band
//   would
//     tell as much, this also withholds "all but one".
//   - Yellow and red are told apart only from ten people on, and only if somebody is green; below, they are
//   one
//     count. Which of the two forms it is depends on nothing that is not shown, so the form tells nothing.
//   - A picture in which a count differs by exactly one from any picture of the group that can still be seen
//   is
//     withheld: whoever knows who had a bad day, joined or left learns nothing from the difference.
//   - Groups do not overlap and there is no total over them, so nothing can be subtracted from a whole.
//   - A day's picture is decided once and kept. It is of the day before yesterday, as it was known when that
//   day
//     ended: everybody has had a day with their own figures first, and what is changed later (another
//     employee, a deletion, an objection) cannot be watched.
// Why a picture is withheld is not told. Who may read a group's recordings can work out more from those; that
// is another right (access/caller.h) and stands in docs/decisions/0010-load-index.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access/caller.h"
#include "base/calendar.h"
#include "base/result.h"
#include "load/load_ledger.h"
#include "store/database.h"
#include "wellbeing/load.h"

namespace guardian::load {

struct PictureOptions {
  int least_people = 5;
  int least_count = 2;  ///< of a band that is not empty, and of a change between two pictures
  int fine_from = 10;   ///< people, from which yellow and red are told apart
  int shown_days =
      28;            ///< how long a picture can be seen and is compared with; also how recent "with data" is
  int lag_days = 2;  ///< the picture of day d can be seen from day d + 2 on
};

/// Everybody with data, by band. Never leaves the server.
struct BandCounts {
  int green = 0;
  int yellow = 0;
  int red = 0;
};

/// What is shown.
struct Picture {
  Day day;
  int green = 0;
  std::optional<int> yellow;  ///< empty: yellow and red are one count
  int yellow_or_red = 0;
  int people() const { return green + yellow_or_red; }
};

/// The picture of a day, or nothing where it could point to one person. `earlier`: those that can still be
/// seen.
std::optional<Picture> picture_of(Day day, const BandCounts& counts, const std::vector<Picture>& earlier,
                                  const PictureOptions& options = {});

struct GroupView {
  std::string group;
  std::string name;
  std::vector<Picture> pictures;  ///< newest first; none: too few people, or withheld
};

/// Has no state beside what it is made with; safe to use from several threads. The ledger must outlive it.
/// Functions throw store::Fault as the store does.
class GroupPictures {
 public:
  explicit GroupPictures(const LoadLedger& ledger, PictureOptions options = {})
      : ledger_(&ledger), options_(options) {}

  /// Decides on the pictures that are due, once each; needs a unit of work that may write. Once a day, or
  /// before `views`. Errors: not_found, for an unknown tenant.
  Result<void> decide_due(store::Transaction& transaction, const std::string& tenant) const;

  /// The caller's group, or for callers with the whole company in reach every group, by name. Errors:
  /// forbidden, for whoever has none.
  Result<std::vector<GroupView>> views(store::Transaction& transaction, const access::Caller& by) const;

 private:
  BandCounts count(store::Transaction& transaction, const std::string& tenant, const std::string& group,
                   Day day, std::int64_t known_ms) const;

  const LoadLedger* ledger_;
  PictureOptions options_;
};

}  // namespace guardian::load
