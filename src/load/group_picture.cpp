#include "load/group_picture.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "access/tenant_calendar.h"

namespace guardian::load {
namespace {

using std::chrono::days;

std::int64_t number_of(Day day) { return day.time_since_epoch().count(); }

/// None, or enough to hide in.
bool hides(int people, const PictureOptions& options) { return people == 0 || people >= options.least_count; }

bool hides_in_change(int before, int after, const PictureOptions& options) {
  return hides(std::abs(after - before), options);
}

bool hides_each(const Picture& picture, const PictureOptions& options) {
  if (!hides(picture.green, options) || !hides(picture.yellow_or_red, options)) return false;
  return !picture.yellow ||
         (hides(*picture.yellow, options) && hides(picture.yellow_or_red - *picture.yellow, options));
}

bool hides_each_change(const Picture& before, const Picture& after, const PictureOptions& options) {
  if (!hides_in_change(before.green, after.green, options) ||
      !hides_in_change(before.yellow_or_red, after.yellow_or_red, options))
    return false;
  if (!before.yellow || !after.yellow) return true;
  return hides_in_change(*before.yellow, *after.yellow, options) &&
         hides_in_change(before.yellow_or_red - *before.yellow, after.yellow_or_red - *after.yellow, options);
}

/// Those that were shown from `since` on, newest first.
std::vector<Picture> shown_pictures(store::Transaction& t, const std::string& tenant,
                                    const std::string& group, Day since) {
  std::vector<Picture> pictures;
  for (const auto& row :
       t.query("SELECT * FROM load_pictures WHERE tenant_id = ? AND group_id = ? AND shown = 1 AND "
               "day >= ? ORDER BY day DESC",
               {tenant, group, number_of(since)})) {
    Picture picture;
    picture.day = Day(days(row.integer("day")));
    picture.green = static_cast<int>(row.integer("green"));
    if (const auto yellow = row.integer_if("yellow")) picture.yellow = static_cast<int>(*yellow);
    picture.yellow_or_red = static_cast<int>(row.integer("yellow_or_red"));
    pictures.push_back(picture);
  }
  return pictures;
}

}  // namespace

std::optional<Picture> picture_of(Day day, const BandCounts& counts, const std::vector<Picture>& earlier,
                                  const PictureOptions& options) {
  Picture picture;
  picture.day = day;
  picture.green = counts.green;
  picture.yellow_or_red = counts.yellow + counts.red;
  if (picture.people() < options.least_people) return std::nullopt;
  if (picture.people() >= options.fine_from && picture.green > 0) picture.yellow = counts.yellow;
  const bool safe =
      hides_each(picture, options) && std::all_of(earlier.begin(), earlier.end(), [&](const Picture& before) {
        return hides_each_change(before, picture, options);
      });
  return safe ? std::optional(picture) : std::nullopt;
}

BandCounts GroupPictures::count(store::Transaction& transaction, const std::string& tenant,
                                const std::string& group, Day day, std::int64_t known_ms) const {
  BandCounts counts;
  const auto& options = ledger_->options();
  const auto first = day - days(std::max(wellbeing::forgotten_after(options), options_.shown_days));
  for (const auto& row :
       transaction.query("SELECT id FROM employees WHERE tenant_id = ? AND group_id = ?", {tenant, group})) {
    const auto calls = ledger_->calls_of(transaction, tenant, row.text("id"), first, day, known_ms);
    const bool has_data = std::any_of(calls.begin(), calls.end(), [&](const wellbeing::LoadCall& call) {
      return call.day > day - days(options_.shown_days);
    });
    if (!has_data) continue;
    const auto band = wellbeing::follow_load(calls, day, day, options).front().band;
    ++(band == wellbeing::LoadBand::green    ? counts.green
       : band == wellbeing::LoadBand::yellow ? counts.yellow
                                             : counts.red);
  }
  return counts;
}

Result<void> GroupPictures::decide_due(store::Transaction& transaction, const std::string& tenant) const {
  const auto zone = access::time_zone_of(transaction, tenant);
  if (!zone) return tl::unexpected<Error>(zone.error());
  const auto day = zone->day_at(ledger_->now()) - days(options_.lag_days);
  const auto known_ms = zone->start_of(day + days(1));
  const auto since = day - days(options_.shown_days);
  transaction.execute("DELETE FROM load_pictures WHERE tenant_id = ? AND day < ?",
                      {tenant, number_of(since)});
  for (const auto& row : transaction.query("SELECT id FROM groups WHERE tenant_id = ? AND id NOT IN (SELECT "
                                           "group_id FROM load_pictures WHERE "
                                           "tenant_id = ? AND day = ?)",
                                           {tenant, tenant, number_of(day)})) {
    const auto group = row.text("id");
    const auto picture = picture_of(day, count(transaction, tenant, group, day, known_ms),
                                    shown_pictures(transaction, tenant, group, since), options_);
    const auto shown = picture.value_or(Picture{});
    transaction.execute(
        "INSERT INTO load_pictures (tenant_id, group_id, day, shown, green, yellow, yellow_or_red) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        {tenant, group, number_of(day), std::int64_t{picture ? 1 : 0}, std::int64_t{shown.green},
         shown.yellow ? store::Value(std::int64_t{*shown.yellow}) : store::Value(nullptr),
         std::int64_t{shown.yellow_or_red}});
  }
  return {};
}

Result<std::vector<GroupView>> GroupPictures::views(store::Transaction& transaction,
                                                    const access::Caller& by) const {
  const bool all = by.reach == access::Reach::tenant;
  if (!all && (by.reach != access::Reach::group || !by.group))
    return fail(Error::Kind::forbidden, "load",
                {"グループの負荷を見る権限がありません", "this caller has no group to see"},
                {"管理者に相談してください", "Ask an administrator"});
  const auto zone = access::time_zone_of(transaction, by.tenant);
  if (!zone) return tl::unexpected<Error>(zone.error());
  const auto since = zone->day_at(ledger_->now()) - days(options_.lag_days + options_.shown_days);
  std::vector<GroupView> views;
  for (const auto& row : transaction.query(
           "SELECT id, name FROM groups WHERE tenant_id = ? AND (? = 1 OR id = ?) ORDER BY name, id",
           {by.tenant, std::int64_t{all ? 1 : 0}, store::or_null(by.group)}))
    views.push_back(
        {row.text("id"), row.text("name"), shown_pictures(transaction, by.tenant, row.text("id"), since)});
  return views;
}

}  // namespace guardian::load
