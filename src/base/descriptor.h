// base/descriptor.h - open files of the operating system, and why using one failed.
#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace guardian {

/// Closes a file descriptor on every way out.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

/// What an errno means for somebody who wanted to read `path`: not_found or unreadable. EISDIR stands for a
/// folder, ENOTSUP for a pipe or a device.
tl::unexpected<Error> cannot_read(const std::filesystem::path& path, int code);

/// The same for writing: storage.
tl::unexpected<Error> cannot_write(const std::filesystem::path& path, int code);

/// Writes all of it at the descriptor's place. Returns the errno of the first failing step, or 0.
int write_all(int fd, std::string_view content);

/// Brings a folder's entries to the disk: a new or renamed file is found again after a loss of power.
Result<void> sync_folder(const std::filesystem::path& folder);

}  // namespace guardian
