#include "archive/work.h"
#include "cli/commands.h"

namespace guardian::cli {

int work(const ListeningOptions& options, const CommonOptions& common) {
  return archive::work({common.policy, options.model, options.threads});
}

}  // namespace guardian::cli
