#include "archive/work.h"
#include "cli/commands.h"

namespace guardian::cli {

int work(const std::filesystem::path& objects, const ListeningOptions& options, const CommonOptions& common) {
  return archive::work({objects, common.policy, options.model, options.threads});
}

}  // namespace guardian::cli
