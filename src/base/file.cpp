#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <system_error>
#include <utility>
#include <vector>

namespace guardian {
namespace {

/// Closes a file descriptor on every way out.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

tl::unexpected<Error> cannot_read(const std::filesystem::path& path, int code) {
  if (code == ENOENT || code == ENOTDIR || code == ENAMETOOLONG)
    return fail(Error::Kind::not_found, path.string(), {"ファイルがありません", "no such file"},
                {"パスと綴りを確かめてください", "Check the path and its spelling"});
  if (code == EISDIR)
    return fail(Error::Kind::unreadable, path.string(), {"フォルダーです", "it is a folder"},
                {"ファイルを指定してください", "Name a file"});
  const std::string reason = std::system_category().message(code);
  return fail(Error::Kind::unreadable, path.string(),
              {fmt::format("読み取れません ({})", reason), fmt::format("cannot be read ({})", reason)},
              {"読み取りの権限を確かめてください", "Check that you may read it"});
}

tl::unexpected<Error> cannot_write(const std::filesystem::path& path, int code) {
  const std::string reason = std::system_category().message(code);
  return fail(Error::Kind::storage, path.string(),
              {fmt::format("書き込めません ({})", reason), fmt::format("cannot be written ({})", reason)},
              {"空き容量と書き込みの権限を確かめてください", "Check free space and permissions"});
}

using Sink = std::function<bool(std::string_view)>;

/// Feeds the file to `sink` in blocks until it ends or `sink` returns false.
Result<void> for_each_block(const std::filesystem::path& path, const Sink& sink) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return cannot_read(path, errno);
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) return cannot_read(path, errno);
  if (S_ISDIR(status.st_mode)) return cannot_read(path, EISDIR);
  std::array<char, 1 << 16> block{};
  for (;;) {
    const ssize_t got = ::read(file.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(path, errno);
    if (got == 0 || !sink({block.data(), static_cast<std::size_t>(got)})) return {};
  }
}

std::string to_hex(const unsigned char* digest, std::size_t size) {
  std::string hex;
  for (std::size_t i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

/// Errno of the first failing step, or 0.
int write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

/// A complete file under a temporary name beside its target; gone with the object unless published.
class StagedFile {
 public:
  static Result<StagedFile> create(const NewFile& file) {
    // A short fixed name: the target's own name may already be as long as the file system allows.
    std::string temporary = (file.path.parent_path() / ".guardian-XXXXXX").string();
    const Descriptor descriptor(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!descriptor.valid()) return cannot_write(file.path, errno);
    StagedFile staged(file.path, std::move(temporary));
    if (!file.secret) ::fchmod(descriptor.get(), S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
    if (const int code = write_all(descriptor.get(), file.content); code != 0)
      return cannot_write(file.path, code);
    return staged;
  }
  StagedFile(StagedFile&& other) noexcept
      : target_(std::move(other.target_)), temporary_(std::exchange(other.temporary_, {})) {}
  StagedFile& operator=(StagedFile&&) = delete;
  ~StagedFile() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
  }

  Result<void> publish() {
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) return cannot_write(target_, errno);
    temporary_.clear();
    return {};
  }

 private:
  StagedFile(std::filesystem::path target, std::string temporary)
      : target_(std::move(target)), temporary_(std::move(temporary)) {}

  std::filesystem::path target_;
  std::string temporary_;
};

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit) {
  std::string content;
  auto read = for_each_block(path, [&](std::string_view block) {
    content += block;
    return content.size() <= limit;
  });
  if (!read) return tl::unexpected<Error>(read.error());
  if (content.size() > limit)
    return fail(Error::Kind::damaged, path.string(),
                {fmt::format("大きすぎます (上限 {} バイト)", limit),
                 fmt::format("too large (limit {} bytes)", limit)},
                {"正しいファイルかどうか確かめてください", "Check that this is the right file"});
  return content;
}

Result<void> write_files(std::span<const NewFile> files) {
  std::vector<StagedFile> staged;
  for (const auto& file : files) {
    auto stage = StagedFile::create(file);
    if (!stage) return tl::unexpected<Error>(stage.error());
    staged.push_back(std::move(*stage));
  }
  for (auto& stage : staged) {
    auto published = stage.publish();
    if (!published) return published;
  }
  return {};
}

Result<void> write_file(const std::filesystem::path& path, std::string_view content) {
  const NewFile file{path, content};
  return write_files({&file, 1});
}

Result<std::string> sha256_of_file(const std::filesystem::path& path, const std::stop_token& stop) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  auto read = for_each_block(path, [&](std::string_view block) {
    crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(block.data()), block.size());
    return !stop.stop_requested();
  });
  if (!read) return tl::unexpected<Error>(read.error());
  if (stop.stop_requested())
    return fail(Error::Kind::cancelled, path.string(), {"中止しました", "cancelled"}, {"", ""});
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256_final(&state, digest.data());
  return to_hex(digest.data(), digest.size());
}

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  return to_hex(digest.data(), digest.size());
}

std::string base64(std::string_view bytes) {
  std::string encoded(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(encoded.data(), encoded.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  encoded.resize(encoded.size() - 1);  // libsodium counts the terminating zero
  return encoded;
}

}  // namespace guardian
