// base/spawn.h - another program as a process of its own, with as little of ours as it needs.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace guardian {

/// `command`: the program's path, then its arguments. `environment`: all that it gets of one, "NAME=value".
/// It has the two descriptors and no others; what it says on standard error is thrown away. Returns an errno,
/// 0 if it runs; whoever calls waits for it.
int spawn(pid_t& id, std::vector<std::string> command, std::vector<std::string> environment, int input,
          int output);

}  // namespace guardian
