// speech/model_folder.h - a speech model on disk: which engine runs it and which of its files is what.
// Read before any engine sees the files; speech/open_recognizer.h goes on from here. A folder may come from
// anywhere, so its manifest is treated as hostile.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace guardian::speech {

enum class Engine {
  ctranslate2_whisper,  ///< Whisper in CTranslate2's format
  sherpa_transducer,    ///< sherpa-onnx, offline transducer (zipformer, conformer)
  sherpa_sense_voice,   ///< sherpa-onnx, SenseVoice
  sherpa_whisper,       ///< sherpa-onnx, Whisper as ONNX
};

/// The engine's name in manifests and in the catalogue, e.g. "ctranslate2-whisper".
std::string_view engine_name(Engine engine);
std::optional<Engine> find_engine(std::string_view name);

/// What an engine's files are called in a manifest: for a transducer encoder, decoder, joiner and tokens.
std::span<const std::string_view> file_roles(Engine engine);

/// model.json: {"name", "engine", "language", "licence", "files": {role: file name}, "received": {file name:
/// sha256}}.
struct ModelManifest {
  std::string name;
  Engine engine = Engine::ctranslate2_whisper;
  std::string language = "ja";
  std::string licence;
  std::map<std::string, std::string> files;     ///< role -> file name; every role of the engine is there
  std::map<std::string, std::string> received;  ///< file name -> sha256 when it was pulled; empty if unknown
};

/// True for a name that stays where it is put: one path component of letters, digits and ". _ -", no leading
/// dot.
bool is_plain_file_name(std::string_view name);

/// `source` is what errors call the text. Errors: damaged, naming the field.
Result<ModelManifest> parse_manifest(std::string_view text, const std::string& source);

std::string manifest_to_json(const ModelManifest& manifest);

struct ModelFolder {
  std::filesystem::path path;
  ModelManifest manifest;

  /// The file that plays a role of the manifest's engine.
  std::filesystem::path file(const std::string& role) const { return path / manifest.files.at(role); }
};

/// Reads the manifest and checks that every file it names is a regular file within the folder, also through
/// links. A folder without model.json that holds a CTranslate2 conversion of Whisper is taken for one, named
/// like the folder. Errors: not_found, model, damaged.
Result<ModelFolder> read_model_folder(const std::filesystem::path& folder);

/// The first of `places` that has a folder called `name`. Errors: not_found, naming the places; usage for a
/// bad name.
Result<ModelFolder> find_model(std::span<const std::filesystem::path> places, const std::string& name);

}  // namespace guardian::speech
