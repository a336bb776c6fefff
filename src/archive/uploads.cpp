#include "archive/uploads.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/id.h"
#include "base/json_guard.h"

namespace guardian::archive {
namespace {

constexpr std::size_t kBlockBytes = 256U << 10U;

tl::unexpected<Error> no_such_upload(const std::string& id) {
  return fail(Error::Kind::not_found, id, {"アップロードがありません", "there is no such upload"},
              {"最初からやり直してください", "Start again from the beginning"});
}

tl::unexpected<Error> too_large(std::uint64_t limit) {
  return fail(
      Error::Kind::too_large, "upload",
      {fmt::format("大きすぎます (上限 {} バイト)", limit), fmt::format("larger than {} bytes", limit)},
      {"分けて送るか、管理者に相談してください", "Send it in parts, or ask your administrator"});
}

/// What an upload needs to go on, in one sealed column.
struct Progress {
  Sha256 sum;
  std::string tail;
};

std::string context_of(const char* column, const std::string& id) {
  return fmt::format("uploads.{} {}", column, id);
}

/// Whose recording it will be.
struct EmployeeAndGroup {
  std::optional<std::string> employee;
  std::optional<std::string> group;
};

struct StoredUpload {
  Upload upload;
  EmployeeAndGroup whose;
  std::string tenant;
  std::string caller;
  std::int64_t key_number = 0;
  Progress progress;

  bool complete() const { return upload.total == upload.done; }
  store::Draft draft() const { return {upload.done, progress.tail}; }
};

Result<Progress> progress_of(const std::string& bytes) {
  const auto state = Sha256().state().size();
  auto sum = Sha256::from_state(std::string_view(bytes).substr(0, state));
  if (!sum) return tl::unexpected<Error>(sum.error());
  return Progress{*sum, bytes.substr(state)};
}

Result<UploadDetails> details_of(const std::string& json) {
  const auto fields = parse_json(json, "uploads.details");
  if (!fields) return tl::unexpected<Error>(fields.error());
  return parse_details(fields->get<DetailFields>());
}

Result<StoredUpload> upload_of(const store::Row& row, const access::Keyring& keyring) {
  StoredUpload stored;
  stored.upload.id = row.text("id");
  stored.upload.done = static_cast<std::uint64_t>(row.integer("done_bytes"));
  if (const auto total = row.integer_if("total_bytes"))
    stored.upload.total = static_cast<std::uint64_t>(*total);
  stored.upload.finished = row.text("state") == "finished";
  stored.upload.expires_ms = row.integer("expires_ms");
  stored.tenant = row.text("tenant_id");
  stored.caller = row.text("caller");
  stored.key_number = row.integer("key_number");
  stored.whose = {row.text_if("employee_id"), row.text_if("group_id")};
  auto details =
      keyring.unseal(stored.tenant, row.bytes("details_sealed"), context_of("details", stored.upload.id))
          .and_then(details_of);
  if (!details) return tl::unexpected<Error>(details.error());
  stored.upload.details = std::move(*details);
  if (row.is_null("progress_sealed")) return stored;
  auto progress =
      keyring.unseal(stored.tenant, row.bytes("progress_sealed"), context_of("progress", stored.upload.id))
          .and_then(progress_of);
  if (!progress) return tl::unexpected<Error>(progress.error());
  stored.progress = std::move(*progress);
  return stored;
}

/// Whoever sees only own calls brings in own calls.
Result<EmployeeAndGroup> employee_of(store::Transaction& transaction, const access::Caller& caller,
                                     const std::optional<std::string>& code) {
  const bool own = caller.reach == access::Reach::own;
  if (!code && !own) {
    if (caller.reach == access::Reach::group) return EmployeeAndGroup{std::nullopt, caller.group};
    return EmployeeAndGroup{};
  }
  const auto row =
      code ? transaction.first("SELECT id, group_id FROM employees WHERE tenant_id = ? AND code = ?",
                               {caller.tenant, *code})
           : transaction.first("SELECT id, group_id FROM employees WHERE tenant_id = ? AND id = ?",
                               {caller.tenant, caller.employee.value_or("")});
  const bool reached = row && (!own || row->text("id") == caller.employee) &&
                       (caller.reach != access::Reach::group || row->text_if("group_id") == caller.group);
  if (own && !reached)
    return fail(Error::Kind::forbidden, "employee",
                {"自分の通話だけを登録できます", "you may bring in only your own calls"},
                {"employee を省いてください", "Leave out employee"});
  if (!reached)
    return fail(
        Error::Kind::usage, "employee",
        {"その従業員コードは登録されていません", "there is no employee with this code"},
        {"従業員を先に登録するか、コードを確かめてください", "Add the employee first, or check the code"});
  return EmployeeAndGroup{row->text("id"), row->text_if("group_id")};
}

}  // namespace

struct Uploads::Impl {
  store::Database& database;
  store::ObjectStore& objects;
  const access::Keyring& keyring;
  UploadOptions options;
  std::mutex mutex;
  std::set<std::string> busy;

