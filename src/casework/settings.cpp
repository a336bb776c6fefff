#include "casework/settings.h"

#include <fmt/format.h>

#include "report/names.h"

namespace guardian::casework {
namespace {

using judgement::Band;

constexpr int kLongestLink_h = 720;

}  // namespace

Band band_named(const std::string& name) {
  for (const auto band : {Band::none, Band::notice, Band::caution, Band::high})
    if (report::band_id(band) == name) return band;
  return Band::emergency;
}

Settings settings_of(store::Transaction& transaction, const std::string& tenant) {
  const auto row = transaction.first("SELECT * FROM casework_settings WHERE tenant_id = ?", {tenant});
  if (!row) return {};
  return {band_named(row->text("opened_from")), static_cast<int>(row->integer("link_hours"))};
}

Result<void> change_settings(store::Database& database, const access::AuditLog& audit,
                             const access::Caller& by, const Settings& settings) {
  if (!by.may(access::Permission::manage_settings))
    return fail(Error::Kind::forbidden, "settings",
                {"設定を変える権限がありません", "you may not change settings"},
                {"管理者に頼んでください", "Ask an administrator"});
  if (settings.link_hours < 1 || settings.link_hours > kLongestLink_h)
    return fail(Error::Kind::usage, "link_hours",
                {"1 から 720 時間にしてください", "it must be 1 to 720 hours"},
                {"入力を直してください", "Correct the input"});
  const auto band = report::band_id(settings.opened_from);
  return database.write([&](store::Transaction& t) -> Result<void> {
    t.execute("DELETE FROM casework_settings WHERE tenant_id = ?", {by.tenant});
    t.execute("INSERT INTO casework_settings (tenant_id, opened_from, link_hours) VALUES (?, ?, ?)",
              {by.tenant, band, std::int64_t{settings.link_hours}});
    audit.add(t, {by.tenant, by.id, "settings.change", "",
                  fmt::format("cases from {}, links {} h", band, settings.link_hours), ""});
    return {};
  });
}

}  // namespace guardian::casework
