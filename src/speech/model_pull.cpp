#include "speech/model_pull.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/file.h"
#include "speech/download.h"

namespace guardian::speech {
namespace {

tl::unexpected<Error> storage_error(const std::filesystem::path& path, const std::error_code& error) {
  return fail(Error::Kind::storage, path.string(),
              {fmt::format("書き込めません ({})", error.message()),
               fmt::format("cannot be written ({})", error.message())},
              {"空き容量と書き込みの権限を確かめてください", "Check free space and permissions"});
}

Result<void> check_request(const CatalogueEntry& entry, const PullOptions& options) {
  if (entry.address.empty() && options.mirror.empty())
    return fail(Error::Kind::usage, entry.name,
                {"このモデルは scripts/setup が入れます", "scripts/setup installs this model"},
                {"scripts/setup を実行するか、--mirror で取得元を指定してください",
                 "Run scripts/setup, or name a source with --mirror"});
  if (!entry.verifiable() && !options.allow_unverified)
    return fail(Error::Kind::usage, entry.name,
                {"このモデルの照合値 (sha256) を私たちは確認していません",
                 "we have not verified this model's sha256"},
                {"取得元を信頼できる場合だけ --allow-unverified を付けてください",
                 "Add --allow-unverified only if you trust the source"});
  return {};
}

std::string file_address(const CatalogueEntry& entry, const CatalogueFile& file, const std::string& mirror) {
  std::string base = mirror.empty() ? entry.address : mirror;
  while (!base.empty() && base.back() == '/') base.pop_back();
  return mirror.empty() ? base + "/" + file.source : base + "/" + entry.name + "/" + file.source;
}

/// Downloads and checks one file; returns its hash. A file that is whole and right already is not asked for
/// again.
Result<std::string> fetch_file(const CatalogueFile& file, const Download& request,
                               const PullProgress& progress, const std::stop_token& stop) {
  std::error_code ignored;
  const auto present = std::filesystem::file_size(request.part, ignored);
  const bool whole = !ignored && file.sha256 && file.size_bytes == present;
  if (!whole) {
    const auto report = [&](std::uint64_t done, std::uint64_t total) {
      if (progress) progress(file.name, done, total);
    };
    if (auto done = download(request, report, stop); !done) return tl::unexpected<Error>(done.error());
  }
  auto sum = sha256_of_file(request.part);
  if (!sum || !file.sha256 || *sum == *file.sha256) return sum;
  std::filesystem::remove(request.part, ignored);
  return fail(Error::Kind::damaged, request.address,
              {"届いた内容が照合値 (sha256) と違うため捨てました",
               "what arrived differs from the known sha256 and was thrown away"},
              {"もう一度実行するか、別の取得元を --mirror で指定してください",
               "Run it again, or name another source with --mirror"});
}

/// The complete folder takes the model's name; an older one goes away afterwards.
Result<void> publish(const std::filesystem::path& incoming, const std::filesystem::path& target) {
  std::error_code error;
  const auto old = incoming.string() + ".old";
  std::filesystem::remove_all(old, error);
  std::filesystem::rename(target, old, error);  // fails where there is none
  std::filesystem::rename(incoming, target, error);
  if (error) {
    const auto reason = error;
    std::filesystem::rename(old, target, error);
    return storage_error(target, reason);
  }
  std::filesystem::remove_all(old, error);
  return {};
}

}  // namespace

Result<ModelFolder> pull_model(const CatalogueEntry& entry, const PullOptions& options,
                               const PullProgress& progress, const std::stop_token& stop) {
  if (auto checked = check_request(entry, options); !checked) return tl::unexpected<Error>(checked.error());
  const auto incoming = options.place / (".incoming-" + entry.name);
  std::error_code error;
  std::filesystem::create_directories(incoming, error);
  if (error) return storage_error(incoming, error);

  ModelManifest manifest{entry.name, entry.engine, entry.language, entry.licence, {}, {}};
  for (const auto& file : entry.files) {
    const auto limit = std::min(options.largest_bytes, file.size_bytes.value_or(options.largest_bytes));
    const Download request{file_address(entry, file, options.mirror), incoming / file.name, limit,
                           options.patience_s};
    const auto sum = fetch_file(file, request, progress, stop);
    if (!sum) return tl::unexpected<Error>(sum.error());
    manifest.received[file.name] = *sum;
    if (!file.role.empty()) manifest.files[file.role] = file.name;
  }
  if (auto written = write_file(incoming / "model.json", manifest_to_json(manifest)); !written)
    return tl::unexpected<Error>(written.error());
  if (auto whole = read_model_folder(incoming); !whole) return whole;
  if (auto published = publish(incoming, options.place / entry.name); !published)
    return tl::unexpected<Error>(published.error());
  return read_model_folder(options.place / entry.name);
}

}  // namespace guardian::speech
