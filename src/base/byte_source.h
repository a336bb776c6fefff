// base/byte_source.h - bytes that can be read from any place: a file, or a sealed object (store/objects.h).
// Whoever takes one needs no plain file on the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "base/result.h"

namespace guardian {

/// For one thread at a time.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual std::uint64_t size() const = 0;
  /// Fills `buffer` with the bytes from `offset` on and returns how many they were: fewer than asked only at
  /// the end, 0 after it. Errors: unreadable; damaged.
  virtual Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) = 0;
};

/// Regular files only: reading a pipe or a device could block for ever. Errors: not_found, unreadable.
Result<std::unique_ptr<ByteSource>> open_file(const std::filesystem::path& path);

/// SHA-256 of all of it in lower-case hexadecimal, read in blocks; `name` is what an error calls it. Errors:
/// those of reading; cancelled.
Result<std::string> sha256_of(ByteSource& source, const std::string& name, const std::stop_token& stop = {});

}  // namespace guardian