  /// While it is held nobody else works on the upload.
  class Turn {
   public:
    static Result<Turn> take(Impl& impl, const std::string& id) {
      const std::lock_guard lock(impl.mutex);
      if (impl.busy.insert(id).second) return Turn(impl, id);
      return fail(Error::Kind::conflict, id,
                  {"別の要求がこのアップロードを進めています", "another request is at this upload"},
                  {"少し待ってからやり直してください", "Try again in a moment"});
    }
    Turn(Turn&& other) noexcept : impl_(std::exchange(other.impl_, nullptr)), id_(std::move(other.id_)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (impl_ == nullptr) return;
      const std::lock_guard lock(impl_->mutex);
      impl_->busy.erase(id_);
    }

   private:
    Turn(Impl& impl, std::string id) : impl_(&impl), id_(std::move(id)) {}
    Impl* impl_;
    std::string id_;
  };

  Result<StoredUpload> load(const access::Caller& caller, const std::string& id) {
    if (!is_id(id)) return no_such_upload(id);
    return database.read([&](store::Transaction& transaction) -> Result<StoredUpload> {
      const auto row =
          transaction.first("SELECT * FROM uploads WHERE tenant_id = ? AND caller = ? AND id = ?",
                            {caller.tenant, caller.id, id});
      return row ? upload_of(*row, keyring) : no_such_upload(id);
    });
  }

  Result<void> check_size(std::uint64_t bytes) const {
    if (bytes > options.most_bytes) return too_large(options.most_bytes);
    if (bytes == 0)
      return fail(Error::Kind::usage, "upload", {"空のファイルです", "the file is empty"},
                  {"録音ファイルかどうか確かめてください", "Check that it is a recording"});
    return {};
  }

  Result<std::unique_ptr<store::ObjectWriter>> resume(const StoredUpload& stored) {
    const auto key = keyring.object_key(stored.tenant, stored.key_number);
    if (!key) return tl::unexpected<Error>(key.error());
    return objects.resume(stored.upload.id, {stored.key_number, *key}, stored.draft());
  }

  store::Blob sealed_details(const std::string& tenant, const std::string& id, const UploadDetails& details) {
    return keyring.seal(tenant, nlohmann::json(fields_of(details)).dump(), context_of("details", id));
  }

  Result<void> note_progress(store::ObjectWriter& writer, StoredUpload& stored);
  Result<std::uint64_t> take_part(store::ObjectWriter& writer, StoredUpload& stored, const ByteStream& bytes,
                                  const Checksum* checksum, bool& ended);
  Result<void> take_all(StoredUpload& stored, const ByteStream& bytes, const Checksum* checksum);
  Result<void> make_recording(const access::Caller& caller, StoredUpload& stored);
  Result<void> insert(store::Transaction& transaction, const access::Caller& caller,
                      const StoredUpload& stored, bool& shared);
  Result<int> remove(const StoredUpload& stored);

