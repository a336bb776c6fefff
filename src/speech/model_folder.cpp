#include "speech/model_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/file.h"
#include "base/json_guard.h"

namespace guardian::speech {
namespace {

constexpr std::size_t kManifestBytes = 64U << 10U;
constexpr int kManifestDepth = 4;
constexpr std::size_t kLongestName = 128;
constexpr std::size_t kMostFiles = 64;

constexpr std::array<std::string_view, 3> kWhisperFiles = {"model", "vocabulary", "config"};
constexpr std::array<std::string_view, 4> kTransducerFiles = {"encoder", "decoder", "joiner", "tokens"};
constexpr std::array<std::string_view, 2> kSenseVoiceFiles = {"model", "tokens"};
constexpr std::array<std::string_view, 3> kWhisperOnnxFiles = {"encoder", "decoder", "tokens"};

struct NamedEngine {
  Engine engine;
  std::string_view name;
  std::span<const std::string_view> roles;
};

constexpr std::array<NamedEngine, 4> kEngines = {
    NamedEngine{Engine::ctranslate2_whisper, "ctranslate2-whisper", kWhisperFiles},
    NamedEngine{Engine::sherpa_transducer, "sherpa-transducer", kTransducerFiles},
    NamedEngine{Engine::sherpa_sense_voice, "sherpa-sense-voice", kSenseVoiceFiles},
    NamedEngine{Engine::sherpa_whisper, "sherpa-whisper", kWhisperOnnxFiles}};

/// CTranslate2 opens a folder and looks for these names itself.
const std::map<std::string, std::string> kCTranslate2Names = {
    {"model", "model.bin"}, {"vocabulary", "vocabulary.json"}, {"config", "config.json"}};

const Text kFetchAgain = {"モデルを取得し直してください (guardian models pull)",
                          "Fetch the model again (guardian models pull)"};

const NamedEngine& describe_engine(Engine engine) {
  return *std::find_if(kEngines.begin(), kEngines.end(),
                       [&](const auto& known) { return known.engine == engine; });
}

tl::unexpected<Error> wrong(const std::string& source, std::string_view field) {
  return fail(Error::Kind::damaged, source,
              {fmt::format("モデルの説明ファイルの項目 {} が正しくありません", field),
               fmt::format("the model manifest's field {} is wrong", field)},
              kFetchAgain);
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_plain_text(const nlohmann::json& value) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return !text.empty() && text.size() <= kLongestName &&
         std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

/// {key: value} where both pass; nothing where one does not.
template <class Check>
std::optional<std::map<std::string, std::string>> read_pairs(const nlohmann::json& object,
                                                             const Check& check) {
  std::map<std::string, std::string> pairs;
  if (!object.is_object() || object.size() > kMostFiles) return std::nullopt;
  for (const auto& [key, value] : object.items()) {
    if (!value.is_string() || !check(key, value.template get_ref<const std::string&>())) return std::nullopt;
    pairs.emplace(key, value.template get<std::string>());
  }
  return pairs;
}

bool has_every_role(const ModelManifest& manifest) {
  const auto roles = file_roles(manifest.engine);
  if (manifest.engine == Engine::ctranslate2_whisper && manifest.files != kCTranslate2Names) return false;
  return std::all_of(roles.begin(), roles.end(),
                     [&](std::string_view role) { return manifest.files.count(std::string(role)) == 1; });
}

/// Resolves links, so that a link out of the folder counts as outside.
bool is_file_inside(const std::filesystem::path& folder, const std::filesystem::path& file) {
  std::error_code error;
  const auto real_folder = std::filesystem::canonical(folder, error);
  if (error) return false;
  const auto real_file = std::filesystem::canonical(file, error);
  return !error && real_file.parent_path() == real_folder &&
         std::filesystem::is_regular_file(real_file, error);
}

ModelManifest plain_whisper(const std::filesystem::path& folder) {
  ModelManifest manifest;
  manifest.name = folder.filename().string();
  manifest.files = kCTranslate2Names;
  return manifest;
}

}  // namespace

std::string_view engine_name(Engine engine) { return describe_engine(engine).name; }

std::optional<Engine> find_engine(std::string_view name) {
  for (const auto& known : kEngines)
    if (known.name == name) return known.engine;
  return std::nullopt;
}

std::span<const std::string_view> file_roles(Engine engine) { return describe_engine(engine).roles; }

bool is_plain_file_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName || name.front() == '.') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

Result<ModelManifest> parse_manifest(std::string_view text, const std::string& source) {
  const auto document = parse_json(text, source, {kManifestBytes, kManifestDepth});
  if (!document) return tl::unexpected<Error>(document.error());
  if (!document->is_object()) return wrong(source, "(root)");
  const auto field = [&](const char* key) { return document->value(key, nlohmann::json()); };

  ModelManifest manifest;
  for (const char* key : {"name", "language", "licence"})
    if (!is_plain_text(field(key))) return wrong(source, key);
  manifest.name = field("name").get<std::string>();
  manifest.language = field("language").get<std::string>();
  manifest.licence = field("licence").get<std::string>();
  if (!is_plain_file_name(manifest.name)) return wrong(source, "name");

  const auto engine =
      field("engine").is_string() ? find_engine(field("engine").get<std::string>()) : std::nullopt;
  if (!engine) return wrong(source, "engine");
  manifest.engine = *engine;

  const auto files = read_pairs(
      field("files"), [](const std::string&, const std::string& file) { return is_plain_file_name(file); });
  if (!files) return wrong(source, "files");
  manifest.files = *files;
  if (!has_every_role(manifest)) return wrong(source, "files");

  if (document->contains("received")) {
    const auto received = read_pairs(field("received"), [](const std::string& file, const std::string& sum) {
      return is_plain_file_name(file) && is_sha256(sum);
    });
    if (!received) return wrong(source, "received");
    manifest.received = *received;
  }
  return manifest;
}

std::string manifest_to_json(const ModelManifest& manifest) {
  nlohmann::ordered_json document;
  document["name"] = manifest.name;
  document["engine"] = engine_name(manifest.engine);
  document["language"] = manifest.language;
  document["licence"] = manifest.licence;
  document["files"] = manifest.files;
  if (!manifest.received.empty()) document["received"] = manifest.received;
  return document.dump(2) + "\n";
}

Result<ModelFolder> read_model_folder(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored))
    return fail(Error::Kind::not_found, folder.string(),
                {"モデルのフォルダーがありません", "no such model folder"}, kFetchAgain);
  ModelFolder model{folder, plain_whisper(folder)};
  if (const auto file = folder / "model.json"; std::filesystem::exists(file, ignored)) {
    const auto content = read_file(file, kManifestBytes);
    if (!content) return tl::unexpected<Error>(content.error());
    auto manifest = parse_manifest(*content, file.string());
    if (!manifest) return tl::unexpected<Error>(manifest.error());
    model.manifest = std::move(*manifest);
  }
  for (const auto& [role, file] : model.manifest.files) {
    if (is_file_inside(folder, folder / file)) continue;
    return fail(Error::Kind::model, (folder / file).string(),
                {fmt::format("モデルのファイル ({}) がフォルダーの中にありません", role),
                 fmt::format("the model's file ({}) is not in its folder", role)},
                kFetchAgain);
  }
  return model;
}

Result<ModelFolder> find_model(std::span<const std::filesystem::path> places, const std::string& name) {
  if (!is_plain_file_name(name))
    return fail(Error::Kind::usage, name, {"モデルの名前ではありません", "not the name of a model"},
                {"名前は guardian models list で確かめられます", "See guardian models list for names"});
  std::string looked_at;
  for (const auto& place : places) {
    std::error_code ignored;
    if (std::filesystem::is_directory(place / name, ignored)) return read_model_folder(place / name);
    looked_at += (looked_at.empty() ? "" : ", ") + place.string();
  }
  return fail(
      Error::Kind::not_found, name,
      {fmt::format("音声認識モデルが入っていません (探した場所: {})", looked_at),
       fmt::format("this speech model is not installed (looked in {})", looked_at)},
      {fmt::format("guardian models pull {} で取得するか、既定のモデルなら scripts/setup を実行してください",
                   name),
       fmt::format("Run guardian models pull {}, or scripts/setup for the default model", name)});
}

}  // namespace guardian::speech
