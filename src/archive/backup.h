// archive/backup.h - a copy of a server's data from which it can be brought back, made while the server goes
// on; and the way back.
// The database is copied first, as of one moment, then every object that the copy names: objects never
// change, so that the copy is of that moment, too. A manifest with the sums of all of it comes last and
// replaces the one before: whatever moment the power fails, there is a whole backup or the one before.
// Objects that are there already are not copied again; those that the new backup does not name are removed,
// so that what was deleted on the server goes from the backup with the next run. All of it stays sealed:
// making a backup needs no key, and the master key is never part of one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "access/audit.h"
#include "archive/data_folder.h"
#include "base/result.h"
#include "base/sealing.h"

namespace guardian::archive {

struct BackupSummary {
  std::string created_at;   ///< RFC 3339 in UTC
  std::size_t objects = 0;  ///< in the backup
  std::size_t copied = 0;   ///< of them, those that were not there yet
  std::size_t removed = 0;  ///< that an earlier backup had
  std::uint64_t bytes = 0;  ///< of everything in it
};

/// Called now and then with the share of the objects that are done, in [0, 1].
using BackupProgress = std::function<void(double share)>;

/// Makes or renews the backup in `to`, which is made if it is missing. Uploads that are not complete are left
/// out. Errors: not_found, if there is no data; usage, if `to` holds something else; damaged, if an object is
/// missing; busy, if deletions go on faster than copying; storage; cancelled.
Result<BackupSummary> back_up(const DataFolder& data, const std::filesystem::path& to,
                              const BackupProgress& progress = {}, const std::stop_token& stop = {});

/// Reads all of a backup again and compares its sums. Errors: not_found, damaged, cancelled.
Result<BackupSummary> verify_backup(const std::filesystem::path& from, const BackupProgress& progress = {},
                                    const std::stop_token& stop = {});

/// Verifies the backup first, then brings it back to `data`, which must be missing, empty, hold only the
/// master key, or be what an earlier restore left unfinished. At last the keys are opened with `master` and
/// the audit log is verified; its head is returned. Errors: those of verify_backup; conflict, if there is
/// something in `data`; damaged, if it is another master key or the chain is broken; storage.
Result<access::AuditHead> restore(const std::filesystem::path& from, const DataFolder& data,
                                  const Key& master, const BackupProgress& progress = {},
                                  const std::stop_token& stop = {});

}  // namespace guardian::archive
