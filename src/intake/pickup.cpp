#include "intake/pickup.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/file.h"
#include "base/json_fields.h"
#include "base/json_guard.h"
#include "base/text.h"

namespace guardian::intake {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kJournal = ".guardian-watch.json";
constexpr std::uint64_t kJournalBytes = 256U << 20U;
constexpr std::array<std::string_view, 20> kEndings = {
    ".wav", ".mp3", ".m4a", ".aac", ".flac", ".ogg", ".oga", ".opus", ".wma", ".amr",
    ".au",  ".ul",  ".mp4", ".m4v", ".mov",  ".avi", ".mkv", ".webm", ".3gp", ".wmv"};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool is_recording(const fs::path& path) {
  const auto name = path.filename().string();
  return !name.starts_with('.') &&
         std::find(kEndings.begin(), kEndings.end(), lower(path.extension().string())) != kEndings.end();
}

/// Regular files only: a link could lead anywhere.
bool is_plain_file(const fs::path& path) {
  std::error_code code;
  return fs::symlink_status(path, code).type() == fs::file_type::regular;
}

tl::unexpected<Error> bad_journal(const fs::path& file) {
  return fail(Error::Kind::damaged, file.string(),
              {"送った記録として読めません", "it is not the journal of what was sent"},
              {"別の場所に移すと、もう一度送ります。同じ録音をサーバーは数えません",
               "Moved away, everything is sent again; the server does not count the same recording twice"});
}

bool may_come_right(Error::Kind kind) {
  return kind == Error::Kind::network || kind == Error::Kind::busy || kind == Error::Kind::storage;
}

}  // namespace

Result<Pickup> Pickup::open(PickupOptions options, Told told) {
  std::error_code code;
  for (const auto& folder : {options.folder, options.move_to})
    if (!folder.empty() && !fs::is_directory(folder, code))
      return fail(Error::Kind::not_found, folder.string(),
                  {"フォルダーがありません", "there is no such folder"},
                  {"作るか、指定を直してください", "Make it, or name another"});
  if (options.journal.empty()) options.journal = options.folder / kJournal;
  Pickup pickup(std::move(options), std::move(told));
  if (auto read = pickup.read_journal(); !read) return tl::unexpected<Error>(read.error());
  return pickup;
}

Result<void> Pickup::read_journal() {
  std::error_code code;
  if (!fs::exists(options_.journal, code)) return {};
  const auto text = read_file(options_.journal, kJournalBytes);
  if (!text) return tl::unexpected<Error>(text.error());
  const auto document = parse_json(*text, options_.journal.string(), {kJournalBytes, 4});
  if (!document || !document->is_object() || !document->contains("files"))
    return bad_journal(options_.journal);
  try {
    for (const auto& [name, entry] : document->at("files").items())
      read_fields(entry, name.c_str(), entries_[name]);
  } catch (const FieldMistake&) {
    return bad_journal(options_.journal);
  }
  return {};
}

Result<void> Pickup::write_journal() const {
  json files = json::object();
  for (const auto& [name, entry] : entries_) files[name] = write_fields(entry);
  return write_file(options_.journal,
                    json{{"files", std::move(files)}}.dump(1, ' ', false, json::error_handler_t::replace));
}

std::vector<Pickup::Found> Pickup::find_recordings() const {
  std::vector<Found> all;
  const auto add = [&](const fs::directory_entry& entry) {
    if (!is_recording(entry.path()) || !is_plain_file(entry.path())) return;
    std::error_code code;
    Found found;
    found.path = entry.path();
    found.name = entry.path().lexically_relative(options_.folder).generic_string();
    found.bytes = fs::file_size(entry.path(), code);
    const auto changed = code ? fs::file_time_type() : fs::last_write_time(entry.path(), code);
    if (code || !is_utf8(found.name)) return;  // gone again, or no name that can be told
    found.changed_ns = std::chrono::nanoseconds(changed.time_since_epoch()).count();
    found.age_s = std::chrono::duration<double>(fs::file_time_type::clock::now() - changed).count();
    all.push_back(std::move(found));
  };
  std::error_code code;
  if (options_.recursive) {
    for (fs::recursive_directory_iterator
             i(options_.folder, fs::directory_options::skip_permission_denied, code),
         end;
         !code && i != end; i.increment(code))
      add(*i);
  } else {
    for (fs::directory_iterator i(options_.folder, code), end; !code && i != end; i.increment(code)) add(*i);
  }
  std::sort(all.begin(), all.end(),
            [](const Found& a, const Found& b) { return a.changed_ns < b.changed_ns; });
  return all;
}

