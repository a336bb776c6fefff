#include "archive/backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <vector>

#include "base/byte_source.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/id.h"
#include "base/json_fields.h"
#include "base/json_guard.h"
#include "store/database.h"
#include "store/objects.h"

namespace guardian::archive {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSchema = "kasuhara-guardian/backup/1";
constexpr const char* kManifest = "manifest.json";
constexpr const char* kUnfinished = "restore.unfinished";
constexpr std::uint64_t kManifestBytes = 1ULL << 30U;  // some five million objects
constexpr int kTries = 5;
constexpr std::size_t kBlock = 1U << 20U;

struct Sum {
  std::string id;  ///< of an object
  std::uint64_t bytes = 0;
  std::string sha256;
};

template <class Io>
void fields(Io& io, Sum& sum) {
  io("id", sum.id);
  io("bytes", sum.bytes);
  io("sha256", sum.sha256);
}

struct Manifest {
  std::string schema = kSchema;
  std::string created_at;
  std::string database;  ///< file name, made of an id
  std::uint64_t database_bytes = 0;
  std::string database_sha256;
  std::int64_t audit_number = 0;  ///< the log's end
  std::string audit_hash;
  std::vector<Sum> objects;
};

template <class Io>
void fields(Io& io, Manifest& manifest) {
  io("schema", manifest.schema);
  io("created_at", manifest.created_at);
  io("database", manifest.database);
  io("database_bytes", manifest.database_bytes);
  io("database_sha256", manifest.database_sha256);
  io("audit_number", manifest.audit_number);
  io("audit_hash", manifest.audit_hash);
  io("objects", manifest.objects);
}

tl::unexpected<Error> damaged_backup(const std::string& subject) {
  return fail(Error::Kind::damaged, subject,
              {"バックアップが壊れているか、書き換えられています", "the backup is damaged or was changed"},
              {"別のバックアップを使ってください", "Use another backup"});
}

tl::unexpected<Error> stopped() {
  return fail(Error::Kind::cancelled, "backup", {"中止しました", "cancelled"}, {"", ""});
}

tl::unexpected<Error> no_data(const fs::path& path) {
  return fail(Error::Kind::not_found, path.string(), {"データがありません", "there is no data"},
              {"フォルダーの指定を確かめてください", "Check which folder is named"});
}

std::string database_name(const std::string& id) { return "guardian-" + id + ".db"; }

bool is_database_name(const std::string& name) {
  constexpr std::size_t kIdLength = 36;
  const std::string_view prefix = "guardian-";
  return name.size() == prefix.size() + kIdLength + 3 && name.starts_with(prefix) && name.ends_with(".db") &&
         is_id(std::string_view(name).substr(prefix.size(), kIdLength));
}

Result<void> make_private_folder(const fs::path& folder) {
  std::error_code failed;
  if (folder.has_parent_path()) fs::create_directories(folder.parent_path(), failed);
  if (failed) return cannot_write(folder, failed.value());
  if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) return cannot_write(folder, errno);
  return {};
}

Result<std::vector<std::string>> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed); !failed && entry != fs::directory_iterator();
       entry.increment(failed))
    names.push_back(entry->path().filename().string());
  if (failed) return cannot_read(folder, failed.value());
  return names;
}

/// Passes bytes on and adds them up: what is copied is read once.
class SummedSource final : public ByteSource {
 public:
  SummedSource(ByteSource& source, std::stop_token stop) : source_(source), stop_(std::move(stop)) {}

  std::uint64_t size() const override { return source_.size(); }
  Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) override {
    if (stop_.stop_requested()) return stopped();
    auto got = source_.read(offset, buffer);
    if (got) {
      sum_.add({buffer.data(), *got});
      bytes_ += *got;
    }
    return got;
  }
  Sum sum(const std::string& id) const { return {id, bytes_, sum_.hex()}; }

 private:
  ByteSource& source_;
  std::stop_token stop_;
  Sha256 sum_;
  std::uint64_t bytes_ = 0;
};

