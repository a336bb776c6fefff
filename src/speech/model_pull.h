// speech/model_pull.h - brings a model of the catalogue onto this machine. Behind `guardian models pull`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "speech/model_catalogue.h"
#include "speech/model_folder.h"

namespace guardian::speech {

struct PullOptions {
  std::filesystem::path place;  ///< folder of model folders; made if missing
  std::string mirror;  ///< base address in place of the entry's: files are then at MIRROR/NAME/SOURCE
  bool allow_unverified = false;                          ///< pull files for which the catalogue has no hash
  std::uint64_t largest_bytes = std::uint64_t{8} << 30U;  ///< of one file
  int patience_s = 60;                                    ///< without a byte for so long, the download fails
};

/// Called with the bytes of the file that have arrived and those expected (0: unknown).
using PullProgress = std::function<void(const std::string& file, std::uint64_t done, std::uint64_t total)>;

/// Downloads a model, goes on where an interrupted download stopped, checks it and puts it in place as a
/// whole; what was there before is replaced only then. Addresses other than http and https are refused.
/// Errors: usage (no hash and not allowed, no address), network, damaged (wrong hash or size), storage,
/// cancelled.
Result<ModelFolder> pull_model(const CatalogueEntry& entry, const PullOptions& options,
                               const PullProgress& progress, const std::stop_token& stop);

}  // namespace guardian::speech