/// Empty where there is no sidecar. Errors: of a broken one.
Result<std::optional<archive::DetailFields>> Pickup::details_of(const Found& found) {
  const auto folder = found.path.parent_path();
  for (const auto& beside :
       {fs::path(found.path.string() + ".json"), fs::path(found.path).replace_extension(".json")}) {
    if (!is_plain_file(beside)) continue;
    const auto text = read_file(beside, kSidecarBytes);
    if (!text) return tl::unexpected<Error>(text.error());
    auto fields = read_json_sidecar(*text, beside.string(), options_.utc_offset);
    if (!fields) return tl::unexpected<Error>(fields.error());
    return std::optional(std::move(*fields));
  }
  std::error_code code;
  for (fs::directory_iterator i(folder, code), end; !code && i != end; i.increment(code)) {
    if (lower(i->path().extension().string()) != ".csv" || !is_plain_file(i->path())) continue;
    auto table = tables_.find(i->path());
    if (table == tables_.end()) {
      const auto text = read_file(i->path(), kSidecarBytes);
      table = tables_
                  .emplace(i->path(), text ? read_csv_sidecar(*text, i->path().string(), options_.utc_offset)
                                           : Result<SidecarTable>(tl::unexpected<Error>(text.error())))
                  .first;
    }
    if (!table->second) return tl::unexpected<Error>(table->second.error());
    if (const auto line = table->second->find(found.path.filename().string()); line != table->second->end())
      return std::optional(line->second);
  }
  return std::optional<archive::DetailFields>();
}

void Pickup::tell(const fs::path& file, const Text& what) {
  if (said_.insert(file.string() + "\n" + what.en).second) told_(file, what);
}

void Pickup::put_away(const Found& found) {
  if (options_.move_to.empty()) return;
  auto target = options_.move_to / found.path.filename();
  std::error_code code;
  for (int i = 2; fs::exists(target, code) && i < 10'000; ++i)
    target = options_.move_to /
             (found.path.stem().string() + "-" + std::to_string(i) + found.path.extension().string());
  fs::rename(found.path, target, code);
  if (code == std::errc::cross_device_link) {
    fs::copy_file(found.path, target, code);
    if (!code) fs::remove(found.path, code);
  }
  if (code)
    tell(found.path, {"送りましたが、移せませんでした: " + code.message(),
                      "it was sent, but cannot be moved: " + code.message()});
}

Result<Pickup::Fate> Pickup::send(const Found& found, const archive::DetailFields& details, Sender& sender,
                                  const std::stop_token& stop) {
  auto& entry = entries_[found.name];
  if (entry.bytes != found.bytes || entry.changed_ns != found.changed_ns)
    entry = {found.bytes, found.changed_ns, "sending", "", ""};
  const auto begun = [&](const std::string& upload) {
    entry.upload = upload;
    return write_journal();
  };
  const auto sent = sender.send(found.path, details, entry.upload, begun, stop);
  if (sent) {
    entry.state = "sent";
    entry.recording = *sent;
    if (auto noted = write_journal(); !noted) return tl::unexpected<Error>(noted.error());
    put_away(found);
    return Fate::sent;
  }
  const auto& error = sent.error();
  if (error.kind == Error::Kind::cancelled || error.kind == Error::Kind::forbidden ||
      error.kind == Error::Kind::unknown_caller)
    return tl::unexpected<Error>(error);
  tell(found.path, error.what);
  if (may_come_right(error.kind)) return Fate::again;
  if (error.kind != Error::Kind::usage) return Fate::waiting;  // it changed, or cannot be read at the moment
  entry.state = "refused";
  if (auto noted = write_journal(); !noted) return tl::unexpected<Error>(noted.error());
  return Fate::refused;
}

Result<Pickup::Fate> Pickup::handle(const Found& found, Sender& sender, const std::stop_token& stop) {
  if (found.age_s >= 0.0 && found.age_s < options_.settle_s) return Fate::waiting;
  const auto details = details_of(found);
  if (!details) {
    tell(found.path, details.error().what);
    return Fate::refused;  // not for good: once it is mended, the recording goes
  }
  if (!*details && options_.wait_for_sidecar) return Fate::waiting;
  return send(found, details->value_or(archive::DetailFields()), sender, stop);
}

Result<Round> Pickup::go_round(Sender& sender, const std::stop_token& stop) {
  Round round;
  tables_.clear();
  const auto recordings = find_recordings();
  std::set<std::string> there;
  for (const auto& found : recordings) there.insert(found.name);
  std::erase_if(entries_, [&](const auto& entry) { return !there.contains(entry.first); });
  for (const auto& found : recordings) {
    if (stop.stop_requested()) break;
    const auto known = entries_.find(found.name);
    if (known != entries_.end() && known->second.state != "sending" && known->second.bytes == found.bytes &&
        known->second.changed_ns == found.changed_ns) {
      round.refused += known->second.state == "refused" ? 1 : 0;
      if (known->second.state == "sent") put_away(found);  // the program ended between sending and moving
      continue;
    }
    const auto fate = handle(found, sender, stop);
    if (!fate) return tl::unexpected<Error>(fate.error());
    round.sent += *fate == Fate::sent ? 1 : 0;
    round.waiting += *fate == Fate::waiting ? 1 : 0;
    round.refused += *fate == Fate::refused ? 1 : 0;
    if (*fate != Fate::again) continue;
    round.again = true;
    break;
  }
  return round;
}

}  // namespace guardian::intake