/// A file for its owner only, wholly on the disk when this returns; replaces what has the name.
Result<Sum> copy_file(const fs::path& from, const fs::path& to, const std::stop_token& stop) {
  const auto source = open_file(from);
  if (!source) return tl::unexpected<Error>(source.error());
  SummedSource summed(**source, stop);
  const Descriptor file(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file.valid()) return cannot_write(to, errno);
  std::vector<char> block(kBlock);
  for (std::uint64_t place = 0;;) {
    const auto got = summed.read(place, block);
    if (!got) return tl::unexpected<Error>(got.error());
    if (*got == 0) break;
    if (const int code = write_all(file.get(), {block.data(), *got}); code != 0)
      return cannot_write(to, code);
    place += *got;
  }
  if (::fsync(file.get()) != 0) return cannot_write(to, errno);
  return summed.sum("");
}

Result<Sum> sum_of(ByteSource& source, const std::string& name, const std::stop_token& stop) {
  auto sha256 = sha256_of(source, name, stop);
  if (!sha256) return tl::unexpected<Error>(sha256.error());
  return Sum{name, source.size(), std::move(*sha256)};
}

/// Of the recordings that are not deleted.
Result<std::set<std::string>> named_objects(store::Database& database) {
  return database.read([](store::Transaction& transaction) -> Result<std::set<std::string>> {
    std::set<std::string> ids;
    for (const auto& row : transaction.query(
             "SELECT object_id AS id FROM recordings WHERE state <> 'deleted' UNION "
             "SELECT report_id AS id FROM recordings WHERE state <> 'deleted' AND report_id IS NOT NULL"))
      ids.insert(row.text("id"));
    return ids;
  });
}

Result<Manifest> read_manifest(const fs::path& folder) {
  const auto path = folder / kManifest;
  const auto text = read_file(path, kManifestBytes);
  if (!text) return tl::unexpected<Error>(text.error());
  const auto json = parse_json(*text, path.string(), {.bytes = kManifestBytes, .depth = 8});
  if (!json) return tl::unexpected<Error>(json.error());
  Manifest manifest;
  try {
    read_fields(*json, kManifest, manifest);
  } catch (const FieldMistake&) {
    return damaged_backup(path.string());
  }
  const bool good = manifest.schema == kSchema && is_database_name(manifest.database) &&
                    std::all_of(manifest.objects.begin(), manifest.objects.end(),
                                [](const Sum& sum) { return is_id(sum.id); });
  if (!good) return damaged_backup(path.string());
  return manifest;
}

BackupSummary summary_of(const Manifest& manifest) {
  BackupSummary summary;
  summary.created_at = manifest.created_at;
  summary.objects = manifest.objects.size();
  summary.bytes = manifest.database_bytes;
  for (const auto& object : manifest.objects) summary.bytes += object.bytes;
  return summary;
}

/// One run of `back_up`.
class Backup {
 public:
  Backup(const DataFolder& data, fs::path to, BackupProgress progress, std::stop_token stop)
      : data_(data), to_(std::move(to)), progress_(std::move(progress)), stop_(std::move(stop)) {}

  Result<BackupSummary> run() {
    if (auto opened = open(); !opened) return tl::unexpected<Error>(opened.error());
    for (int tries = 0; tries < kTries; ++tries) {
      const auto whole = copy_all();
      if (!whole) return tl::unexpected<Error>(whole.error());
      if (*whole) return conclude();
    }
    return fail(Error::Kind::busy, data_.path.string(),
                {"バックアップの間に削除が続いています", "things are deleted faster than they are copied"},
                {"しばらくしてからやり直してください", "Try again later"});
  }

 private:
  Result<void> open() {
    std::error_code ignored;
    if (!fs::exists(data_.database(), ignored)) return no_data(data_.database());
    if (auto made = make_private_folder(to_); !made) return made;
    if (auto checked = check_target(); !checked) return checked;
    auto lock = FolderLock::take({to_});
    if (!lock) return tl::unexpected<Error>(lock.error());
    lock_.emplace(std::move(*lock));
    auto database = store::open_embedded(data_.database().string());
    if (!database) return tl::unexpected<Error>(database.error());
    database_ = std::move(*database);
    auto source = store::open_folder(data_.objects());
    if (!source) return tl::unexpected<Error>(source.error());
    source_ = std::move(*source);
    auto target = store::open_folder(to_ / "objects");
    if (!target) return tl::unexpected<Error>(target.error());
    target_ = std::move(*target);
    if (const auto earlier = read_manifest(to_))
      for (const auto& sum : earlier->objects) earlier_.emplace(sum.id, sum);
    return {};
  }

