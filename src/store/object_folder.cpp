#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

#include "base/descriptor.h"
#include "base/id.h"
#include "store/objects.h"
#include "store/sealed_segments.h"

namespace guardian::store {
namespace {

constexpr const char* kDrafts = "incoming";
constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

/// Errno of the first failing step, or 0.
int write_at(int fd, std::uint64_t place, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(place));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
    place += static_cast<std::uint64_t>(written);
  }
  return 0;
}

/// A folder for its owner only, on the disk with its name.
Result<void> make_folder(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), S_IRWXU) == 0) return sync_folder(folder.parent_path());
  if (errno != EEXIST) return cannot_write(folder, errno);
  return {};
}

Result<std::string> read_at(ByteSource& file, std::uint64_t place, std::size_t length) {
  std::string bytes(length, '\0');
  const auto got = file.read(place, bytes);
  if (!got) return tl::unexpected<Error>(got.error());
  bytes.resize(*got);
  return bytes;
}

/// Where an object lies while it is written, and after.
struct Places {
  std::filesystem::path draft;
  std::filesystem::path object;
};

class FolderWriter final : public ObjectWriter {
 public:
  FolderWriter(Places places, Descriptor file, SegmentSeal seal, const Draft& draft, bool kept)
      : places_(std::move(places)),
        file_(std::move(file)),
        seal_(std::move(seal)),
        segments_((draft.size - draft.tail.size()) / kSegment),
        tail_(draft.tail),
        kept_(kept) {
    tail_.reserve(kSegment);
  }
  FolderWriter(const FolderWriter&) = delete;
  FolderWriter& operator=(const FolderWriter&) = delete;
  ~FolderWriter() override {
    if (!kept_) ::unlink(places_.draft.c_str());
  }

  Result<void> append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const auto taken = std::min(bytes.size(), kSegment - tail_.size());
      tail_.append(bytes.substr(0, taken));
      bytes.remove_prefix(taken);
      if (tail_.size() < kSegment) continue;
      if (auto written = write_segment(); !written) return written;
      tail_.clear();
      ++segments_;
    }
    return {};
  }

  Result<Draft> pause() override {
    if (::fdatasync(file_.get()) != 0) return cannot_write(places_.draft, errno);
    if (!kept_) {
      if (auto synced = sync_folder(places_.draft.parent_path()); !synced)
        return tl::unexpected<Error>(synced.error());
      kept_ = true;
    }
    return Draft{segments_ * kSegment + tail_.size(), tail_};
  }

  Result<void> commit() override {
    if (auto written = write_segment(); !written) return written;
    if (::fsync(file_.get()) != 0) return cannot_write(places_.draft, errno);
    if (auto made = make_folder(places_.object.parent_path()); !made) return made;
    if (::rename(places_.draft.c_str(), places_.object.c_str()) != 0)
      return cannot_write(places_.object, errno);
    kept_ = true;
    return sync_folder(places_.object.parent_path());
  }

 private:
  Result<void> write_segment() {
    const int code = write_at(file_.get(), place_of(segments_), seal_.seal(segments_, tail_));
    if (code != 0) return cannot_write(places_.draft, code);
    return {};
  }

  Places places_;
  Descriptor file_;
  SegmentSeal seal_;
  std::uint64_t segments_;  ///< full ones in the file
  std::string tail_;
  bool kept_;  ///< the draft outlives this
};

/// Keeps the segment that was read last: decoders and players read on, in pieces.
class FolderReader final : public ByteSource {
 public:
  FolderReader(std::string id, std::unique_ptr<ByteSource> file, SegmentSeal seal, std::uint64_t size)
      : id_(std::move(id)), file_(std::move(file)), seal_(std::move(seal)), size_(size) {}

  std::uint64_t size() const override { return size_; }

  Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) override {
    std::size_t done = 0;
    while (done < buffer.size() && offset + done < size_) {
      const std::uint64_t at = offset + done;
      if (auto opened = open_segment(at / kSegment); !opened) return tl::unexpected<Error>(opened.error());
      const auto from = static_cast<std::size_t>(at % kSegment);
      const auto taken = std::min(buffer.size() - done, plain_.size() - from);
      std::copy_n(plain_.begin() + static_cast<std::ptrdiff_t>(from), taken,
                  buffer.begin() + static_cast<std::ptrdiff_t>(done));
      done += taken;
    }
    return done;
  }

  Result<void> open_segment(std::uint64_t number) {
    if (number_ == number) return {};
    number_.reset();
    const auto sealed = read_at(*file_, place_of(number), kSealedSegment);
    if (!sealed) return tl::unexpected<Error>(sealed.error());
    auto plain = seal_.open(number, *sealed);
    if (!plain) return tl::unexpected<Error>(plain.error());
    if (plain->size() != std::min<std::uint64_t>(kSegment, size_ - number * kSegment))
      return damaged_object(id_);  // the file became shorter after it was opened
    plain_ = std::move(*plain);
    number_ = number;
    return {};
  }

 private:
  std::string id_;
  std::unique_ptr<ByteSource> file_;
  SegmentSeal seal_;
  std::uint64_t size_;
  std::optional<std::uint64_t> number_;
  std::string plain_;
};

