// cli/interrupt.h - Ctrl-C and SIGTERM as a request to stop that every station hears.
#pragma once

#include <stop_token>

namespace guardian::cli {

/// From now on SIGINT and SIGTERM do not kill the program but request a stop on the returned token; a second
/// one kills it, since nothing is ever left half-written. SIGPIPE is ignored, so that a closed pipe is an
/// error like any other.
std::stop_token stop_on_interrupt();

}  // namespace guardian::cli