  /// Whatever is removed later must be a backup's.
  Result<void> check_target() const {
    const auto names = names_in(to_);
    if (!names) return tl::unexpected<Error>(names.error());
    for (const auto& name : *names)
      if (name != kManifest && name != "objects" && name != "guardian.lock" && !is_database_name(name))
        return fail(Error::Kind::usage, (to_ / name).string(),
                    {"バックアップ先に別のものがあります", "the folder for the backup holds something else"},
                    {"空のフォルダーを指定してください", "Name an empty folder"});
    return {};
  }

  /// False if something was deleted on the server in the meantime.
  Result<bool> copy_all() {
    manifest_ = {};
    manifest_.created_at = format_utc(std::chrono::system_clock::now());
    const auto named = copy_database();
    if (!named) return tl::unexpected<Error>(named.error());
    std::size_t done = 0;
    for (const auto& id : *named) {
      if (stop_.stop_requested()) return stopped();
      const auto sum = copy_object(id);
      if (!sum && sum.error().kind == Error::Kind::not_found) return was_deleted(id);
      if (!sum) return tl::unexpected<Error>(sum.error());
      manifest_.objects.push_back(*sum);
      if (progress_) progress_(static_cast<double>(++done) / static_cast<double>(named->size()));
    }
    return true;
  }

  Result<std::set<std::string>> copy_database() {
    manifest_.database = database_name(make_id());
    const auto path = to_ / manifest_.database;
    if (auto copied = database_->copy_to(path.string()); !copied)
      return tl::unexpected<Error>(copied.error());
    ::chmod(path.c_str(), S_IRUSR | S_IWUSR);
    auto named = read_copy(path);
    if (!named) return named;
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid() || ::fsync(file.get()) != 0) return cannot_write(path, errno);
    const auto source = open_file(path);
    if (!source) return tl::unexpected<Error>(source.error());
    const auto sum = sum_of(**source, path.string(), stop_);
    if (!sum) return tl::unexpected<Error>(sum.error());
    manifest_.database_bytes = sum->bytes;
    manifest_.database_sha256 = sum->sha256;
    return named;
  }

  Result<std::set<std::string>> read_copy(const fs::path& path) {
    const auto copy = store::open_embedded(path.string());
    if (!copy) return tl::unexpected<Error>(copy.error());
    auto head = (*copy)->read([&](store::Transaction& transaction) -> Result<void> {
      const auto row = transaction.first("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1");
      if (!row) return {};
      manifest_.audit_number = row->integer("number");
      manifest_.audit_hash = row->text("hash");
      return {};
    });
    if (!head) return tl::unexpected<Error>(head.error());
    return named_objects(**copy);
  }

  Result<Sum> copy_object(const std::string& id) {
    if (const auto known = earlier_.find(id); known != earlier_.end() && target_->has(id)) {
      const auto there = target_->open_sealed(id);
      if (there && (*there)->size() == known->second.bytes) return known->second;
    }
    const auto object = source_->open_sealed(id);
    if (!object) return tl::unexpected<Error>(object.error());
    SummedSource summed(**object, stop_);
    if (auto put = target_->put_sealed(id, summed); !put) return tl::unexpected<Error>(put.error());
    ++copied_;
    return earlier_.insert_or_assign(id, summed.sum(id)).first->second;
  }

  /// Always false: the copy is of no use any more. Errors: damaged, if nobody deleted it.
  Result<bool> was_deleted(const std::string& id) {
    std::error_code ignored;
    fs::remove(to_ / manifest_.database, ignored);
    const auto named = named_objects(*database_);
    if (!named) return tl::unexpected<Error>(named.error());
    if (!named->contains(id)) return false;
    return fail(Error::Kind::damaged, id,
                {"録音か報告のファイルがサーバーから失われています",
                 "the file of a recording or a report is missing on the server"},
                {"以前のバックアップから戻すか、その録音を削除してください",
                 "Restore an earlier backup, or delete that recording"});
  }

  Result<BackupSummary> conclude() {
    const auto text = write_fields(manifest_).dump(1) + "\n";
    const std::array<NewFile, 1> file = {NewFile{to_ / kManifest, text, true}};
    if (auto written = write_files(file); !written) return tl::unexpected<Error>(written.error());
    if (auto synced = sync_folder(to_); !synced) return tl::unexpected<Error>(synced.error());
    auto summary = summary_of(manifest_);
    summary.copied = copied_;
    const auto removed = remove_others();
    if (!removed) return tl::unexpected<Error>(removed.error());
    summary.removed = *removed;
    return summary;
  }

  /// What earlier backups or an interrupted one left.
  Result<std::size_t> remove_others() {
    std::set<std::string> kept;
    for (const auto& sum : manifest_.objects) kept.insert(sum.id);
    if (auto swept = target_->sweep({}); !swept) return tl::unexpected<Error>(swept.error());
    const auto there = target_->list();
    if (!there) return tl::unexpected<Error>(there.error());
    std::size_t removed = 0;
    for (const auto& id : *there) {
      if (kept.contains(id)) continue;
      if (auto gone = target_->remove(id); !gone) return tl::unexpected<Error>(gone.error());
      ++removed;
    }
    const auto names = names_in(to_);
    if (!names) return tl::unexpected<Error>(names.error());
    for (const auto& name : *names)
      if (is_database_name(name) && name != manifest_.database && ::unlink((to_ / name).c_str()) != 0)
        return cannot_write(to_ / name, errno);
    return removed;
  }

  const DataFolder& data_;
  fs::path to_;
  BackupProgress progress_;
  std::stop_token stop_;
  std::optional<FolderLock> lock_;
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<store::ObjectStore> source_;
  std::unique_ptr<store::ObjectStore> target_;
  std::map<std::string, Sum> earlier_;  ///< of objects that are in the target already
  Manifest manifest_;
  std::size_t copied_ = 0;
};

