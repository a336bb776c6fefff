#include "archive/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

namespace guardian::archive {

Result<FolderLock> FolderLock::take(const DataFolder& folder) {
  const auto path = folder.path / "guardian.lock";
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (!file.valid()) return errno == ENOENT ? cannot_read(path, errno) : cannot_write(path, errno);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return FolderLock(std::move(file));
  if (errno != EWOULDBLOCK) return cannot_write(path, errno);
  return fail(Error::Kind::busy, folder.path.string(),
              {"別のプロセスがこのデータフォルダーを使っています", "another process uses this data folder"},
              {"サーバーを止めてからやり直してください", "Stop the server and try again"});
}

}  // namespace guardian::archive
