#include "base/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/descriptor.h"
#include "base/digest.h"

namespace guardian {
namespace {

class FileSource final : public ByteSource {
 public:
  FileSource(std::filesystem::path path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

  std::uint64_t size() const override {
    struct stat status = {};  // asked anew: a file may still grow
    return ::fstat(file_.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  }

  Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) override {
    std::size_t done = 0;
    while (done < buffer.size()) {
      const ssize_t got =
          ::pread(file_.get(), buffer.data() + done, buffer.size() - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return cannot_read(path_, errno);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

 private:
  std::filesystem::path path_;
  Descriptor file_;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> open_file(const std::filesystem::path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return cannot_read(path, errno);
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) return cannot_read(path, errno);
  if (S_ISDIR(status.st_mode)) return cannot_read(path, EISDIR);
  if (!S_ISREG(status.st_mode)) return cannot_read(path, ENOTSUP);
  return std::make_unique<FileSource>(path, std::move(file));
}

Result<std::string> sha256_of(ByteSource& source, const std::string& name, const std::stop_token& stop) {
  Sha256 sum;
  std::array<char, 1 << 16> block{};
  for (std::uint64_t offset = 0;;) {
    if (stop.stop_requested())
      return fail(Error::Kind::cancelled, name, {"中止しました", "cancelled"}, {"", ""});
    const auto got = source.read(offset, block);
    if (!got) return tl::unexpected<Error>(got.error());
    if (*got == 0) return sum.hex();
    sum.add({block.data(), *got});
    offset += *got;
  }
}

}  // namespace guardian