bool is_same(const Sum& found, std::uint64_t bytes, const std::string& sha256) {
  return found.bytes == bytes && found.sha256 == sha256;
}

Result<Manifest> verified(const fs::path& from, const BackupProgress& progress, const std::stop_token& stop) {
  std::error_code ignored;
  if (!fs::exists(from / kManifest, ignored)) return no_data(from / kManifest);
  auto manifest = read_manifest(from);
  if (!manifest) return manifest;
  const auto path = from / manifest->database;
  const auto file = open_file(path);
  if (!file) return damaged_backup(path.string());
  const auto sum = sum_of(**file, path.string(), stop);
  if (!sum) return tl::unexpected<Error>(sum.error());
  if (!is_same(*sum, manifest->database_bytes, manifest->database_sha256))
    return damaged_backup(path.string());
  const auto objects = store::open_folder(from / "objects");
  if (!objects) return tl::unexpected<Error>(objects.error());
  std::size_t done = 0;
  for (const auto& expected : manifest->objects) {
    const auto object = (*objects)->open_sealed(expected.id);
    if (!object) return damaged_backup(expected.id);
    const auto found = sum_of(**object, expected.id, stop);
    if (!found) return tl::unexpected<Error>(found.error());
    if (!is_same(*found, expected.bytes, expected.sha256)) return damaged_backup(expected.id);
    if (progress) progress(static_cast<double>(++done) / static_cast<double>(manifest->objects.size()));
  }
  return manifest;
}

/// One run of `restore`, after the backup was verified.
class Restoration {
 public:
  Restoration(fs::path from, const DataFolder& data, const Manifest& manifest, std::stop_token stop)
      : from_(std::move(from)), data_(data), manifest_(manifest), stop_(std::move(stop)) {}

  Result<access::AuditHead> run(const Key& master, const BackupProgress& progress) {
    return begin()
        .and_then([&] { return copy_database(master); })
        .and_then([&] { return copy_objects(progress); })
        .and_then([&] { return conclude(master); });
  }

 private:
  fs::path staged() const { return data_.path / "guardian.db.restoring"; }