tl::unexpected<Error> no_such_object(const std::string& id) {
  return fail(Error::Kind::not_found, id, {"保存されたデータがありません", "there is no such object"},
              {"ID を確かめてください", "Check the id"});
}

class ObjectFolder final : public ObjectStore {
 public:
  explicit ObjectFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Result<void> prepare() {
    if (auto made = make_folder(folder_); !made) return made;
    return make_folder(folder_ / kDrafts);
  }

  Result<std::unique_ptr<ObjectWriter>> create(const std::string& id, const ObjectKey& key) override {
    if (!is_id(id)) return no_such_object(id);
    const auto places = places_of(id);
    Descriptor file(::open(places.draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly));
    if (!file.valid() && errno != EEXIST) return cannot_write(places.draft, errno);
    if (!file.valid() || has(id)) {
      if (file.valid()) ::unlink(places.draft.c_str());
      return fail(Error::Kind::conflict, id, {"既に保存されています", "there is such an object already"},
                  {"別の ID を使ってください", "Use another id"});
    }
    if (const int code = write_at(file.get(), 0, object_header(key.number)); code != 0) {
      ::unlink(places.draft.c_str());
      return cannot_write(places.draft, code);
    }
    return std::make_unique<FolderWriter>(places, std::move(file), SegmentSeal(id, key.number, key.key),
                                          Draft{}, false);
  }

  Result<std::unique_ptr<ObjectWriter>> resume(const std::string& id, const ObjectKey& key,
                                               const Draft& draft) override {
    if (!is_id(id)) return no_such_object(id);
    if (draft.size == draft.tail.size()) return restart(id, key, draft);
    const auto places = places_of(id);
    auto source = open_file(places.draft);
    if (!source) return tl::unexpected<Error>(source.error());
    const auto header = read_at(**source, 0, kHeader);
    const std::uint64_t segments = (draft.size - draft.tail.size()) / kSegment;
    if (!header || *header != object_header(key.number) || (*source)->size() < place_of(segments))
      return damaged_object(id);
    Descriptor file(::open(places.draft.c_str(), O_RDWR | O_CLOEXEC));
    if (!file.valid() || ::ftruncate(file.get(), static_cast<off_t>(place_of(segments))) != 0)
      return cannot_write(places.draft, errno);
    return std::make_unique<FolderWriter>(places, std::move(file), SegmentSeal(id, key.number, key.key),
                                          draft, true);
  }

  Result<std::unique_ptr<ByteSource>> open(const std::string& id, const KeyFinder& find_key) override {
    if (!has(id)) return no_such_object(id);
    auto file = open_file(places_of(id).object);
    if (!file) return tl::unexpected<Error>(file.error());
    const auto header = read_at(**file, 0, kHeader);
    if (!header) return tl::unexpected<Error>(header.error());
    const auto number = parse_object_header(*header, id);
    if (!number) return tl::unexpected<Error>(number.error());
    const auto key = find_key(*number);
    if (!key) return tl::unexpected<Error>(key.error());
    const auto size = plain_size((*file)->size(), id);
    if (!size) return tl::unexpected<Error>(size.error());
    auto reader = std::make_unique<FolderReader>(id, std::move(*file), SegmentSeal(id, *number, *key), *size);
    // The last segment vouches for the length: nothing was cut off.
    if (auto opened = reader->open_segment(*size / kSegment); !opened)
      return tl::unexpected<Error>(opened.error());
    return reader;
  }

  bool has(const std::string& id) const override {
    std::error_code ignored;
    return is_id(id) && std::filesystem::is_regular_file(places_of(id).object, ignored);
  }

  Result<void> remove(const std::string& id) override {
    if (!is_id(id)) return {};
    const auto places = places_of(id);
    for (const auto& path : {places.draft, places.object}) {
      if (::unlink(path.c_str()) == 0) {
        if (auto synced = sync_folder(path.parent_path()); !synced) return synced;
      } else if (errno != ENOENT) {
        return cannot_write(path, errno);
      }
    }
    return {};
  }

