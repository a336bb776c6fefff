#include "casework/deep_links.h"

#include "base/file.h"
#include "base/id.h"
#include "casework/case_rows.h"
#include "casework/settings.h"

namespace guardian::casework {
namespace {

/// The only query here without a tenant: the secret itself says which. Whoever was taken off the route has no
/// link any more.
Result<store::Row> find_link(store::Transaction& t, const std::string& secret) {
  auto row = t.first(
      "SELECT n.id, n.tenant_id, n.case_id, n.recipient_id, n.language, n.link_expires_ms, n.link_used_ms, "
      "c.occurred_ms, c.band, c.acknowledged_ms, c.state, g.name AS group_name FROM notices n "
      "JOIN cases c ON c.tenant_id = n.tenant_id AND c.id = n.case_id "
      "JOIN notice_recipients r ON r.tenant_id = n.tenant_id AND r.id = n.recipient_id "
      "LEFT JOIN groups g ON g.tenant_id = c.tenant_id AND g.id = c.group_id WHERE n.link_hash = ?",
      {sha256(secret)});
  if (row) return std::move(*row);
  return fail(Error::Kind::not_found, "link", {"このリンクは使えません", "this link does not work"},
              {"通知のリンクをそのまま開いてください", "Open the link of the notice as it is"});
}

LinkView view_of(const store::Row& row) {
  LinkView view;
  view.occurred_ms = row.integer("occurred_ms");
  view.band = band_named(row.text("band"));
  view.group = row.text_if("group_name").value_or("");
  view.language = row.text("language") == "ja" ? Language::japanese : Language::english;
  view.acknowledged_ms = row.integer_if("acknowledged_ms");
  view.used = !row.is_null("link_used_ms");
  view.expired = row.integer("link_expires_ms") <= now_ms();
  return view;
}

}  // namespace

Result<LinkView> DeepLinks::look(const std::string& secret) const {
  return database_.read(
      [&](store::Transaction& t) -> Result<LinkView> { return find_link(t, secret).map(view_of); });
}

Result<LinkView> DeepLinks::acknowledge(const std::string& secret, const std::string& address) const {
  return database_.write([&](store::Transaction& t) -> Result<LinkView> {
    const auto row = find_link(t, secret);
    if (!row) return tl::unexpected<Error>(row.error());
    const auto view = view_of(*row);
    if (view.used || view.acknowledged_ms) return view;
    if (view.expired)
      return fail(Error::Kind::conflict, "link", {"このリンクの期限は過ぎています", "this link has expired"},
                  {"サインインしてケースを開いてください", "Sign in and open the case"});
    const auto tenant = row->text("tenant_id");
    const auto recipient = routes_.recipient(t, tenant, row->text("recipient_id"));
    if (!recipient) return tl::unexpected<Error>(recipient.error());
    const Actor actor{"recipient", *recipient ? (*recipient)->address : std::string()};
    const auto id = row->text("case_id");
    if (acknowledge_row(t, keyring_, tenant, id, actor))
      audit_.add(t, {tenant, actor.id, "case.acknowledge", id, actor.name, address});
    t.execute("UPDATE notices SET link_used_ms = ? WHERE tenant_id = ? AND id = ?",
              {now_ms(), tenant, row->text("id")});
    return find_link(t, secret).map(view_of);
  });
}

}  // namespace guardian::casework
