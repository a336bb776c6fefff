#include "speech/model_catalogue.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "base/yaml_guard.h"

namespace guardian::speech {
namespace {

constexpr double kLargestFile = 1e12;

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_unknown(const YamlFields& fields, const char* key) { return fields.required(key).IsNull(); }

/// Below the address, never above it.
bool is_relative_source(const std::string& source) {
  const std::filesystem::path path(source);
  return path.is_relative() && std::all_of(path.begin(), path.end(), [](const auto& part) {
           return is_plain_file_name(part.string());
         });
}

CatalogueFile read_catalogue_file(const YAML::Node& node) {
  const YamlFields fields(node, {"role", "name", "source", "size_bytes", "sha256"});
  CatalogueFile file;
  file.role = fields.text_or("role", "");
  file.name = fields.text("name");
  file.source = fields.text_or("source", file.name);
  if (!is_plain_file_name(file.name) || file.name == "model.json" || !is_relative_source(file.source))
    throw YamlMistake{fields.line(),
                      {"name, source: ファイル名ではありません", "name, source: not a file name"}};
  if (!is_unknown(fields, "size_bytes"))
    file.size_bytes = static_cast<std::uint64_t>(fields.number("size_bytes", 1, kLargestFile));
  if (!is_unknown(fields, "sha256")) file.sha256 = fields.text("sha256");
  if (file.sha256 && !is_sha256(*file.sha256))
    throw YamlMistake{fields.line(),
                      {"sha256: 小文字 16 進 64 桁ではありません", "sha256: not 64 lower-case hex digits"}};
  return file;
}

void check_roles(const CatalogueEntry& entry, int line) {
  for (const auto role : file_roles(entry.engine)) {
    const auto count =
        std::count_if(entry.files.begin(), entry.files.end(), [&](const auto& f) { return f.role == role; });
    if (count != 1)
      throw YamlMistake{line,
                        {fmt::format("files: 役割 {} のファイルが一つ必要です", role),
                         fmt::format("files: exactly one file must have the role {}", role)}};
  }
}

CatalogueEntry read_entry(const YAML::Node& node) {
  const YamlFields fields(node,
                          {"name", "engine", "language", "licence", "address", "note", "default", "files"});
  CatalogueEntry entry;
  entry.name = fields.text("name");
  if (!is_plain_file_name(entry.name))
    throw YamlMistake{fields.line(), {"name: フォルダー名にできません", "name: cannot name a folder"}};
  const auto engine = find_engine(fields.text("engine"));
  if (!engine) throw YamlMistake{fields.line(), {"engine: 知らない種類です", "engine: unknown"}};
  entry.engine = *engine;
  entry.language = fields.text("language");
  entry.licence = fields.text("licence");
  if (!is_unknown(fields, "address")) entry.address = fields.text("address");
  entry.note = fields.both_languages("note");
  entry.is_default = fields.text_or("default", "false") == "true";
  for (const auto& file : fields.required("files")) entry.files.push_back(read_catalogue_file(file));
  check_roles(entry, fields.line());
  return entry;
}

std::vector<CatalogueEntry> read_entries(const YAML::Node& document) {
  const YamlFields fields(document, {"models"});
  std::vector<CatalogueEntry> catalogue;
  for (const auto& node : fields.required("models")) {
    auto entry = read_entry(node);
    const bool twice = std::any_of(catalogue.begin(), catalogue.end(),
                                   [&](const auto& other) { return other.name == entry.name; });
    if (twice) throw YamlMistake{node.Mark().line + 1, {"name: 二度使われています", "name: used twice"}};
    catalogue.push_back(std::move(entry));
  }
  return catalogue;
}

}  // namespace

bool CatalogueEntry::verifiable() const {
  return std::all_of(files.begin(), files.end(), [](const auto& file) { return file.sha256.has_value(); });
}

std::uint64_t CatalogueEntry::size_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& file : files) sum += file.size_bytes.value_or(0);
  return sum;
}

Result<std::vector<CatalogueEntry>> load_catalogue(const std::filesystem::path& file) {
  const auto document = read_yaml(file.string());
  if (!document) return tl::unexpected<Error>(document.error());
  try {
    return read_entries(*document);
  } catch (const YamlMistake& mistake) {
    return policy_error(file.string(), mistake);
  } catch (const YAML::Exception& error) {
    return policy_error(file.string(),
                        {error.mark.line + 1, {"書式が正しくありません: " + error.msg, error.msg}});
  }
}

Result<CatalogueEntry> find_entry(std::span<const CatalogueEntry> catalogue, const std::string& name) {
  std::string known;
  for (const auto& entry : catalogue) {
    if (entry.name == name) return entry;
    known += (known.empty() ? "" : ", ") + entry.name;
  }
  return fail(Error::Kind::not_found, name,
              {"この名前のモデルは一覧にありません", "the catalogue has no model of this name"},
              {"一覧にあるモデル: " + known, "Models in the catalogue: " + known});
}

std::optional<std::filesystem::path> find_installed(const CatalogueEntry& entry,
                                                    std::span<const std::filesystem::path> places) {
  for (const auto& place : places)
    if (std::error_code ignored; std::filesystem::is_directory(place / entry.name, ignored))
      return place / entry.name;
  return std::nullopt;
}

Result<Verification> verify_model(const CatalogueEntry& entry, const std::filesystem::path& folder) {
  const auto model = read_model_folder(folder);
  if (!model) return tl::unexpected<Error>(model.error());
  auto weakest = Verification::intact;
  for (const auto& file : entry.files) {
    const auto received = model->manifest.received.find(file.name);
    const bool was_received = received != model->manifest.received.end();
    if (!file.sha256 && !was_received) {
      weakest = Verification::unknown;
      continue;
    }
    const auto sum = sha256_of_file(folder / file.name);
    if (!sum) return tl::unexpected<Error>(sum.error());
    if (*sum != file.sha256.value_or(was_received ? received->second : ""))
      return fail(
          Error::Kind::damaged, (folder / file.name).string(),
          {"モデルのファイルが本来の内容と違います (sha256 不一致)",
           "the model's file is not what it should be (sha256 differs)"},
          {entry.address.empty() ? "scripts/setup をやり直してください"
                                 : fmt::format("guardian models pull {} で取得し直してください", entry.name),
           entry.address.empty() ? "Run scripts/setup again"
                                 : fmt::format("Fetch it again with guardian models pull {}", entry.name)});
    if (!file.sha256 && weakest == Verification::intact) weakest = Verification::as_received;
  }
  return weakest;
}

}  // namespace guardian::speech