  bool is_late(const StoredUpload& stored, std::int64_t at_ms) {
    return database
        .read([&](store::Transaction& transaction) -> Result<bool> {
          return transaction
              .first("SELECT 1 AS late FROM uploads WHERE tenant_id = ? AND id = ? AND expires_ms < ?",
                     {stored.tenant, stored.upload.id, at_ms})
              .has_value();
        })
        .value_or(false);
  }
};

Uploads::Uploads(store::Database& database, store::ObjectStore& objects, const access::Keyring& keyring,
                 UploadOptions options)
    : impl_(new Impl{database, objects, keyring, std::move(options), {}, {}}) {}
Uploads::~Uploads() = default;

Result<Upload> Uploads::create(const access::Caller& caller, std::optional<std::uint64_t> total,
                               const UploadDetails& details) {
  if (total)
    if (auto fits = impl_->check_size(*total); !fits) return tl::unexpected<Error>(fits.error());
  Upload upload{make_id(), 0, total, false, details, now_ms() + impl_->options.keep_ms};
  std::optional<std::int64_t> total_bytes;
  if (total) total_bytes = static_cast<std::int64_t>(*total);
  return impl_->database.write([&](store::Transaction& transaction) -> Result<Upload> {
    const auto open = transaction.first(
        "SELECT COUNT(*) AS n FROM uploads WHERE tenant_id = ? AND caller = ? AND state = 'open'",
        {caller.tenant, caller.id});
    if (open->integer("n") >= impl_->options.most_open)
      return fail(Error::Kind::too_often, "upload",
                  {"終わっていないアップロードが多すぎます", "too many unfinished uploads"},
                  {"先に終わらせるか、取り消してください", "Finish or cancel some first"});
    const auto whose = employee_of(transaction, caller, details.employee);
    if (!whose) return tl::unexpected<Error>(whose.error());
    if (impl_->options.estimate)
      if (auto may = impl_->options.estimate(transaction, caller.tenant, total, details.type); !may)
        return tl::unexpected<Error>(may.error());
    transaction.execute(
        "INSERT INTO uploads (id, tenant_id, caller, state, total_bytes, key_number, details_sealed, "
        "employee_id, group_id, expires_ms) VALUES (?, ?, ?, 'open', ?, ?, ?, ?, ?, ?)",
        {upload.id, caller.tenant, caller.id, store::or_null(total_bytes),
         impl_->keyring.newest(caller.tenant).version,
         impl_->sealed_details(caller.tenant, upload.id, details), store::or_null(whose->employee),
         store::or_null(whose->group), upload.expires_ms});
    return upload;
  });
}

Result<Upload> Uploads::find(const access::Caller& caller, const std::string& id) {
  auto stored = impl_->load(caller, id);
  if (!stored) return tl::unexpected<Error>(stored.error());
  if (stored->complete() && !stored->upload.finished)
    return append(caller, id, stored->upload.done, [](std::span<char>) -> Result<std::size_t> { return 0; });
  return stored->upload;
}

Result<Upload> Uploads::append(const access::Caller& caller, const std::string& id, std::uint64_t offset,
                               const ByteStream& bytes, const Checksum* checksum) {
  if (!is_id(id)) return no_such_upload(id);
  const auto turn = Impl::Turn::take(*impl_, id);
  if (!turn) return tl::unexpected<Error>(turn.error());
  auto stored = impl_->load(caller, id);
  if (!stored) return tl::unexpected<Error>(stored.error());
  if (offset != stored->upload.done)
    return fail(Error::Kind::conflict, id,
                {fmt::format("続きは {} バイト目からです", stored->upload.done),
                 fmt::format("it goes on at byte {}", stored->upload.done)},
                {"正しい位置から送ってください", "Send from there"});
  if (stored->upload.finished) return stored->upload;
  if (!stored->complete())
    if (auto taken = impl_->take_all(*stored, bytes, checksum); !taken)
      return tl::unexpected<Error>(taken.error());
  if (stored->complete())
    if (auto made = impl_->make_recording(caller, *stored); !made) return tl::unexpected<Error>(made.error());
  return stored->upload;
}

Result<Upload> Uploads::finish(const access::Caller& caller, const std::string& id,
                               const UploadDetails& details) {
  if (!is_id(id)) return no_such_upload(id);
  const auto turn = Impl::Turn::take(*impl_, id);
  if (!turn) return tl::unexpected<Error>(turn.error());
  auto stored = impl_->load(caller, id);
  if (!stored) return tl::unexpected<Error>(stored.error());
  if (stored->upload.finished) return stored->upload;
  if (stored->upload.total && !stored->complete())
    return fail(Error::Kind::conflict, id, {"まだ全部届いていません", "it is not complete yet"},
                {"残りを送ってください", "Send the rest"});
  if (auto fits = impl_->check_size(stored->upload.done); !fits) return tl::unexpected<Error>(fits.error());
  auto whose = impl_->database.read(
      [&](store::Transaction& transaction) { return employee_of(transaction, caller, details.employee); });
  if (!whose) return tl::unexpected<Error>(whose.error());
  stored->whose = std::move(*whose);
  stored->upload.details = details;
  stored->upload.total = stored->upload.done;
  if (auto made = impl_->make_recording(caller, *stored); !made) return tl::unexpected<Error>(made.error());
  return stored->upload;
}

/// What came so far is on the disk and counts from now on.
Result<void> Uploads::Impl::note_progress(store::ObjectWriter& writer, StoredUpload& stored) {
  auto draft = writer.pause();
  if (!draft) return tl::unexpected<Error>(draft.error());
  stored.progress.tail = std::move(draft->tail);
  const auto before = static_cast<std::int64_t>(stored.upload.done);
  stored.upload.expires_ms = now_ms() + options.keep_ms;
  auto noted = database.write([&](store::Transaction& transaction) -> Result<void> {
    const auto changed = transaction.execute(
        "UPDATE uploads SET done_bytes = ?, progress_sealed = ?, expires_ms = ? "
        "WHERE tenant_id = ? AND id = ? AND state = 'open' AND done_bytes = ?",
        {static_cast<std::int64_t>(draft->size),
         keyring.seal(stored.tenant, stored.progress.sum.state() + stored.progress.tail,
                      context_of("progress", stored.upload.id)),
         stored.upload.expires_ms, stored.tenant, stored.upload.id, before});
    if (changed == 0) return no_such_upload(stored.upload.id);
    return {};
  });
  if (noted) stored.upload.done = draft->size;
  return noted;
}

/// Writes up to one part of what comes, which does not count yet. Returns how much it was; an Error of the
/// stream comes after what came before it was written.
Result<std::uint64_t> Uploads::Impl::take_part(store::ObjectWriter& writer, StoredUpload& stored,
                                               const ByteStream& bytes, const Checksum* checksum,
                                               bool& ended) {
  const auto limit = stored.upload.total.value_or(options.most_bytes);
  const auto most = checksum != nullptr ? std::numeric_limits<std::uint64_t>::max() : options.part_bytes;
  std::vector<char> block(kBlockBytes);
  std::uint64_t taken = 0;
  while (taken < most) {
    const auto got = bytes(std::span(block).first(std::min<std::uint64_t>(block.size(), most - taken)));
    if (!got) return tl::unexpected<Error>(got.error());
    if (*got == 0) {
      ended = true;
      break;
    }
    if (stored.upload.done + taken + *got > limit) return too_large(limit);
    const std::string_view piece(block.data(), *got);
    if (auto written = writer.append(piece); !written) return tl::unexpected<Error>(written.error());
    stored.progress.sum.add(piece);
    if (checksum != nullptr) checksum->add(piece);
    taken += *got;
  }
  return taken;
}

Result<void> Uploads::Impl::take_all(StoredUpload& stored, const ByteStream& bytes,
                                     const Checksum* checksum) {
  auto writer = resume(stored);
  if (!writer) return tl::unexpected<Error>(writer.error());
  for (bool ended = false; !ended;) {
    const auto taken = take_part(**writer, stored, bytes, checksum, ended);
    if (checksum != nullptr && !taken) return tl::unexpected<Error>(taken.error());
    if (checksum != nullptr && !checksum->matches())
      return fail(Error::Kind::damaged, stored.upload.id,
                  {"届いたデータのチェックサムが合いません", "the checksum of what came does not match"},
                  {"もう一度送ってください", "Send it again"});
    if (!taken || *taken > 0)
      if (auto noted = note_progress(**writer, stored); !noted) return noted;
    if (!taken) return tl::unexpected<Error>(taken.error());
  }
  return {};
}

/// The object first, then row and job in one unit: after a crash between them this is done again.
Result<void> Uploads::Impl::make_recording(const access::Caller& caller, StoredUpload& stored) {
  if (!objects.has(stored.upload.id)) {
    auto writer = resume(stored);
    if (!writer) return tl::unexpected<Error>(writer.error());
    if (auto committed = (*writer)->commit(); !committed) return committed;
  }
  bool shared = false;
  auto made = database.write([&](store::Transaction& transaction) -> Result<void> {
    return insert(transaction, caller, stored, shared);
  });
  if (!made) return made;
  stored.upload.finished = true;
  // If this is cut off, `expire` does it.
  return shared ? objects.remove(stored.upload.id) : Result<void>();
}

Result<void> Uploads::Impl::insert(store::Transaction& transaction, const access::Caller& caller,
                                   const StoredUpload& stored, bool& shared) {
  const auto& upload = stored.upload;
  Recording recording;
  recording.id = upload.id;
  recording.tenant = stored.tenant;
  recording.name = upload.details.name;
  recording.object = upload.id;
  recording.bytes = static_cast<std::int64_t>(upload.done);
  recording.content = keyring.hash(stored.tenant, "content", stored.progress.sum.hex());
  recording.employee = stored.whose.employee;
  recording.group = stored.whose.group;
  recording.counterpart = upload.details.counterpart;
  recording.direction = upload.details.direction;
  recording.product = upload.details.product;
  recording.started = upload.details.started;
  recording.customer_channel = upload.details.customer_channel;
  recording.uploaded_ms = now_ms();
  recording.uploaded_by = stored.caller;
  insert_recording(transaction, keyring, recording);
  shared = recording.object != upload.id;
  if (options.enqueue)
    if (auto enqueued = options.enqueue(transaction, stored.tenant, upload.id); !enqueued) return enqueued;
  if (options.note) options.note(transaction, caller, upload.id);
  transaction.execute(
      "UPDATE uploads SET state = 'finished', total_bytes = done_bytes, progress_sealed = NULL "
      "WHERE tenant_id = ? AND id = ? AND state = 'open'",
      {stored.tenant, upload.id});
  return {};
}

Result<void> Uploads::abandon(const access::Caller& caller, const std::string& id) {
  if (!is_id(id)) return no_such_upload(id);
  const auto turn = Impl::Turn::take(*impl_, id);
  if (!turn) return tl::unexpected<Error>(turn.error());
  const auto stored = impl_->load(caller, id);
  if (!stored) return tl::unexpected<Error>(stored.error());
  const auto removed = impl_->remove(*stored);
  if (!removed) return tl::unexpected<Error>(removed.error());
  return {};
}

/// The object goes first, unless a recording has it: a row without an object is found again.
Result<int> Uploads::Impl::remove(const StoredUpload& stored) {
  const auto used = database.read([&](store::Transaction& transaction) -> Result<bool> {
    return is_object_used(transaction, stored.tenant, stored.upload.id);
  });
  if (!used) return tl::unexpected<Error>(used.error());
  if (!*used)
    if (auto removed = objects.remove(stored.upload.id); !removed)
      return tl::unexpected<Error>(removed.error());
  return database.write([&](store::Transaction& transaction) -> Result<int> {
    return static_cast<int>(transaction.execute("DELETE FROM uploads WHERE tenant_id = ? AND id = ?",
                                                {stored.tenant, stored.upload.id}));
  });
}

Result<int> Uploads::expire(std::int64_t at_ms) {
  const auto late =
      impl_->database.read([&](store::Transaction& transaction) -> Result<std::vector<StoredUpload>> {
        std::vector<StoredUpload> all;
        // Of all tenants: this is the server's own work.
        for (const auto& row :
             transaction.query("SELECT tenant_id, id FROM uploads WHERE expires_ms < ?", {at_ms})) {
          StoredUpload stored;
          stored.tenant = row.text("tenant_id");
          stored.upload.id = row.text("id");
          all.push_back(std::move(stored));
        }
        return all;
      });
  if (!late) return tl::unexpected<Error>(late.error());
  int removed = 0;
  for (const auto& stored : *late) {
    const auto turn = Impl::Turn::take(*impl_, stored.upload.id);
    if (!turn || !impl_->is_late(stored, at_ms)) continue;  // somebody goes on with it just now
    auto done = impl_->remove(stored);
    if (!done) return done;
    removed += *done;
  }
  return removed;
}

Result<void> Uploads::recover() {
  std::vector<std::pair<access::Caller, std::string>> complete;
  std::set<std::string> drafts;
  auto read = impl_->database.read([&](store::Transaction& transaction) -> Result<void> {
    for (const auto& row : transaction.query(
             "SELECT id, tenant_id, caller, total_bytes, done_bytes FROM uploads WHERE state = 'open'")) {
      drafts.insert(row.text("id"));
      if (row.integer_if("total_bytes") != row.integer("done_bytes")) continue;
      access::Caller caller;
      caller.tenant = row.text("tenant_id");
      caller.id = row.text("caller");
      complete.emplace_back(std::move(caller), row.text("id"));
    }
    return {};
  });
  if (!read) return read;
  if (auto swept = impl_->objects.sweep(drafts); !swept) return tl::unexpected<Error>(swept.error());
  for (const auto& [caller, id] : complete) {
    // One that cannot be finished must not keep the server from starting; its caller hears why.
    [[maybe_unused]] const auto found = find(caller, id);
  }
  return {};
}

}  // namespace guardian::archive
