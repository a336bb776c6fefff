// store/objects.h - large things that a server keeps: recordings, reports. Beside the database
// (store/database.h), which knows their ids; nothing here knows what they are or whose.
// Objects are sealed with libsodium's secretstream in segments of a mebibyte, so that any place can be read
// by opening only its segment. Each segment is bound to the object's id, to its own number and to whether it
// is the last: a segment that is changed, moved, left out, cut off or taken from another object does not
// open.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "base/result.h"
#include "base/sealing.h"

namespace guardian::store {

/// A key, and the number under which its owner finds it again; the object notes the number.
struct ObjectKey {
  std::int64_t number = 0;
  Key key;
};

/// Errors: not_found.
using KeyFinder = std::function<Result<Key>(std::int64_t number)>;

/// How far an unfinished object has come. Everything but the tail is on the disk; the tail, less than a
/// segment, is plain and the caller's to keep (sealed) until the object goes on.
struct Draft {
  std::uint64_t size = 0;  ///< bytes so far, the tail among them
  std::string tail;
};

/// Writes one object from its start to its end. For one thread at a time. Memory: two segments.
class ObjectWriter {
 public:
  /// What was neither paused nor committed leaves nothing behind; after a pause it stays as a draft.
  virtual ~ObjectWriter() = default;
  /// Errors: storage. After an error only the last `pause` counts.
  virtual Result<void> append(std::string_view bytes) = 0;
  /// Brings what was written to the disk; a draft survives a loss of power. Writing may go on. Errors:
  /// storage.
  virtual Result<Draft> pause() = 0;
  /// The object exists when this returns, with all its bytes on the disk; nothing may follow. Errors:
  /// storage.
  virtual Result<void> commit() = 0;
};

/// Safe to use from several threads and to read from several processes. Two implementations are meant: a
/// folder and S3. Ids are those of base/id.h; anything else is not found.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  /// Errors: conflict, if there is such an object or draft; storage.
  virtual Result<std::unique_ptr<ObjectWriter>> create(const std::string& id, const ObjectKey& key) = 0;

  /// Goes on where `draft` was noted, with the same key; what was written after that is forgotten. An empty
  /// draft starts the object. Errors: damaged, if there is less on the disk than the draft says; storage.
  virtual Result<std::unique_ptr<ObjectWriter>> resume(const std::string& id, const ObjectKey& key,
                                                       const Draft& draft) = 0;

  /// Errors: not_found; unreadable; damaged, also where the object's end is missing; those of `find_key`.
  virtual Result<std::unique_ptr<ByteSource>> open(const std::string& id, const KeyFinder& find_key) = 0;

  virtual bool has(const std::string& id) const = 0;

  /// An object or draft is gone for good when this returns; one that never was is as well. Errors: storage.
  virtual Result<void> remove(const std::string& id) = 0;

  /// Removes the drafts that nobody will resume: after a crash, before anything else is done. Returns how
  /// many.
  virtual Result<int> sweep(const std::set<std::string>& kept_drafts) = 0;

  /// The object as it lies, sealed: for copies, which need no key. Errors: not_found; unreadable.
  virtual Result<std::unique_ptr<ByteSource>> open_sealed(const std::string& id) = 0;

  /// Puts in, all or nothing, what `open_sealed` gave in another store; replaces what was there. Only opening
  /// it tells whether it is whole. Errors: not_found, if it is no id; those of reading; storage.
  virtual Result<void> put_sealed(const std::string& id, ByteSource& sealed) = 0;

  /// Every object, without drafts, in no order. Errors: unreadable.
  virtual Result<std::vector<std::string>> list() const = 0;
};

/// The store in a folder, which is made if it is missing (its parent is not). Errors: storage.
Result<std::unique_ptr<ObjectStore>> open_folder(const std::filesystem::path& folder);

/// A small object at once. Errors: as `create`, `append` and `commit`.
Result<void> write_object(ObjectStore& objects, const std::string& id, const ObjectKey& key,
                          std::string_view bytes);

/// The whole of a small object. Errors: as `open`; too_large above `limit` bytes.
Result<std::string> read_object(ObjectStore& objects, const std::string& id, const KeyFinder& find_key,
                                std::uint64_t limit);

}  // namespace guardian::store
