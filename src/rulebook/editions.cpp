#include "rulebook/editions.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/id.h"
#include "base/json_fields.h"
#include "base/json_guard.h"

namespace guardian::rulebook {
namespace {

constexpr const char* kAmendmentContext = "rulebook.amendment";
constexpr const char* kNameContext = "rulebook.name";
constexpr const char* kNoteContext = "rulebook.note";
constexpr std::size_t kMostBytes = std::size_t{1} << 20U;

Result<policy::Amendment> parse(const std::string& text) {
  const auto json = parse_json(text, "rulebook", {kMostBytes, 8});
  if (!json) return tl::unexpected<Error>(json.error());
  try {
    policy::Amendment amendment;
    read_fields(*json, "amendment", amendment);
    return amendment;
  } catch (const FieldMistake& mistake) {
    return fail(Error::Kind::damaged, "rulebook",
                {fmt::format("保存された規則が正しくありません ({})", mistake.field),
                 fmt::format("the rules that were kept are wrong ({})", mistake.field)},
                {"", ""});
  }
}

}  // namespace

Result<Edition> Editions::read(const std::string& tenant, const store::Row& row) const {
  const auto text = keyring_.unseal(tenant, row.bytes("amendment_sealed"), kAmendmentContext);
  if (!text) return tl::unexpected<Error>(text.error());
  auto amendment = parse(*text);
  if (!amendment) return tl::unexpected<Error>(amendment.error());
  auto name = keyring_.unseal(tenant, row.bytes("name_sealed"), kNameContext);
  if (!name) return tl::unexpected<Error>(name.error());
  auto note = keyring_.unseal(tenant, row.bytes("note_sealed"), kNoteContext);
  if (!note) return tl::unexpected<Error>(note.error());
  amendment->edition = row.integer("number");
  return Edition{std::move(*amendment), std::move(*name), std::move(*note), row.integer("published_ms")};
}

Result<Edition> Editions::current(store::Transaction& transaction, const std::string& tenant) const {
  const auto row = transaction.first(
      "SELECT * FROM rulebook_editions WHERE tenant_id = ? ORDER BY number DESC LIMIT 1", {tenant});
  if (!row) return Edition{};
  return read(tenant, *row);
}

Result<std::vector<Edition>> Editions::list(store::Transaction& transaction,
                                            const std::string& tenant) const {
  std::vector<Edition> editions;
  for (const auto& row :
       transaction.query("SELECT * FROM rulebook_editions WHERE tenant_id = ? ORDER BY number DESC LIMIT ?",
                         {tenant, std::int64_t{kMostListed}})) {
    auto edition = read(tenant, row);
    if (!edition) return tl::unexpected<Error>(edition.error());
    editions.push_back(std::move(*edition));
  }
  return editions;
}

Result<Edition> Editions::publish(store::Transaction& transaction, const access::Caller& by,
                                  policy::Amendment amendment, const std::string& note,
                                  const std::string& address) const {
  const auto last = current(transaction, by.tenant);
  if (!last) return tl::unexpected<Error>(last.error());
  if (last->amendment.edition != amendment.edition)
    return fail(Error::Kind::conflict, "edition",
                {"その間に別の版が公開されました", "another edition was published in the meantime"},
                {"新しい版を読み込んでから直してください", "Load the new edition and change that"});
  ++amendment.edition;
  const Edition edition{amendment, by.name, note, now_ms()};
  transaction.execute(
      "INSERT INTO rulebook_editions (tenant_id, number, amendment_sealed, published_by, name_sealed, "
      "note_sealed, published_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
      {by.tenant, amendment.edition, keyring_.seal(by.tenant, to_json_line(amendment), kAmendmentContext),
       by.id, keyring_.seal(by.tenant, by.name, kNameContext), keyring_.seal(by.tenant, note, kNoteContext),
       edition.published_ms});
  audit_.add(transaction,
             {by.tenant, by.id, "policy.publish", std::to_string(amendment.edition),
              fmt::format("{} rules off, own rules sha256 {}", amendment.off.size(), sha256(amendment.rules)),
              address});
  return edition;
}

}  // namespace guardian::rulebook
