// The commands for those who look after a server's data: backups, the audit log, keys, certificates.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "access/audit.h"
#include "access/keyring.h"
#include "access/sign_in.h"
#include "archive/backup.h"
#include "archive/certificate.h"
#include "archive/data_folder.h"
#include "base/file.h"
#include "base/id.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "store/database.h"

namespace guardian::cli {
namespace {

constexpr std::uint64_t kCertificateBytes = 1U << 20U;
constexpr double kMegabyte = 1e6;

/// Tells what came out of it, or why nothing did.
int tell(const Result<Text>& outcome, const CommonOptions& common) {
  if (outcome) return print(outcome->in(common.language) + "\n") ? kDone : kFailed;
  print_error(outcome.error(), common.language);
  return outcome.error().kind == Error::Kind::usage ? kUsage : kFailed;
}

archive::DataFolder folder_of(const DataOptions& options) { return {options.data}; }

Result<Key> find_key(const DataOptions& options) {
  return access::find_master_key(options.master_key.empty() ? folder_of(options).master_key()
                                                            : options.master_key);
}

/// A data folder that exists, opened.
struct Opened {
  Key master;
  std::unique_ptr<store::Database> database;
};

Result<Opened> open(const DataOptions& options) {
  const auto path = folder_of(options).database();
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored))
    return fail(Error::Kind::not_found, path.string(), {"データがありません", "there is no data"},
                {"--data を確かめてください", "Check --data"});
  auto master = find_key(options);
  if (!master) return tl::unexpected<Error>(master.error());
  auto database = store::open_embedded(path.string());
  if (!database) return tl::unexpected<Error>(database.error());
  return Opened{*master, std::move(*database)};
}

std::string shown(const access::AuditHead& head) { return fmt::format("{}:{}", head.number, head.hash); }

Result<std::optional<access::AuditHead>> parse_head(const std::string& text) {
  if (text.empty()) return std::nullopt;
  access::AuditHead head;
  const auto colon = text.find(':');
  const auto* end = text.data() + std::min(colon, text.size());
  const auto [read_to, failure] = std::from_chars(text.data(), end, head.number);
  if (colon == std::string::npos || failure != std::errc() || read_to != end || head.number < 1)
    return fail(Error::Kind::usage, printable(text), {"番号:ハッシュ の形ではありません", "not NUMBER:HASH"},
                {"以前の guardian audit verify が示した末尾を指定してください",
                 "Give the end that an earlier guardian audit verify told"});
  head.hash = text.substr(colon + 1);
  return head;
}

Text described(const archive::BackupSummary& summary) {
  const double megabytes = static_cast<double>(summary.bytes) / kMegabyte;
  return {fmt::format("{} 時点: {} 件、{:.1f} MB (新しく写した {} 件、削除した {} 件)", summary.created_at,
                      summary.objects, megabytes, summary.copied, summary.removed),
          fmt::format("As of {}: {} objects, {:.1f} MB ({} copied anew, {} removed)", summary.created_at,
                      summary.objects, megabytes, summary.copied, summary.removed)};
}

Result<Text> back_up(const BackupOptions& options, const CommonOptions& common) {
  ProgressBar bar("backup", common.language);
  const auto show = [&](double share) { bar.update(share); };
  const auto made = archive::back_up(folder_of(options.data), options.folder, show, common.stop);
  if (!made) return tl::unexpected<Error>(made.error());
  if (options.verify)
    if (const auto good = archive::verify_backup(options.folder, show, common.stop); !good)
      return tl::unexpected<Error>(good.error());
  auto told = described(*made);
  told.ja += "\nマスター鍵は含まれていません。別の場所に保管してください。";
  told.en += "\nThe master key is not in it: keep that elsewhere.";
  return told;
}

Result<Text> bring_back(const BackupOptions& options, const CommonOptions& common) {
  const auto master = find_key(options.data);
  if (!master) return tl::unexpected<Error>(master.error());
  ProgressBar bar("restore", common.language);
  const auto head = archive::restore(
      options.folder, folder_of(options.data), *master, [&](double share) { bar.update(share); },
      common.stop);
  if (!head) return tl::unexpected<Error>(head.error());
  return Text{"戻しました。監査記録の末尾: " + shown(*head),
              "Restored. End of the audit log: " + shown(*head)};
}

