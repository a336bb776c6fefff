// store/database.h - the one door to the relational store: units of work that happen wholly or not at all.
// Whatever a server remembers goes through here; what is said in it about people is sealed before it comes
// (access/keyring.h). SQL is written in the part that SQLite and PostgreSQL share, with `?` for values.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/result.h"

namespace guardian::store {

/// Bytes, as against text.
struct Blob {
  std::string bytes;
  bool operator==(const Blob&) const = default;
};

/// What a column can hold.
using Value = std::variant<std::nullptr_t, std::int64_t, double, std::string, Blob>;
using Values = std::vector<Value>;

/// `value`, or NULL where there is none.
template <class T>
Value or_null(const std::optional<T>& value) {
  if (!value) return nullptr;
  return Value(*value);
}

/// One line of an answer. A column that was not asked for or holds another kind of value throws Fault.
class Row {
 public:
  Row(std::shared_ptr<const std::vector<std::string>> columns, Values values)
      : columns_(std::move(columns)), values_(std::move(values)) {}

  bool is_null(std::string_view column) const;
  std::int64_t integer(std::string_view column) const;
  double real(std::string_view column) const;  ///< an integer is taken, too
  std::string text(std::string_view column) const;
  std::string bytes(std::string_view column) const;
  std::optional<std::int64_t> integer_if(std::string_view column) const;  ///< empty where NULL
  std::optional<double> real_if(std::string_view column) const;
  std::optional<std::string> text_if(std::string_view column) const;

 private:
  const Value& at(std::string_view column) const;
  std::shared_ptr<const std::vector<std::string>> columns_;
  Values values_;
};

/// What a unit of work throws when the store fails under it; `Database` turns it into its Error.
struct Fault {
  Error error;
};

/// A unit of work under way. Valid only within the function it was given to. Its methods throw Fault.
class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual std::vector<Row> query(std::string_view sql, const Values& values = {}) = 0;
  /// Number of rows changed.
  virtual std::int64_t execute(std::string_view sql, const Values& values = {}) = 0;

  /// The first row, if there is one.
  std::optional<Row> first(std::string_view sql, const Values& values = {});
};

/// Safe to use from several threads. Two implementations are meant: embedded (SQLite) and PostgreSQL.
class Database {
 public:
  virtual ~Database() = default;

  /// Runs `work` as one unit. If it returns an Error or throws Fault, nothing of it happened. When this
  /// returns a value, the change has reached the disk. Writers wait for each other, readers for nobody.
  /// Errors: those of `work`; storage.
  template <class Work>
  auto write(Work&& work) -> std::invoke_result_t<Work, Transaction&> {
    return run<Work>(work, &Database::do_write);
  }

  /// The same with one unchanging view of the data; changing anything is an error.
  template <class Work>
  auto read(Work&& work) -> std::invoke_result_t<Work, Transaction&> {
    return run<Work>(work, &Database::do_read);
  }

  /// Writes a consistent copy of everything while others go on. Errors: storage.
  virtual Result<void> copy_to(const std::string& path) = 0;

 protected:
  using Unit = std::function<Result<void>(Transaction&)>;
  virtual Result<void> do_write(const Unit& unit) = 0;
  virtual Result<void> do_read(const Unit& unit) = 0;

 private:
  template <class Work>
  auto run(Work& work, Result<void> (Database::*how)(const Unit&))
      -> std::invoke_result_t<Work, Transaction&> {
    using Answer = std::invoke_result_t<Work, Transaction&>;
    std::optional<Answer> answer;
    const auto done = (this->*how)([&](Transaction& transaction) -> Result<void> {
      answer.emplace(work(transaction));
      if (!*answer) return tl::unexpected<Error>(answer->error());
      return {};
    });
    if (!done) return tl::unexpected<Error>(done.error());
    return std::move(*answer);
  }
};

/// Opens or creates the file and brings it to the newest form (src/store/migrations/, in order, each once).
/// Errors: storage; damaged, if it is not our file; usage, if it was written by a newer program.
Result<std::unique_ptr<Database>> open_embedded(const std::string& path);

}  // namespace guardian::store
