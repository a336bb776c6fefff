#include "access/keyring.h"

#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "base/file.h"
#include "base/id.h"

namespace guardian::access {
namespace {

constexpr const char* kVariable = "GUARDIAN_MASTER_KEY";

Result<Key> parse_key(std::string hex, const std::string& source) {
  while (!hex.empty() && std::isspace(static_cast<unsigned char>(hex.back())) != 0) hex.pop_back();
  auto key = key_from_hex(hex);
  sodium_memzero(hex.data(), hex.size());
  if (!key)
    return fail(Error::Kind::damaged, source,
                {"マスター鍵は 16 進 64 桁でなければなりません", "a master key has 64 hexadecimal digits"},
                {"正しい鍵を指定してください", "Name the right key"});
  return *key;
}

Result<void> check_private(const std::filesystem::path& file) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) == 0 && (facts.st_mode & 077U) == 0) return {};
  return fail(
      Error::Kind::unreadable, file.string(),
      {"マスター鍵を他の利用者が読めます", "others can read the master key"},
      {"chmod 600 で所有者だけが読めるようにしてください", "Make it readable by its owner only: chmod 600"});
}

Result<Key> make_master_key(const std::filesystem::path& file) {
  const auto key = Key::random();
  auto hex = to_hex(key) + '\n';
  const std::array<NewFile, 1> secret = {NewFile{file, hex, true}};
  const auto written = write_files(secret);
  sodium_memzero(hex.data(), hex.size());
  if (!written) return tl::unexpected<Error>(written.error());
  return key;
}

std::string context_of(const std::string& tenant, std::string_view kind, std::int64_t version) {
  return fmt::format("tenant_keys {} {} {}", tenant, kind, version);
}

void insert_key(store::Transaction& transaction, const std::string& tenant, const std::string& kind,
                std::int64_t version, const Key& key, const Key& master) {
  transaction.execute(
      "INSERT INTO tenant_keys (tenant_id, kind, version, key_sealed, created_ms) VALUES (?, ?, ?, ?, ?)",
      {tenant, kind, version, store::Blob{seal(master, key.bytes(), context_of(tenant, kind, version))},
       now_ms()});
}

constexpr std::array<std::pair<Keyring::Lasting, std::string_view>, 2> kLasting = {
    {{Keyring::Lasting::audit_chain, "audit chain"},
     {Keyring::Lasting::certificates, "deletion certificates"}}};

std::string lasting_context(std::string_view purpose) { return fmt::format("lasting_keys {}", purpose); }

struct TenantKeys {
  std::map<std::int64_t, Key> data;
  std::map<std::int64_t, Key> hash;
};

struct AllKeys {
  std::map<std::string, TenantKeys> tenants;
  std::map<Keyring::Lasting, Key> lasting;
};

tl::unexpected<Error> other_master() {
  return fail(
      Error::Kind::damaged, "master key",
      {"別のマスター鍵で封をされています", "the keys were sealed under another master key"},
      {"このデータフォルダーのマスター鍵を指定してください", "Name the master key of this data folder"});
}

/// Under the first master key they follow from it; a change of the master key writes them down.
Result<std::map<Keyring::Lasting, Key>> read_lasting(store::Transaction& transaction, const Key& master) {
  std::map<Keyring::Lasting, Key> lasting;
  for (const auto& [purpose, name] : kLasting) {
    const auto row =
        transaction.first("SELECT key_sealed FROM lasting_keys WHERE purpose = ?", {std::string(name)});
    if (!row) {
      lasting.emplace(purpose, derive(master, name));
      continue;
    }
    const auto key = unseal(master, row->bytes("key_sealed"), lasting_context(name))
                         .and_then([](const std::string& bytes) { return Key::from_bytes(bytes); });
    if (!key) return other_master();
    lasting.emplace(purpose, *key);
  }
  return lasting;
}

void insert_lasting(store::Transaction& transaction, std::string_view purpose, const Key& key,
                    const Key& master) {
  transaction.execute(
      "INSERT INTO lasting_keys (purpose, key_sealed) VALUES (?, ?)",
      {std::string(purpose), store::Blob{seal(master, key.bytes(), lasting_context(purpose))}});
}

Result<AllKeys> read_keys(store::Transaction& transaction, const Key& master) {
  AllKeys all;
  for (const auto& row : transaction.query("SELECT tenant_id, kind, version, key_sealed FROM tenant_keys")) {
    const auto tenant = row.text("tenant_id");
    const auto kind = row.text("kind");
    const auto version = row.integer("version");
    const auto key = unseal(master, row.bytes("key_sealed"), context_of(tenant, kind, version))
                         .and_then([](const std::string& bytes) { return Key::from_bytes(bytes); });
    if (!key) return other_master();
    auto& keys = kind == "data" ? all.tenants[tenant].data : all.tenants[tenant].hash;
    keys.emplace(version, *key);
  }
  auto lasting = read_lasting(transaction, master);
  if (!lasting) return tl::unexpected<Error>(lasting.error());
  all.lasting = std::move(*lasting);
  return all;
}

}  // namespace

Result<Key> load_master_key(const std::filesystem::path& file) {
  if (const char* hex = std::getenv(kVariable); hex != nullptr) return parse_key(hex, kVariable);
  return master_key_in(file);
}

Result<Key> find_master_key(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::getenv(kVariable) == nullptr && !std::filesystem::exists(file, ignored))
    return fail(Error::Kind::not_found, file.string(), {"マスター鍵がありません", "there is no master key"},
                {fmt::format("--master-key でファイルを、または {} で鍵を指定してください", kVariable),
                 fmt::format("Name its file by --master-key, or the key by {}", kVariable)});
  return load_master_key(file);
}

