#include "insights/picture.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "access/tenant_calendar.h"
#include "archive/recordings.h"
#include "base/calendar.h"
#include "base/text.h"

namespace guardian::insights {
namespace {

constexpr std::int64_t kMost = 100'000;
constexpr std::size_t kGravest = 3;

void add(Count& count, bool suspected, double minutes) {
  ++count.recordings;
  count.suspected += suspected ? 1 : 0;
  count.minutes += minutes;
}

/// Groups in which nobody stands for the whole.
std::set<std::string> groups_of_many(store::Transaction& transaction, const std::string& tenant) {
  std::set<std::string> groups;
  for (const auto& row :
       transaction.query("SELECT group_id FROM employees WHERE tenant_id = ? AND group_id IS NOT "
                         "NULL GROUP BY group_id HAVING COUNT(*) >= ?",
                         {tenant, std::int64_t{kFewestPeople}}))
    groups.insert(row.text("group_id"));
  return groups;
}

void take(Picture& picture, const store::Row& row, const TimeZone& zone,
          const std::set<std::string>& groups) {
  const auto at_ms = row.integer("occurred_ms");
  const bool suspected = row.integer_if("harassment").value_or(0) != 0;
  const double minutes = row.real_if("duration_s").value_or(0.0) / 60.0;
  const auto day = zone.day_at(at_ms);
  const auto minute = (at_ms / 60'000 + zone.offset_at(at_ms).count()) % (24LL * 60);
  const auto hour = static_cast<std::size_t>(minute / 60);
  const std::chrono::weekday weekday(day);
  add(picture.all, suspected, minutes);
  add(picture.hours.at(hour), suspected, minutes);
  add(picture.weekdays.at(weekday.iso_encoding() - 1), suspected, minutes);
  add(picture.months[format_month(month_of(day))], suspected, minutes);
  const auto group = row.text_if("group_id").value_or("");
  add(picture.groups[groups.contains(group) ? group : ""], suspected, minutes);
  add(picture.directions[row.text_if("direction").value_or("")], suspected, minutes);
  if (!suspected) return;
  for (const auto& category : words_in(row.text_if("categories").value_or(""))) {
    auto& one = picture.categories[category];
    ++one.recordings;
    ++picture.categories_by_hour.at(hour)[category];
    if (one.gravest.size() < kGravest) one.gravest.push_back(row.text("id"));  // rows come gravest first
  }
}

}  // namespace

Result<Picture> picture_of(store::Transaction& transaction, const access::Caller& by, const Period& period) {
  const auto zone = access::time_zone_of(transaction, by.tenant);
  if (!zone) return tl::unexpected<Error>(zone.error());
  const auto reach = archive::within_reach(by);
  auto values = reach.values;
  values.emplace_back(period.from_ms);
  values.emplace_back(period.before_ms);
  values.emplace_back(kMost + 1);
  // The newest are chosen first where there are too many, then the gravest come first.
  const auto rows = transaction.query(
      "SELECT * FROM (SELECT id, COALESCE(started_ms, uploaded_ms) AS occurred_ms, duration_s, harassment, "
      "score, categories, group_id, direction FROM recordings WHERE " +
          reach.sql +
          " AND state = 'analysed' AND same_as IS NULL AND COALESCE(started_ms, uploaded_ms) >= ? AND "
          "COALESCE(started_ms, uploaded_ms) < ? ORDER BY occurred_ms DESC LIMIT ?) ORDER BY score DESC, id",
      values);
  Picture picture;
  picture.complete = static_cast<std::int64_t>(rows.size()) <= kMost;
  const auto groups = groups_of_many(transaction, by.tenant);
  for (const auto& row : rows) take(picture, row, *zone, groups);
  return picture;
}

}  // namespace guardian::insights
