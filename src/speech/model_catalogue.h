// speech/model_catalogue.h - which speech models there are, where they come from, and whether ours are
// intact. Behind `guardian models list|verify` (pull: speech/model_pull.h); a recogniser never needs it. The
// catalogue is data: models/catalogue.yaml.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "speech/model_folder.h"

namespace guardian::speech {

struct CatalogueFile {
  std::string role;                         ///< as in model_folder.h; empty for a file that only comes along
  std::string name;                         ///< in the model's folder
  std::string source;                       ///< below the entry's address
  std::optional<std::uint64_t> size_bytes;  ///< empty where we have not seen the file
  std::optional<std::string> sha256;        ///< empty where we have not seen the file
};

struct CatalogueEntry {
  std::string name;
  Engine engine = Engine::ctranslate2_whisper;
  std::string language;
  std::string licence;
  std::string address;  ///< base of the files' addresses; empty if scripts/setup brings the model
  Text note;
  bool is_default = false;
  std::vector<CatalogueFile> files;

  /// True if every file can be checked against a hash of ours.
  bool verifiable() const;
  /// Sum of the known sizes in bytes; 0 if none is known.
  std::uint64_t size_bytes() const;
};

/// Errors: not_found; policy, with the line.
Result<std::vector<CatalogueEntry>> load_catalogue(const std::filesystem::path& file);

/// Errors: not_found, naming the entries there are.
Result<CatalogueEntry> find_entry(std::span<const CatalogueEntry> catalogue, const std::string& name);

/// The model's folder, whole or not, in the first place that has one; empty if none has.
std::optional<std::filesystem::path> find_installed(const CatalogueEntry& entry,
                                                    std::span<const std::filesystem::path> places);

enum class Verification {
  intact,       ///< every file has the catalogue's hash
  as_received,  ///< unchanged since it was pulled, but we never knew what it should be
  unknown,      ///< there is nothing to compare with
};

/// Hashes every file again. Errors: damaged, naming the first file that differs; not_found.
Result<Verification> verify_model(const CatalogueEntry& entry, const std::filesystem::path& folder);

}  // namespace guardian::speech
