#include "access/audit.h"

#include <fmt/format.h>

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/id.h"
#include "base/json_guard.h"

namespace guardian::access {
namespace {

constexpr const char* kContext = "audit.details";
constexpr int kPage = 500;
constexpr int kSharers = 256;  // reads noted in one unit of work

/// Lengths before contents: two different entries never give the same text.
std::string hash_of(const Key& key, const std::string& before, std::int64_t number, std::int64_t at_ms,
                    const AuditEntry& entry, const std::string& sealed) {
  std::string text = fmt::format("{} {} ", number, at_ms);
  for (const std::string_view part :
       {std::string_view(before), std::string_view(entry.tenant), std::string_view(entry.actor),
        std::string_view(entry.action), std::string_view(entry.subject), std::string_view(sealed)})
    text += fmt::format("{}:{}", part.size(), part);
  return keyed_hash(key, text);
}

AuditEntry entry_of(const store::Row& row) {
  return {row.text("tenant_id"), row.text("actor"), row.text("action"), row.text("subject"), {}, {}};
}

tl::unexpected<Error> broken_chain(std::int64_t number) {
  return fail(
      Error::Kind::damaged, "audit log",
      {fmt::format("監査記録 {} 番が書き換えられているか、失われています", number),
       fmt::format("entry {} of the audit log was changed or is missing", number)},
      {"バックアップと比べ、管理者に知らせてください", "Compare with a backup and tell the administrator"});
}

}  // namespace

struct AuditLog::Impl {
  store::Database& database;
  const Keyring& keyring;
  Key key;

  struct Waiting {
    AuditEntry entry;
    std::promise<Result<void>> done;
  };
  std::mutex mutex;
  std::condition_variable_any arrived;
  std::deque<Waiting> waiting;
  std::jthread writer;

  Impl(store::Database& where, const Keyring& keys)
      : database(where), keyring(keys), key(keys.lasting(Keyring::Lasting::audit_chain)) {}

  void add(store::Transaction& transaction, const AuditEntry& entry) const {
    const auto last = transaction.first("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1");
    const auto number = last ? last->integer("number") + 1 : 1;
    const auto at_ms = now_ms();
    const nlohmann::json about = {{"details", entry.details}, {"address", entry.address}};
    const auto sealed = keyring.seal(
        entry.tenant, about.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), kContext);
    transaction.execute(
        "INSERT INTO audit (number, at_ms, tenant_id, actor, action, subject, details_sealed, hash) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        {number, at_ms, entry.tenant, entry.actor, entry.action, entry.subject, sealed,
         hash_of(key, last ? last->text("hash") : "", number, at_ms, entry, sealed.bytes)});
  }

  std::deque<Waiting> take(const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    arrived.wait(lock, stop, [&] { return !waiting.empty(); });
    std::deque<Waiting> batch;
    while (!waiting.empty() && batch.size() < kSharers) {
      batch.push_back(std::move(waiting.front()));
      waiting.pop_front();
    }
    return batch;
  }

  /// Until stopped, and then until nobody waits.
  void write(const std::stop_token& stop) {
    for (auto batch = take(stop); !batch.empty(); batch = take(stop)) {
      const auto written = database.write([&](store::Transaction& transaction) -> Result<void> {
        for (const auto& one : batch) add(transaction, one.entry);
        return {};
      });
      for (auto& one : batch) one.done.set_value(written);
    }
  }
};

AuditLog::AuditLog(store::Database& database, const Keyring& keyring)
    : impl_(std::make_unique<Impl>(database, keyring)) {
  impl_->writer = std::jthread([impl = impl_.get()](const std::stop_token& stop) { impl->write(stop); });
}

AuditLog::~AuditLog() = default;

void AuditLog::add(store::Transaction& transaction, const AuditEntry& entry) const {
  impl_->add(transaction, entry);
}

Result<void> AuditLog::note(const AuditEntry& entry) {
  std::future<Result<void>> done;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->waiting.push_back({entry, {}});
    done = impl_->waiting.back().done.get_future();
  }
  impl_->arrived.notify_one();
  return done.get();
}

Result<std::vector<AuditRecord>> AuditLog::list(const std::string& tenant, const std::string& subject,
                                                std::int64_t before, int limit) const {
  const auto read = [&](store::Transaction& transaction) -> Result<std::vector<AuditRecord>> {
    std::vector<AuditRecord> records;
    for (const auto& row : transaction.query(
             "SELECT * FROM audit WHERE tenant_id = ? AND (? = '' OR subject = ?) AND (? = 0 OR number < ?) "
             "ORDER BY number DESC LIMIT ?",
             {tenant, subject, subject, before, before, std::int64_t{limit}})) {
      AuditRecord record{row.integer("number"), row.integer("at_ms"), entry_of(row)};
      const auto about = impl_->keyring.unseal(tenant, row.bytes("details_sealed"), kContext)
                             .and_then([](const std::string& text) { return parse_json(text, "audit"); });
      if (!about) return tl::unexpected<Error>(about.error());
      record.entry.details = about->at("details");
      record.entry.address = about->at("address");
      records.push_back(std::move(record));
    }
    return records;
  };
  return impl_->database.read(read);
}

Result<AuditHead> verify_audit(store::Database& database, const Key& master,
                               const std::optional<AuditHead>& expected) {
  const auto keyring = Keyring::open(database, master);
  if (!keyring) return tl::unexpected<Error>(keyring.error());
  const auto key = keyring->lasting(Keyring::Lasting::audit_chain);
  AuditHead head;
  bool met = !expected || expected->number == 0;
  const auto check_page = [&](store::Transaction& transaction) -> Result<bool> {
    const auto rows = transaction.query("SELECT * FROM audit WHERE number > ? ORDER BY number LIMIT ?",
                                        {head.number, std::int64_t{kPage}});
    for (const auto& row : rows) {
      const auto number = row.integer("number");
      const auto hash =
          hash_of(key, head.hash, number, row.integer("at_ms"), entry_of(row), row.bytes("details_sealed"));
      if (number != head.number + 1 || hash != row.text("hash")) return broken_chain(head.number + 1);
      if (expected && number == expected->number && hash != expected->hash) return broken_chain(number);
      met = met || number == expected->number;
      head = {number, hash};
    }
    return !rows.empty();
  };
  for (;;) {
    const auto more = database.read(check_page);
    if (!more) return tl::unexpected<Error>(more.error());
    if (!*more) break;
  }
  if (!met) return broken_chain(head.number + 1);
  return head;
}

}  // namespace guardian::access
