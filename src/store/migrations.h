// store/migrations.h - brings a database file to the newest form. Each file of src/store/migrations/ is one
// step, NNNN-name.sql, applied once and in order, all of it or nothing; a step that was released is never
// changed again.
#pragma once

#include <string_view>
#include <vector>

namespace SQLite {
class Database;
}

namespace guardian::store {

struct Migration {
  int number = 0;  ///< of its file's name
  std::string_view name;
  std::string_view sql;
};

/// In order of their numbers. Made from the files at build time.
const std::vector<Migration>& migrations();

/// Throws Fault if the file was written by a newer program; SQLite::Exception.
void apply_migrations(SQLite::Database& database);

}  // namespace guardian::store
