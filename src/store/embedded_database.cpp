#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <condition_variable>
#include <mutex>

#include "store/database.h"
#include "store/migrations.h"

namespace guardian::store {
namespace {

constexpr int kBusyTimeout_ms = 10000;  // another process (backup, audit) may hold the file for a moment
constexpr std::size_t kReaders = 8;

Error storage_error(const std::string& path, const std::string& reason) {
  return {Error::Kind::storage,
          path,
          {fmt::format("データベースを使えません ({})", reason),
           fmt::format("the database cannot be used ({})", reason)},
          {"ディスクの空きと権限を確かめてください", "Check free disk space and permissions"}};
}

void bind(SQLite::Statement& statement, const Values& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const int place = static_cast<int>(i) + 1;
    std::visit(
        [&](const auto& value) {
          using T = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<T, std::nullptr_t>)
            statement.bind(place);
          else if constexpr (std::is_same_v<T, Blob>)
            statement.bind(place, value.bytes.data(), static_cast<int>(value.bytes.size()));
          else
            statement.bind(place, value);
        },
        values[i]);
  }
}

Value value_of(const SQLite::Column& column) {
  switch (column.getType()) {
    case SQLITE_INTEGER:
      return column.getInt64();
    case SQLITE_FLOAT:
      return column.getDouble();
    case SQLITE_TEXT:
      return column.getString();
    case SQLITE_BLOB:
      return Blob{column.getString()};
    default:
      return nullptr;
  }
}

std::vector<Row> rows_of(SQLite::Statement& statement) {
  std::vector<Row> rows;
  auto columns = std::make_shared<std::vector<std::string>>();
  for (int i = 0; i < statement.getColumnCount(); ++i) columns->emplace_back(statement.getColumnName(i));
  while (statement.executeStep()) {
    Values values;
    values.reserve(columns->size());
    for (int i = 0; i < statement.getColumnCount(); ++i) values.push_back(value_of(statement.getColumn(i)));
    rows.emplace_back(columns, std::move(values));
  }
  return rows;
}

class EmbeddedTransaction final : public Transaction {
 public:
  EmbeddedTransaction(SQLite::Database& database, const std::string& path)
      : database_(database), path_(path) {}

  std::vector<Row> query(std::string_view sql, const Values& values) override {
    return guarded([&] {
      SQLite::Statement statement(database_, std::string(sql));
      bind(statement, values);
      return rows_of(statement);
    });
  }

  std::int64_t execute(std::string_view sql, const Values& values) override {
    return guarded([&]() -> std::int64_t {
      SQLite::Statement statement(database_, std::string(sql));
      bind(statement, values);
      return statement.exec();
    });
  }

 private:
  template <class Work>
  auto guarded(Work&& work) -> decltype(work()) {
    try {
      return work();
    } catch (const SQLite::Exception& exception) {
      throw Fault{storage_error(path_, exception.what())};
    }
  }

  SQLite::Database& database_;
  const std::string& path_;
};

/// A few connections that only read, lent one at a time: WAL lets them see the last finished unit while
/// another is being written.
class Readers {
 public:
  explicit Readers(const std::string& path) {
    for (std::size_t i = 0; i < kReaders; ++i)
      idle_.push_back(std::make_unique<SQLite::Database>(path, SQLite::OPEN_READONLY, kBusyTimeout_ms));
  }

  /// Waits for an idle one; it comes back when the pointer goes.
  std::shared_ptr<SQLite::Database> take() {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [&] { return !idle_.empty(); });
    auto reader = std::move(idle_.back());
    idle_.pop_back();
    return {reader.release(), [this](SQLite::Database* lent) { give_back(lent); }};
  }

 private:
  void give_back(SQLite::Database* reader) {
    {
      const std::lock_guard lock(mutex_);
      idle_.emplace_back(reader);
    }
    returned_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<SQLite::Database>> idle_;
};

class EmbeddedDatabase final : public Database {
 public:
  explicit EmbeddedDatabase(const std::string& path)
      : path_(path), writer_(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeout_ms) {
    writer_.exec("PRAGMA journal_mode = WAL");
    writer_.exec("PRAGMA synchronous = FULL");  // what was acknowledged survives a loss of power
    writer_.exec("PRAGMA foreign_keys = ON");
  }

  void migrate() {
    apply_migrations(writer_);
    readers_.emplace(path_);
  }

  Result<void> copy_to(const std::string& path) override {
    return guarded([&]() -> Result<void> {
      const auto reader = readers_->take();
      SQLite::Statement statement(*reader, "VACUUM INTO ?");
      statement.bind(1, path);
      statement.exec();
      return {};
    });
  }

 protected:
  Result<void> do_write(const Unit& unit) override {
    const std::lock_guard lock(writing_);
    return guarded([&] { return in_transaction(writer_, "BEGIN IMMEDIATE", unit); });
  }

  Result<void> do_read(const Unit& unit) override {
    const auto reader = readers_->take();
    return guarded([&] { return in_transaction(*reader, "BEGIN", unit); });
  }

 private:
  Result<void> in_transaction(SQLite::Database& connection, const char* begin, const Unit& unit) {
    connection.exec(begin);
    try {
      EmbeddedTransaction transaction(connection, path_);
      auto done = unit(transaction);
      connection.exec(done ? "COMMIT" : "ROLLBACK");
      return done;
    } catch (...) {
      connection.tryExec("ROLLBACK");
      throw;
    }
  }

  template <class Work>
  Result<void> guarded(Work&& work) {
    try {
      return work();
    } catch (const Fault& fault) {
      return tl::unexpected<Error>(fault.error);
    } catch (const SQLite::Exception& exception) {
      return tl::unexpected<Error>(storage_error(path_, exception.what()));
    }
  }

  std::string path_;
  std::mutex writing_;
  SQLite::Database writer_;
  std::optional<Readers> readers_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_embedded(const std::string& path) {
  try {
    auto database = std::make_unique<EmbeddedDatabase>(path);
    database->migrate();
    return database;
  } catch (const Fault& fault) {
    return tl::unexpected<Error>(fault.error);
  } catch (const SQLite::Exception& exception) {
    if (exception.getErrorCode() == SQLITE_NOTADB)
      return fail(Error::Kind::damaged, path,
                  {"このプログラムのデータベースではありません", "not a database of this program"},
                  {"データフォルダーの指定を確かめてください", "Check which data folder is named"});
    return tl::unexpected<Error>(storage_error(path, exception.what()));
  }
}

}  // namespace guardian::store
