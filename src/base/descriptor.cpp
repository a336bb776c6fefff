#include "base/descriptor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace guardian {

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

tl::unexpected<Error> cannot_read(const std::filesystem::path& path, int code) {
  if (code == ENOENT || code == ENOTDIR || code == ENAMETOOLONG)
    return fail(Error::Kind::not_found, path.string(), {"ファイルがありません", "no such file"},
                {"パスと綴りを確かめてください", "Check the path and its spelling"});
  if (code == EISDIR || code == ENOTSUP)
    return fail(Error::Kind::unreadable, path.string(),
                {code == EISDIR ? "フォルダーです" : "普通のファイルではありません (パイプや装置)",
                 code == EISDIR ? "it is a folder" : "not a regular file (a pipe or device)"},
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

int write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

Result<void> sync_folder(const std::filesystem::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.valid() || ::fsync(opened.get()) != 0) return cannot_write(folder, errno);
  return {};
}

}  // namespace guardian