  Result<void> begin() {
    if (auto made = make_private_folder(data_.path); !made) return made;
    const auto names = names_in(data_.path);
    if (!names) return tl::unexpected<Error>(names.error());
    const bool unfinished = std::find(names->begin(), names->end(), kUnfinished) != names->end();
    for (const auto& name : *names)
      if (!unfinished && name != data_.master_key().filename() && name != "guardian.lock")
        return fail(Error::Kind::conflict, (data_.path / name).string(),
                    {"復元先に既にデータがあります", "there is something in the folder already"},
                    {"空のフォルダーを指定してください", "Name an empty folder"});
    auto lock = FolderLock::take(data_);
    if (!lock) return tl::unexpected<Error>(lock.error());
    lock_.emplace(std::move(*lock));
    return write_file(data_.path / kUnfinished, "");
  }

  /// Under a name of its own until everything else is there. Another master key shows before hours of
  /// copying.
  Result<void> copy_database(const Key& master) {
    const auto sum = copy_file(from_ / manifest_.database, staged(), stop_);
    if (!sum) return tl::unexpected<Error>(sum.error());
    if (!is_same(*sum, manifest_.database_bytes, manifest_.database_sha256))
      return damaged_backup(manifest_.database);
    const auto database = store::open_embedded(staged().string());
    if (!database) return tl::unexpected<Error>(database.error());
    const auto keyring = access::Keyring::open(**database, master);
    if (!keyring) return tl::unexpected<Error>(keyring.error());
    // Their bytes were not in the backup: whoever sent them begins again.
    return (*database)->write([](store::Transaction& transaction) -> Result<void> {
      transaction.execute("DELETE FROM uploads WHERE state = 'open'");
      return {};
    });
  }

  Result<void> copy_objects(const BackupProgress& progress) {
    const auto source = store::open_folder(from_ / "objects");
    if (!source) return tl::unexpected<Error>(source.error());
    const auto target = store::open_folder(data_.objects());
    if (!target) return tl::unexpected<Error>(target.error());
    std::size_t done = 0;
    for (const auto& expected : manifest_.objects) {
      const auto object = (*source)->open_sealed(expected.id);
      if (!object) return tl::unexpected<Error>(object.error());
      SummedSource summed(**object, stop_);
      if (auto put = (*target)->put_sealed(expected.id, summed); !put) return put;
      if (!is_same(summed.sum(""), expected.bytes, expected.sha256)) return damaged_backup(expected.id);
      if (progress) progress(static_cast<double>(++done) / static_cast<double>(manifest_.objects.size()));
    }
    return {};
  }

  Result<access::AuditHead> conclude(const Key& master) {
    if (::rename(staged().c_str(), data_.database().c_str()) != 0)
      return cannot_write(data_.database(), errno);
    const auto database = store::open_embedded(data_.database().string());
    if (!database) return tl::unexpected<Error>(database.error());
    auto head = access::verify_audit(**database, master,
                                     access::AuditHead{manifest_.audit_number, manifest_.audit_hash});
    if (!head) return head;
    if (::unlink((data_.path / kUnfinished).c_str()) != 0)
      return cannot_write(data_.path / kUnfinished, errno);
    if (auto synced = sync_folder(data_.path); !synced) return tl::unexpected<Error>(synced.error());
    return head;
  }

  fs::path from_;
  const DataFolder& data_;
  const Manifest& manifest_;
  std::stop_token stop_;
  std::optional<FolderLock> lock_;
};

}  // namespace

Result<BackupSummary> back_up(const DataFolder& data, const fs::path& to, const BackupProgress& progress,
                              const std::stop_token& stop) {
  return Backup(data, to, progress, stop).run();
}

Result<BackupSummary> verify_backup(const fs::path& from, const BackupProgress& progress,
                                    const std::stop_token& stop) {
  return verified(from, progress, stop).map(summary_of);
}

Result<access::AuditHead> restore(const fs::path& from, const DataFolder& data, const Key& master,
                                  const BackupProgress& progress, const std::stop_token& stop) {
  const auto manifest = verified(from, {}, stop);
  if (!manifest) return tl::unexpected<Error>(manifest.error());
  return Restoration(from, data, *manifest, stop).run(master, progress);
}

}  // namespace guardian::archive
