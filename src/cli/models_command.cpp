#include <fmt/format.h>

#include <cstdlib>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "pipeline/installation.h"
#include "speech/model_catalogue.h"
#include "speech/model_pull.h"

namespace guardian::cli {
namespace {

using Catalogue = std::vector<speech::CatalogueEntry>;

Result<Catalogue> read_catalogue() {
  const auto file = pipeline::find_catalogue();
  if (!file) return tl::unexpected<Error>(file.error());
  return speech::load_catalogue(*file);
}

/// Prints the error, if it is one.
int finish(const Result<void>& done, const CommonOptions& common) {
  if (done) return kDone;
  print_error(done.error(), common.language);
  return kFailed;
}

std::string size_text(const speech::CatalogueEntry& entry, Language language) {
  if (entry.size_bytes() == 0) return language == Language::japanese ? "大きさ不明" : "size unknown";
  return fmt::format("{:.0f} MB", static_cast<double>(entry.size_bytes()) / 1e6);
}

std::string state_text(const std::optional<std::filesystem::path>& place, Language language) {
  const bool japanese = language == Language::japanese;
  if (!place) return japanese ? "未導入" : "not installed";
  return fmt::format("{}: {}", japanese ? "導入済み" : "installed", printable(place->string()));
}

std::string describe_entry(const speech::CatalogueEntry& entry, Language language) {
  const bool japanese = language == Language::japanese;
  const auto place = speech::find_installed(entry, pipeline::model_places());
  const std::string hash = entry.verifiable() ? "" : japanese ? ", 照合値なし" : ", no sha256";
  return fmt::format("{}{}  [{}]  {}, {}{}\n    {}\n    {}\n", entry.name,
                     entry.is_default ? (japanese ? " (既定)" : " (default)") : "",
                     speech::engine_name(entry.engine), entry.licence, size_text(entry, language), hash,
                     entry.note.in(language), state_text(place, language)) +
         (entry.address.empty() ? "" : "    " + entry.address + "\n");
}

Result<void> list(const CommonOptions& common) {
  const auto catalogue = read_catalogue();
  if (!catalogue) return tl::unexpected<Error>(catalogue.error());
  std::string text;
  for (const auto& entry : *catalogue) text += describe_entry(entry, common.language);
  return print(text);
}

std::string mirror_of(const ModelsOptions& options) {
  if (!options.mirror.empty()) return options.mirror;
  const char* named = std::getenv("GUARDIAN_MODEL_MIRROR");
  return named == nullptr ? "" : named;
}

Result<void> pull(const ModelsOptions& options, const CommonOptions& common) {
  const auto catalogue = read_catalogue();
  if (!catalogue) return tl::unexpected<Error>(catalogue.error());
  const auto entry = speech::find_entry(*catalogue, options.name);
  if (!entry) return tl::unexpected<Error>(entry.error());
  const auto place = pipeline::place_for_new_models();
  if (!place) return tl::unexpected<Error>(place.error());
  speech::PullOptions settings;
  settings.place = *place;
  settings.mirror = mirror_of(options);
  settings.allow_unverified = options.allow_unverified;
  const auto model = [&] {
    ProgressBar bar(entry->name, common.language);
    const auto progress = [&](const std::string&, std::uint64_t done, std::uint64_t total) {
      if (total > 0) bar.update(static_cast<double>(done) / static_cast<double>(total));
    };
    return speech::pull_model(*entry, settings, progress, common.stop);
  }();
  if (!model) return tl::unexpected<Error>(model.error());
  return print(fmt::format("{}: {}\n", entry->name, state_text(model->path, common.language)));
}

Text verification_text(speech::Verification verification) {
  switch (verification) {
    case speech::Verification::intact:
      return {"照合値と一致", "as it should be"};
    case speech::Verification::as_received:
      return {"取得時から変化なし (照合値は未確認)", "unchanged since it was pulled (sha256 never known)"};
    case speech::Verification::unknown:
      break;
  }
  return {"照合値がなく確かめられません", "nothing to compare with"};
}

Result<void> verify_one(const speech::CatalogueEntry& entry, const std::filesystem::path& place,
                        Language language) {
  const auto verification = speech::verify_model(entry, place);
  if (!verification) return tl::unexpected<Error>(verification.error());
  return print(fmt::format("{}: {}\n", entry.name, verification_text(*verification).in(language)));
}

/// The installed entries, or the one that was named.
Result<Catalogue> entries_to_verify(const std::string& name) {
  auto catalogue = read_catalogue();
  if (!catalogue || name.empty()) return catalogue;
  const auto entry = speech::find_entry(*catalogue, name);
  if (!entry) return tl::unexpected<Error>(entry.error());
  return Catalogue{*entry};
}

}  // namespace

int models_list(const CommonOptions& common) { return finish(list(common), common); }

int models_pull(const ModelsOptions& options, const CommonOptions& common) {
  return finish(pull(options, common), common);
}

int models_verify(const ModelsOptions& options, const CommonOptions& common) {
  const auto entries = entries_to_verify(options.name);
  if (!entries) return finish(tl::unexpected<Error>(entries.error()), common);
  int code = kDone;
  for (const auto& entry : *entries) {
    const auto places = pipeline::model_places();
    const auto place = speech::find_installed(entry, places);
    if (!place && options.name.empty()) continue;
    const auto done = place ? verify_one(entry, *place, common.language) : [&]() -> Result<void> {
      const auto missing = speech::find_model(places, entry.name);
      return missing ? Result<void>{} : tl::unexpected<Error>(missing.error());
    }();
    if (finish(done, common) != kDone) code = kFailed;
  }
  return code;
}

}  // namespace guardian::cli
