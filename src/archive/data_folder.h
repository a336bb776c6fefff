// archive/data_folder.h - the folder in which a server keeps everything: what lies where, and who has it.
#pragma once

#include <filesystem>

#include "base/descriptor.h"
#include "base/result.h"

namespace guardian::archive {

struct DataFolder {
  std::filesystem::path path;

  std::filesystem::path database() const { return path / "guardian.db"; }
  std::filesystem::path objects() const { return path / "objects"; }
  std::filesystem::path master_key() const { return path / "master.key"; }
};

/// As long as it lives nobody else gets the folder: one server, or one command that must be alone (another
/// master key). The operating system takes it back when its process ends, however that ends.
class FolderLock {
 public:
  /// Errors: busy, if another process has it; not_found; storage.
  static Result<FolderLock> take(const DataFolder& folder);

 private:
  explicit FolderLock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

}  // namespace guardian::archive