Result<Text> verify_audit(const DataOptions& options, const std::string& expected) {
  const auto head = parse_head(expected);
  if (!head) return tl::unexpected<Error>(head.error());
  const auto opened = open(options);
  if (!opened) return tl::unexpected<Error>(opened.error());
  const auto found = access::verify_audit(*opened->database, opened->master, *head);
  if (!found) return tl::unexpected<Error>(found.error());
  return Text{"監査記録に書き換えはありません。末尾: " + shown(*found),
              "The audit log is whole. Its end: " + shown(*found)};
}

Result<std::vector<std::string>> tenants_of(store::Database& database) {
  return database.read([](store::Transaction& transaction) -> Result<std::vector<std::string>> {
    std::vector<std::string> tenants;
    for (const auto& row : transaction.query("SELECT DISTINCT tenant_id FROM tenant_keys ORDER BY tenant_id"))
      tenants.push_back(row.text("tenant_id"));
    return tenants;
  });
}

/// Work on the keys, noted in every tenant's audit log. Errors: busy, while a server runs.
template <class Work>
Result<void> with_keys(const DataOptions& options, const std::string& tenant, const std::string& action,
                       const Work& work) {
  const auto lock = archive::FolderLock::take(folder_of(options));
  if (!lock) return tl::unexpected<Error>(lock.error());
  const auto opened = open(options);
  if (!opened) return tl::unexpected<Error>(opened.error());
  auto keyring = access::Keyring::open(*opened->database, opened->master);
  if (!keyring) return tl::unexpected<Error>(keyring.error());
  auto tenants = tenants_of(*opened->database);
  if (!tenants) return tl::unexpected<Error>(tenants.error());
  if (!tenant.empty()) {
    if (std::find(tenants->begin(), tenants->end(), tenant) == tenants->end())
      return fail(Error::Kind::not_found, printable(tenant),
                  {"テナントがありません", "there is no such tenant"},
                  {"--tenant を確かめてください", "Check --tenant"});
    *tenants = {tenant};
  }
  if (Result<void> done = work(*keyring, *tenants); !done) return done;
  access::AuditLog audit(*opened->database, *keyring);
  for (const auto& one : *tenants)
    if (auto noted = audit.note({one, "system", action, "", "guardian keys", ""}); !noted) return noted;
  return {};
}

Result<Text> rotate(const DataOptions& options, const std::string& tenant) {
  const auto done =
      with_keys(options, tenant, "keys.rotate",
                [](access::Keyring& keyring, const std::vector<std::string>& tenants) -> Result<void> {
                  for (const auto& one : tenants)
                    if (auto rotated = keyring.rotate(one); !rotated) return rotated;
                  return {};
                });
  if (!done) return tl::unexpected<Error>(done.error());
  return Text{"これからは新しい鍵で封をします。以前のものは今までどおり読めます。",
              "New things are sealed with new keys from now on; old ones stay readable."};
}

Result<Text> change_master(const DataOptions& options, const std::filesystem::path& file) {
  const auto done =
      with_keys(options, "", "keys.change_master",
                [&](access::Keyring& keyring, const std::vector<std::string>& /*tenants*/) -> Result<void> {
                  const auto key = access::master_key_in(file);
                  if (!key) return tl::unexpected<Error>(key.error());
                  return keyring.change_master(*key);
                });
  if (!done) return tl::unexpected<Error>(done.error());
  const auto name = printable(file.string());
  return Text{
      fmt::format("マスター鍵を替えました。設定の master_key に {} を指定してください。"
                  "以前の鍵は、以前のバックアップを残す間は保管してください。",
                  name),
      fmt::format("The master key was changed. Name {} as master_key in the configuration. Keep the old "
                  "key as long as you keep backups made before.",
                  name)};
}

/// Whoever can open the data with its master key may do everything in it, so that no sign-in is asked for.
access::Caller keeper_of(const std::string& tenant) {
  access::Caller keeper;
  keeper.tenant = tenant;
  keeper.id = "system";
  using enum access::Role;
  for (const auto role : {administrator, special_department, group_manager, employee, auditor})
    keeper.permissions.merge(access::permissions_of(role));
  return keeper;
}

