// media/inspect.h - one pass over a file before anybody listens to it: what it is, how loud, what is wrong
// with it. First step on the path. What it notices (one voice on both channels, silence, a cut-off end)
// decides how speech/ listens.
#pragma once

#include <functional>
#include <stop_token>

#include "base/result.h"
#include "media/recording.h"
#include "media/source.h"

namespace guardian::media {

/// Called now and then with the share of the file that has been read, in [0, 1].
using InspectProgress = std::function<void(double share)>;

/// Errors: as Decoder::open and Decoder::read; cancelled.
Result<Recording> inspect(const Source& source, const InspectProgress& progress, const std::stop_token& stop);

}  // namespace guardian::media
