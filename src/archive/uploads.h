// archive/uploads.h - how recordings come in: in pieces, over days and crashes if need be. The first step of
// a recording on a server; the last piece makes it a recording (archive/recordings.h) with a job. Bytes go to
// the object store (store/objects.h) as they come, sealed, and count when they are on the disk and noted in
// the database: the offset an upload tells is never lost and never too large, whenever the power fails.
// Memory is a few MiB an upload, whatever its size.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "access/caller.h"
#include "access/keyring.h"
#include "archive/recordings.h"
#include "archive/upload_details.h"
#include "base/result.h"
#include "store/database.h"
#include "store/objects.h"

namespace guardian::archive {

/// Bytes as they come: how many were put into the buffer, 0 at the end. An Error ends them early.
using ByteStream = std::function<Result<std::size_t>(std::span<char> into)>;

struct Upload {
  std::string id;  ///< also of the recording that it becomes
  std::uint64_t done = 0;
  std::optional<std::uint64_t> total;  ///< empty: not told yet
  bool finished = false;               ///< it is a recording
  UploadDetails details;
  std::int64_t expires_ms = 0;
};

/// Verifies what one `append` brings before any of it counts.
struct Checksum {
  std::function<void(std::string_view)> add;
  std::function<bool()> matches;  ///< called once at the end
};

struct UploadOptions {
  std::uint64_t most_bytes = 4ULL << 30U;   ///< of one recording
  std::int64_t keep_ms = 24 * 3'600'000LL;  ///< an upload that nobody touches for so long is given up
  int most_open = 1000;                     ///< at once, of one caller
  std::uint64_t part_bytes = 8ULL << 20U;   ///< come before they count; less at the end of what is sent

  /// Whether the tenant may bring in a recording like this: minutes left, for one. `bytes` is empty where it
  /// is not known. Errors: those the caller is to be told.
  std::function<Result<void>(store::Transaction&, const std::string& tenant,
                             std::optional<std::uint64_t> bytes, const std::string& type)>
      estimate;
  /// Part of the unit of work that makes the recording; archive/queue.h.
  std::function<Result<void>(store::Transaction&, const std::string& tenant, const std::string& recording)>
      enqueue;
  /// The same, for the audit log.
  std::function<void(store::Transaction&, const access::Caller&, const std::string& recording)> note;
};

/// Safe to use from several threads. The three must outlive it. An upload is its caller's alone: to others it
/// is not found.
class Uploads {
 public:
  Uploads(store::Database& database, store::ObjectStore& objects, const access::Keyring& keyring,
          UploadOptions options);
  Uploads(const Uploads&) = delete;
  Uploads& operator=(const Uploads&) = delete;
  ~Uploads();

  /// At start, before anything else: sweeps what a crash left and finishes what had all its bytes. Errors:
  /// storage.
  Result<void> recover();

  /// `total`: bytes to come, if known. Errors: too_large; usage for an empty one, an unknown employee;
  /// forbidden for an employee beyond the caller's reach; too_often, if too many are open; those of
  /// `estimate`.
  Result<Upload> create(const access::Caller& caller, std::optional<std::uint64_t> total,
                        const UploadDetails& details);

  /// Finishes it if that was left over. Errors: not_found; those of `append`.
  Result<Upload> find(const access::Caller& caller, const std::string& id);

  /// Takes what comes, and finishes the upload with the last byte. What came before an error counts; with a
  /// checksum all or nothing does. Errors: not_found; conflict, if another request is at it or `offset` is
  /// not where it stands; too_large, beyond the total or the limit; damaged, if the checksum does not match;
  /// those of `bytes`; storage.
  Result<Upload> append(const access::Caller& caller, const std::string& id, std::uint64_t offset,
                        const ByteStream& bytes, const Checksum* checksum = nullptr);

  /// All bytes are there, of an upload whose total was not told; `details` replaces what was told before.
  /// Errors: as `append` and `create`.
  Result<Upload> finish(const access::Caller& caller, const std::string& id, const UploadDetails& details);

  /// Gives it up; a finished one stays a recording. Errors: not_found, conflict, storage.
  Result<void> abandon(const access::Caller& caller, const std::string& id);

  /// Removes uploads that nobody touched for too long, and the memory of finished ones. Returns how many.
  /// Errors: storage.
  Result<int> expire(std::int64_t at_ms);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::archive