Result<std::set<access::Permission>> scopes_of(const std::vector<std::string>& names) {
  using enum access::Permission;
  if (names.empty()) return std::set{upload, read_recordings, listen, see_personal};
  std::set<access::Permission> scopes;
  for (const auto& name : names) {
    const auto scope = access::permission_named(name);
    if (!scope)
      return fail(
          Error::Kind::usage, printable(name), {"知らない権限です", "an unknown scope"},
          {"/api/docs の API キーの scopes を確かめてください", "See scopes of API keys at /api/docs"});
    scopes.insert(*scope);
  }
  return scopes;
}

Result<std::string> only_tenant(store::Database& database, const std::string& wanted) {
  const auto tenants = tenants_of(database);
  if (!tenants) return tl::unexpected<Error>(tenants.error());
  if (wanted.empty() && tenants->size() == 1) return tenants->front();
  if (std::find(tenants->begin(), tenants->end(), wanted) != tenants->end()) return wanted;
  return fail(Error::Kind::not_found, printable(wanted.empty() ? "--tenant" : wanted),
              {tenants->empty() ? "会社がまだ登録されていません" : "テナントを一つに決められません",
               tenants->empty() ? "there is no company yet" : "it is not clear which tenant"},
              {"guardian serve を一度起動するか、--tenant を指定してください",
               "Start guardian serve once, or give --tenant"});
}

Result<Text> add_api_key(const ApiKeyOptions& options) {
  const auto scopes = scopes_of(options.scopes);
  if (!scopes) return tl::unexpected<Error>(scopes.error());
  const auto opened = open(options.data);
  if (!opened) return tl::unexpected<Error>(opened.error());
  const auto tenant = only_tenant(*opened->database, options.tenant);
  if (!tenant) return tl::unexpected<Error>(tenant.error());
  const auto keyring = access::Keyring::open(*opened->database, opened->master);
  if (!keyring) return tl::unexpected<Error>(keyring.error());
  const access::AuditLog audit(*opened->database, *keyring);
  const auto made = access::SignIn(*opened->database, *keyring, audit)
                        .add_key(keeper_of(*tenant), options.name, *scopes, std::nullopt, std::nullopt);
  if (!made) return tl::unexpected<Error>(made.error());
  return Text{made->secret, made->secret};  // alone, so that a shell can take it
}

Result<Text> check_certificate(const CertificateOptions& options) {
  const auto certificate = read_file(options.file, kCertificateBytes);
  if (!certificate) return tl::unexpected<Error>(certificate.error());
  auto key = options.public_key;
  if (key.empty()) {
    const auto opened = open(options.data);
    if (!opened) return tl::unexpected<Error>(opened.error());
    const auto keyring = access::Keyring::open(*opened->database, opened->master);
    if (!keyring) return tl::unexpected<Error>(keyring.error());
    key = archive::public_key_of(keyring->lasting(access::Keyring::Lasting::certificates));
  }
  const auto statement = archive::verify_certificate(*certificate, key);
  if (!statement) return tl::unexpected<Error>(statement.error());
  const auto recording = printable(statement->value("recording", ""));
  const auto erased_at = printable(statement->value("erased_at", ""));
  return Text{
      fmt::format("正しい証明書です。録音 {} は {} に削除されました。公開鍵: {}", recording, erased_at, key),
      fmt::format("A genuine certificate: recording {} was deleted at {}. Public key: {}", recording,
                  erased_at, key)};
}

}  // namespace

int backup(const BackupOptions& options, const CommonOptions& common) {
  return tell(back_up(options, common), common);
}

int restore(const BackupOptions& options, const CommonOptions& common) {
  return tell(bring_back(options, common), common);
}

int audit_verify(const DataOptions& options, const std::string& expected, const CommonOptions& common) {
  return tell(verify_audit(options, expected), common);
}

int keys_rotate(const DataOptions& options, const std::string& tenant, const CommonOptions& common) {
  return tell(rotate(options, tenant), common);
}

int keys_change_master(const DataOptions& options, const std::filesystem::path& file,
                       const CommonOptions& common) {
  return tell(change_master(options, file), common);
}

int api_key_add(const ApiKeyOptions& options, const CommonOptions& common) {
  return tell(add_api_key(options), common);
}

int certificate_verify(const CertificateOptions& options, const CommonOptions& common) {
  return tell(check_certificate(options), common);
}

}  // namespace guardian::cli
