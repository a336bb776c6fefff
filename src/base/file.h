// base/file.h - reading with limits, writing all or nothing, and content hashes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"

namespace guardian {

/// The whole of a small file. Errors: not_found, unreadable, damaged if it is larger than `limit` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit);

/// A file to be written.
struct NewFile {
  std::filesystem::path path;
  std::string_view content;
  bool secret = false;  ///< only its owner may read it, at no moment anybody else
};

/// Writes files so that readers see the old content or the new, never a part: all of them first go to
/// temporary files beside their targets and to the disk, and only then take their names. A full disk is
/// noticed before any target is touched. Errors: storage, and then nothing is left behind.
Result<void> write_files(std::span<const NewFile> files);

/// The same for one file.
Result<void> write_file(const std::filesystem::path& path, std::string_view content);

/// SHA-256 of a file in lower-case hexadecimal, read in blocks. Errors: not_found, unreadable, cancelled.
Result<std::string> sha256_of_file(const std::filesystem::path& path, const std::stop_token& stop = {});

/// SHA-256 of bytes in lower-case hexadecimal.
std::string sha256(std::string_view bytes);

/// Standard base64 with padding.
std::string base64(std::string_view bytes);
/// URL-safe base64 without padding (RFC 4648, section 5).
std::string base64url(std::string_view bytes);

}  // namespace guardian
