#include "store/migrations.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <algorithm>

#include "store/database.h"

namespace guardian::store {
namespace {

constexpr int kApplicationId = 0x4b475244;  // "KGRD": tells our files from other SQLite files

int number_in(SQLite::Database& database, const char* pragma) {
  return database.execAndGet(fmt::format("PRAGMA {}", pragma)).getInt();
}

[[noreturn]] void refuse(const std::string& path, Error::Kind kind, const Text& what, const Text& remedy) {
  throw Fault{Error{kind, path, what, remedy}};
}

void check_ours(SQLite::Database& database, int version) {
  const int application = number_in(database, "application_id");
  const bool empty = version == 0 && application == 0 &&
                     database.execAndGet("SELECT COUNT(*) FROM sqlite_master").getInt() == 0;
  if (!empty && application != kApplicationId)
    refuse(database.getFilename(), Error::Kind::damaged,
           {"このプログラムのデータベースではありません", "not a database of this program"},
           {"データフォルダーの指定を確かめてください", "Check which data folder is named"});
  if (!migrations().empty() && version > migrations().back().number)
    refuse(database.getFilename(), Error::Kind::usage,
           {"新しい版のプログラムが書いたデータベースです", "the database was written by a newer program"},
           {"新しい版を使うか、移行前のバックアップへ戻してください",
            "Use the newer version, or restore a backup from before"});
}

}  // namespace

void apply_migrations(SQLite::Database& database) {
  const int version = number_in(database, "user_version");
  check_ours(database, version);
  for (const auto& migration : migrations()) {
    if (migration.number <= version) continue;
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    if (number_in(database, "user_version") >= migration.number) continue;  // another process was faster
    database.exec(std::string(migration.sql));
    database.exec(fmt::format("PRAGMA application_id = {}", kApplicationId));
    database.exec(fmt::format("PRAGMA user_version = {}", migration.number));
    transaction.commit();
  }
}

}  // namespace guardian::store
