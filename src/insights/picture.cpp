#include "insights/picture.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "access/tenant_calendar.h"
#include "archive/recordings.h"
#include "base/calendar.h"
#include "insights/counted.h"

namespace guardian::insights {
namespace {

constexpr std::int64_t kMost = 100'000;
constexpr std::size_t kGravest = 3;

using Findings = std::vector<CountedFinding>;

void add(Count& count, bool suspected, double minutes, const std::set<std::string>& categories) {
  ++count.recordings;
  count.suspected += suspected ? 1 : 0;
  count.minutes += minutes;
  for (const auto& category : categories) ++count.categories[category];
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

/// What a row says of a dealing, before it is counted.
struct Dealing {
  std::string id;
  bool suspected = false;
  double minutes = 0.0;
  std::set<std::string> categories;  ///< none unless suspected
};

Dealing dealing_of(const store::Row& row, const Findings& findings) {
  Dealing dealing{row.text("id"),
                  row.integer_if("suspected").value_or(0) != 0,
                  row.real_if("duration_s").value_or(0.0) / 60.0,
                  {}};
  if (dealing.suspected)
    for (const auto& finding : findings) dealing.categories.insert(finding.category);
  return dealing;
}

void take_places(Picture& picture, const Dealing& dealing, const store::Row& row, const TimeZone& zone,
                 const std::set<std::string>& groups) {
  const auto count = [&](Count& into) { add(into, dealing.suspected, dealing.minutes, dealing.categories); };
  const auto at_ms = row.integer("occurred_ms");
  const auto day = zone.day_at(at_ms);
  const auto hour = std::chrono::floor<std::chrono::hours>(zone.time_of_day_at(at_ms)).count();
  const std::chrono::weekday weekday(day);
  count(picture.all);
  count(picture.hours.at(static_cast<std::size_t>(hour)));
  count(picture.weekdays.at(weekday.iso_encoding() - 1));
  count(picture.months[format_month(month_of(day))]);
  const auto group = row.text_if("group_id").value_or("");
  count(picture.groups[groups.contains(group) ? group : ""]);
  count(picture.directions[row.text_if("direction").value_or("")]);
  count(picture.products[row.text_if("product").value_or("")]);
}

/// Rows come gravest first.
void take_evidence(Picture& picture, const Dealing& dealing, const Findings& findings) {
  for (const auto& category : dealing.categories) {
    auto& one = picture.categories[category];
    ++one.recordings;
    if (one.gravest.size() >= kGravest) continue;
    const auto rank = [&](const auto& finding) {
      return finding.category == category ? finding.severity : -1;
    };
    const auto gravest = std::max_element(findings.begin(), findings.end(),
                                          [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    one.gravest.push_back({dealing.id, gravest->start_s});
  }
  if (!dealing.suspected || findings.empty()) return;
  const auto when = [](const CountedFinding& finding) { return finding.start_s.value_or(1e9); };
  const auto first = std::min_element(findings.begin(), findings.end(),
                                      [&](const auto& a, const auto& b) { return when(a) < when(b); });
  ++picture.lead_ups[first->lead_up];
}

/// Which recordings, as the end of a statement, and its values.
struct Choice {
  std::string sql;
  store::Values values;
};

Choice choice_of(const access::Caller& by, const Period& period) {
  auto reach = archive::within_reach(by);
  Choice choice{reach.sql +
                    " AND state = 'analysed' AND same_as IS NULL AND COALESCE(started_ms, uploaded_ms) >= ? "
                    "AND COALESCE(started_ms, uploaded_ms) < ?",
                std::move(reach.values)};
  choice.values.emplace_back(period.from_ms);
  choice.values.emplace_back(period.before_ms);
  if (period.group) {
    choice.sql += " AND group_id = ?";
    choice.values.emplace_back(*period.group);
  }
  return choice;
}

std::map<std::string, Findings> findings_of(store::Transaction& transaction, const Choice& choice) {
  std::map<std::string, Findings> findings;
  for (const auto& row : transaction.query("SELECT recording_id, category, severity, start_s, lead_up FROM "
                                           "counted_findings WHERE recording_id IN (SELECT id FROM "
                                           "recordings WHERE " +
                                               choice.sql + ")",
                                           choice.values))
    findings[row.text("recording_id")].push_back(
        {row.text("category"), static_cast<int>(row.integer("severity")), row.real_if("start_s"),
         lead_up_named(row.text("lead_up"))});
  return findings;
}

}  // namespace

Result<Picture> picture_of(store::Transaction& transaction, const access::Caller& by, const Period& period) {
  const auto zone = access::time_zone_of(transaction, by.tenant);
  if (!zone) return tl::unexpected<Error>(zone.error());
  const auto groups = groups_of_many(transaction, by.tenant);
  if (period.group && !groups.contains(*period.group))
    return fail(Error::Kind::not_found, "group",
                {"その名前のグループがないか、人数が少なすぎます",
                 "there is no such group, or it has too few people"},
                {"5 人以上のグループを選んでください", "Choose a group of five people or more"});
  const auto choice = choice_of(by, period);
  auto values = choice.values;
  values.emplace_back(kMost + 1);
  // The newest are chosen first where there are too many, then the gravest come first.
  const auto rows = transaction.query(
      "SELECT * FROM (SELECT id, COALESCE(started_ms, uploaded_ms) AS occurred_ms, duration_s, "
      "counted_suspected AS suspected, counted_score, group_id, direction, product FROM recordings WHERE " +
          choice.sql + " ORDER BY occurred_ms DESC LIMIT ?) ORDER BY counted_score DESC, id",
      values);
  const auto findings = findings_of(transaction, choice);
  Picture picture;
  picture.complete = static_cast<std::int64_t>(rows.size()) <= kMost;
  for (const auto& row : rows) {
    const auto found = findings.find(row.text("id"));
    const auto& its = found == findings.end() ? Findings{} : found->second;
    const auto dealing = dealing_of(row, its);
    take_places(picture, dealing, row, *zone, groups);
    take_evidence(picture, dealing, its);
  }
  return picture;
}

}  // namespace guardian::insights
