// media/source.h - what a recording is read from: a file, or bytes from elsewhere such as a sealed object
// (store/objects.h), so that no plain file need lie on the disk.
#pragma once

#include <concepts>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

#include "base/byte_source.h"
#include "base/result.h"

namespace guardian::media {

/// A value that names the bytes; cheap to copy. Wherever one is taken, a path will do.
class Source {
 public:
  template <class Path>
  requires std::convertible_to<Path, std::filesystem::path> Source(const Path& path)
      : path_(path) {}  // NOLINT(google-explicit-constructor): a path is a source

  /// `name` is the recording's file name: data for people, never opened. One reading at a time.
  Source(std::shared_ptr<ByteSource> bytes, std::string name)
      : bytes_(std::move(bytes)), path_(std::move(name)) {}

  /// The file name without folders.
  std::string name() const { return path_.filename().string(); }
  /// What an error calls it.
  std::string subject() const { return path_.string(); }

  /// Errors: not_found, unreadable (also for folders, pipes and devices).
  Result<std::shared_ptr<ByteSource>> open() const {
    if (bytes_ != nullptr) return bytes_;
    auto file = open_file(path_);
    if (!file) return tl::unexpected<Error>(file.error());
    return std::shared_ptr<ByteSource>(std::move(*file));
  }

 private:
  std::shared_ptr<ByteSource> bytes_;
  std::filesystem::path path_;
};

/// SHA-256 of the bytes in lower-case hexadecimal. Errors: as Source::open; those of reading; cancelled.
inline Result<std::string> sha256_of(const Source& source, const std::stop_token& stop = {}) {
  const auto bytes = source.open();
  if (!bytes) return tl::unexpected<Error>(bytes.error());
  return guardian::sha256_of(**bytes, source.subject(), stop);
}

}  // namespace guardian::media
