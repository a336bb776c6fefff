#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "base/byte_source.h"
#include "base/descriptor.h"
#include "base/digest.h"

namespace guardian {
namespace {

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
    const int code = write_all(descriptor.get(), file.content);
    if (code != 0 || ::fsync(descriptor.get()) != 0) return cannot_write(file.path, code != 0 ? code : errno);
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

std::string encoded(std::string_view bytes, int variant) {
  std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), variant);
  text.pop_back();  // libsodium counts the terminating zero
  return text;
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status = {};
  if (!file.valid() || ::fstat(file.get(), &status) != 0) return cannot_read(path, errno);
  if (S_ISDIR(status.st_mode)) return cannot_read(path, EISDIR);
  std::string content;
  std::array<char, 1 << 16> block{};
  for (;;) {
    const ssize_t got = ::read(file.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(path, errno);
    if (got == 0) return content;
    content.append(block.data(), static_cast<std::size_t>(got));
    if (content.size() > limit)
      return fail(Error::Kind::damaged, path.string(),
                  {fmt::format("大きすぎます (上限 {} バイト)", limit),
                   fmt::format("too large (limit {} bytes)", limit)},
                  {"正しいファイルかどうか確かめてください", "Check that this is the right file"});
  }
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
  auto file = open_file(path);
  if (!file) return tl::unexpected<Error>(file.error());
  return sha256_of(**file, path.string(), stop);
}

std::string sha256(std::string_view bytes) {
  Sha256 sum;
  sum.add(bytes);
  return sum.hex();
}

std::string base64(std::string_view bytes) { return encoded(bytes, sodium_base64_VARIANT_ORIGINAL); }

std::string base64url(std::string_view bytes) {
  return encoded(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

}  // namespace guardian
