// speech/download.h - one file over HTTP, to disk, with limits. Used by speech/model_pull.h only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "base/result.h"

namespace guardian::speech {

struct Download {
  std::string address;  ///< http or https
  std::filesystem::path
      part;  ///< where the bytes go; what is there already is kept, and only the rest is asked for
  std::uint64_t largest_bytes = 0;
  int patience_s = 60;  ///< without a byte for so long, it fails
};

/// Returns when `part` holds the whole file. After an error the part is kept, so that the next call goes on
/// from there, unless it grew too large. An https address is never left for an unencrypted one. Errors: usage
/// (not http), network, storage, damaged (too large), cancelled.
Result<void> download(const Download& request,
                      const std::function<void(std::uint64_t done, std::uint64_t total)>& progress,
                      const std::stop_token& stop);

}  // namespace guardian::speech