Result<Key> master_key_in(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return make_master_key(file);
  if (auto good = check_private(file); !good) return tl::unexpected<Error>(good.error());
  auto hex = read_file(file, 4096);
  if (!hex) return tl::unexpected<Error>(hex.error());
  return parse_key(std::move(*hex), file.string());
}

struct Keyring::Impl {
  Impl(store::Database& where, const Key& master_key, AllKeys keys)
      : database(where),
        master(master_key),
        tenants(std::move(keys.tenants)),
        lasting(std::move(keys.lasting)) {}

  store::Database& database;
  Key master;
  mutable std::shared_mutex mutex;
  std::map<std::string, TenantKeys> tenants;
  std::map<Lasting, Key> lasting;  ///< never changed

  /// Copies, so that a rotation meanwhile hurts nobody.
  template <class Use>
  auto with_keys(const std::string& tenant, const Use& use) const {
    const std::shared_lock lock(mutex);
    const auto found = tenants.find(tenant);
    if (found == tenants.end())
      throw store::Fault{{Error::Kind::not_found,
                          tenant,
                          {"このテナントの鍵がありません", "this tenant has no keys"},
                          {"テナントの指定を確かめてください", "Check which tenant is named"}}};
    return use(found->second);
  }
};

Keyring::Keyring(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Keyring::Keyring(Keyring&&) noexcept = default;
Keyring& Keyring::operator=(Keyring&&) noexcept = default;
Keyring::~Keyring() = default;

Result<Keyring> Keyring::open(store::Database& database, const Key& master) {
  auto keys = database.read([&](store::Transaction& transaction) { return read_keys(transaction, master); });
  if (!keys) return tl::unexpected<Error>(keys.error());
  return Keyring(std::make_unique<Impl>(database, master, std::move(*keys)));
}

void Keyring::add_tenant(store::Transaction& transaction, const std::string& tenant) {
  const std::unique_lock lock(impl_->mutex);
  const auto data = Key::random();
  const auto hash = Key::random();
  insert_key(transaction, tenant, "data", 1, data, impl_->master);
  insert_key(transaction, tenant, "hash", 1, hash, impl_->master);
  impl_->tenants[tenant] = {{{1, data}}, {{1, hash}}};
}

store::Blob Keyring::seal(const std::string& tenant, std::string_view plain, std::string_view context) const {
  const auto [version, key] = newest(tenant);
  return {fmt::format("{}:", version) + guardian::seal(key, plain, fmt::format("{} {}", tenant, context))};
}

Result<std::string> Keyring::unseal(const std::string& tenant, std::string_view sealed,
                                    std::string_view context) const {
  const auto colon = sealed.find(':');
  std::int64_t version = 0;
  for (const char digit : sealed.substr(0, std::min(colon, std::size_t{18})))
    version = version * 10 + (digit - '0');
  const auto key = object_key(tenant, version);
  if (!key || colon == std::string_view::npos)
    return guardian::unseal(Key::random(), "", "");  // says that it is damaged
  return guardian::unseal(*key, sealed.substr(colon + 1), fmt::format("{} {}", tenant, context));
}

std::string Keyring::hash(const std::string& tenant, std::string_view purpose, std::string_view text) const {
  return impl_->with_keys(tenant, [&](const TenantKeys& keys) {
    return keyed_hash(derive(keys.hash.rbegin()->second, purpose), text);
  });
}

Keyring::ObjectKey Keyring::newest(const std::string& tenant) const {
  return impl_->with_keys(tenant, [](const TenantKeys& keys) {
    return ObjectKey{keys.data.rbegin()->first, keys.data.rbegin()->second};
  });
}

Result<Key> Keyring::object_key(const std::string& tenant, std::int64_t version) const {
  const std::shared_lock lock(impl_->mutex);
  if (const auto keys = impl_->tenants.find(tenant); keys != impl_->tenants.end())
    if (const auto key = keys->second.data.find(version); key != keys->second.data.end()) return key->second;
  return fail(Error::Kind::not_found, tenant, {"鍵がありません", "there is no such key"},
              {"バックアップを確かめてください", "Check your backups"});
}

Key Keyring::lasting(Lasting purpose) const { return impl_->lasting.at(purpose); }

Result<void> Keyring::rotate(const std::string& tenant) {
  const auto key = Key::random();
  const auto version = newest(tenant).version + 1;
  auto written = impl_->database.write([&](store::Transaction& transaction) -> Result<void> {
    insert_key(transaction, tenant, "data", version, key, impl_->master);
    return {};
  });
  if (!written) return written;
  const std::unique_lock lock(impl_->mutex);
  impl_->tenants[tenant].data.emplace(version, key);
  return {};
}

Result<void> Keyring::change_master(const Key& master) {
  const std::unique_lock lock(impl_->mutex);
  auto written = impl_->database.write([&](store::Transaction& transaction) -> Result<void> {
    transaction.execute("DELETE FROM tenant_keys");
    for (const auto& [tenant, keys] : impl_->tenants) {
      for (const auto& [version, key] : keys.data)
        insert_key(transaction, tenant, "data", version, key, master);
      for (const auto& [version, key] : keys.hash)
        insert_key(transaction, tenant, "hash", version, key, master);
    }
    transaction.execute("DELETE FROM lasting_keys");
    for (const auto& [purpose, name] : kLasting)
      insert_lasting(transaction, name, impl_->lasting.at(purpose), master);
    return {};
  });
  if (written) impl_->master = master;
  return written;
}

void Keyring::shred(store::Transaction& transaction, const std::string& tenant) {
  transaction.execute("DELETE FROM tenant_keys WHERE tenant_id = ?", {tenant});
  const std::unique_lock lock(impl_->mutex);
  impl_->tenants.erase(tenant);
}

}  // namespace guardian::access
