// access/keyring.h - the keys under which recordings, transcripts and names lie: one per tenant, each sealed
// under a master key that never touches the data folder's database.
// The keys can be rotated: new things are sealed with the newest, old ones stay readable; a new master key
// only seals the tenants' keys again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sealing.h"
#include "store/database.h"

namespace guardian::access {

/// The master key: 32 bytes in hexadecimal in $GUARDIAN_MASTER_KEY, else in `file`, which must be readable by
/// its owner only. A missing file is made, with mode 0600. Errors: unreadable, damaged, storage.
Result<Key> load_master_key(const std::filesystem::path& file);

/// The same for a data folder that exists already, whose key cannot be a new one. Errors: also not_found.
Result<Key> find_master_key(const std::filesystem::path& file);

/// Of the file alone, whatever the environment says; made if it is missing. Errors: as above.
Result<Key> master_key_in(const std::filesystem::path& file);

/// Safe to use from several threads.
class Keyring {
 public:
  /// Errors: damaged, if the tenants' keys were sealed under another master key.
  static Result<Keyring> open(store::Database& database, const Key& master);
  Keyring(Keyring&&) noexcept;
  Keyring& operator=(Keyring&&) noexcept;
  ~Keyring();

  /// Makes the first keys of a new tenant.
  void add_tenant(store::Transaction& transaction, const std::string& tenant);

  /// For a database column. `context` is table and column, e.g. "recordings.name". Throws store::Fault for a
  /// tenant without a key.
  store::Blob seal(const std::string& tenant, std::string_view plain, std::string_view context) const;
  /// Errors: damaged.
  Result<std::string> unseal(const std::string& tenant, std::string_view sealed,
                             std::string_view context) const;

  /// A hash to look things up by, e.g. a counterpart's id or a word; `purpose` keeps uses apart. Never
  /// rotated.
  std::string hash(const std::string& tenant, std::string_view purpose, std::string_view text) const;

  /// A number and its key, for objects on disk, which note the number.
  struct ObjectKey {
    std::int64_t version = 0;
    Key key;
  };
  ObjectKey newest(const std::string& tenant) const;
  /// Errors: not_found.
  Result<Key> object_key(const std::string& tenant, std::int64_t version) const;

  /// Keys that a new master key leaves as they are: what was chained or signed stays verifiable.
  enum class Lasting { audit_chain, certificates };
  Key lasting(Lasting purpose) const;

  /// From now on the tenant's things are sealed with a new key.
  Result<void> rotate(const std::string& tenant);
  /// Seals all keys under another master key; after it the old one opens nothing. Nobody else may have the
  /// data folder open: another keyring would go on with the old one. Errors: storage.
  Result<void> change_master(const Key& master);
  /// Forgets a tenant's keys: whatever is sealed with them is gone for good, in every backup, too.
  void shred(store::Transaction& transaction, const std::string& tenant);

 private:
  struct Impl;
  explicit Keyring(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::access
