#include "casework/counterpart_record.h"

#include <set>

#include "access/tenant_calendar.h"
#include "archive/recordings.h"
#include "base/id.h"
#include "base/text.h"
#include "casework/case_rows.h"

namespace guardian::casework {
namespace {

constexpr std::int64_t kMostDealings = 200;

Dealing dealing_of(const store::Row& row) {
  return {row.text("id"),
          row.text_if("case_id").value_or(""),
          row.integer("occurred_ms"),
          row.real_if("duration_s").value_or(0.0),
          static_cast<int>(row.integer_if("score").value_or(0)),
          row.text_if("band").value_or("none"),
          words_in(row.text_if("categories").value_or(""))};
}

}  // namespace

Result<CounterpartRecord> counterpart_record(store::Transaction& transaction, const access::Caller& by,
                                             const std::string& case_id) {
  const auto reach = archive::within_reach(by, "cases");
  auto values = reach.values;
  values.emplace_back(case_id);
  const auto row =
      is_id(case_id)
          ? transaction.first("SELECT counterpart FROM cases WHERE " + reach.sql + " AND id = ?", values)
          : std::nullopt;
  if (!row)
    return fail(Error::Kind::not_found, "case", {"そのケースはありません", "there is no such case"},
                {"一覧から選び直してください", "Choose again from the list"});
  CounterpartRecord record;
  const auto counterpart = row->text_if("counterpart");
  if (!counterpart) return record;
  const auto zone = access::time_zone_of(transaction, by.tenant);
  if (!zone) return tl::unexpected<Error>(zone.error());
  const auto recordings = archive::within_reach(by);
  values = recordings.values;
  values.emplace_back(*counterpart);
  values.emplace_back(kMostDealings);
  std::map<std::string, int> counts;
  for (
      const auto& found : transaction.query(
          "SELECT recordings.id, COALESCE(started_ms, uploaded_ms) AS occurred_ms, duration_s, score, band, "
          "categories, (SELECT c.id FROM cases c WHERE c.tenant_id = recordings.tenant_id AND c.recording_id "
          "= recordings.id) AS case_id FROM recordings WHERE " +
              recordings.sql +
              " AND counterpart = ? AND state = 'analysed' AND same_as IS NULL ORDER BY occurred_ms DESC, id "
              "DESC LIMIT ?",
          values)) {
    auto dealing = dealing_of(found);
    auto& month = record.months[format_month(month_of(zone->day_at(dealing.occurred_ms)))];
    ++month.dealings;
    month.duration_s += dealing.duration_s;
    record.duration_s += dealing.duration_s;
    for (const auto& category : std::set<std::string>(dealing.categories.begin(), dealing.categories.end()))
      ++counts[category];
    record.dealings.push_back(std::move(dealing));
  }
  for (const auto& [category, count] : counts)
    if (count > 1) record.repeated.emplace(category, count);
  return record;
}

}  // namespace guardian::casework