  Result<int> sweep(const std::set<std::string>& kept_drafts) override {
    int removed = 0;
    std::error_code failed;
    std::filesystem::directory_iterator entry(folder_ / kDrafts, failed);
    for (; !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed)) {
      if (kept_drafts.contains(entry->path().filename().string())) continue;
      if (::unlink(entry->path().c_str()) != 0) return cannot_write(entry->path(), errno);
      ++removed;
    }
    if (failed) return cannot_write(folder_ / kDrafts, failed.value());
    return removed;
  }

  Result<std::unique_ptr<ByteSource>> open_sealed(const std::string& id) override {
    if (!has(id)) return no_such_object(id);
    return open_file(places_of(id).object);
  }

  Result<void> put_sealed(const std::string& id, ByteSource& sealed) override {
    if (!is_id(id)) return no_such_object(id);
    const auto places = places_of(id);
    ::unlink(places.draft.c_str());
    const Descriptor file(::open(places.draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly));
    if (!file.valid()) return cannot_write(places.draft, errno);
    auto put = copy_to(file.get(), places.draft, sealed).and_then([&]() -> Result<void> {
      if (auto made = make_folder(places.object.parent_path()); !made) return made;
      if (::rename(places.draft.c_str(), places.object.c_str()) != 0)
        return cannot_write(places.object, errno);
      return sync_folder(places.object.parent_path());
    });
    if (!put) ::unlink(places.draft.c_str());
    return put;
  }

  Result<std::vector<std::string>> list() const override {
    std::vector<std::string> ids;
    std::error_code failed;
    std::filesystem::recursive_directory_iterator entry(folder_, failed);
    for (; !failed && entry != std::filesystem::recursive_directory_iterator(); entry.increment(failed)) {
      if (entry.depth() == 0 && entry->path().filename() == kDrafts) entry.disable_recursion_pending();
      const auto name = entry->path().filename().string();
      if (entry.depth() == 1 && has(name)) ids.push_back(name);
    }
    if (failed) return cannot_read(folder_, failed.value());
    return ids;
  }

 private:
  static Result<void> copy_to(int fd, const std::filesystem::path& path, ByteSource& source) {
    std::vector<char> block(kSegment);
    for (std::uint64_t place = 0;;) {
      const auto got = source.read(place, block);
      if (!got) return tl::unexpected<Error>(got.error());
      if (*got == 0) break;
      if (const int code = write_at(fd, place, {block.data(), *got}); code != 0)
        return cannot_write(path, code);
      place += *got;
    }
    if (::fsync(fd) != 0) return cannot_write(path, errno);
    return {};
  }

  /// Ids begin with the time; their last digits are random and spread evenly.
  Places places_of(const std::string& id) const {
    return {folder_ / kDrafts / id, folder_ / id.substr(id.size() - 2) / id};
  }

  /// Nothing of the draft is on the disk but perhaps what a crash left.
  Result<std::unique_ptr<ObjectWriter>> restart(const std::string& id, const ObjectKey& key,
                                                const Draft& draft) {
    if (has(id)) return create(id, key);  // which says that there is one
    ::unlink(places_of(id).draft.c_str());
    auto writer = create(id, key);
    if (!writer) return writer;
    if (auto appended = (*writer)->append(draft.tail); !appended)
      return tl::unexpected<Error>(appended.error());
    return writer;
  }

  std::filesystem::path folder_;
};

}  // namespace

Result<std::unique_ptr<ObjectStore>> open_folder(const std::filesystem::path& folder) {
  auto objects = std::make_unique<ObjectFolder>(folder);
  if (auto prepared = objects->prepare(); !prepared) return tl::unexpected<Error>(prepared.error());
  return objects;
}

Result<void> write_object(ObjectStore& objects, const std::string& id, const ObjectKey& key,
                          std::string_view bytes) {
  auto writer = objects.create(id, key);
  if (!writer) return tl::unexpected<Error>(writer.error());
  if (auto appended = (*writer)->append(bytes); !appended) return appended;
  return (*writer)->commit();
}

Result<std::string> read_object(ObjectStore& objects, const std::string& id, const KeyFinder& find_key,
                                std::uint64_t limit) {
  auto source = objects.open(id, find_key);
  if (!source) return tl::unexpected<Error>(source.error());
  if ((*source)->size() > limit)
    return fail(
        Error::Kind::too_large, id,
        {fmt::format("大きすぎます (上限 {} バイト)", limit), fmt::format("larger than {} bytes", limit)},
        {"一部ずつ読んでください", "Read it in parts"});
  return read_at(**source, 0, static_cast<std::size_t>((*source)->size()));
}

}  // namespace guardian::store
