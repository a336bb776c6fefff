// tests/archive/store_support.h - a real database with tenants and recordings in it.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "base/id.h"
#include "store/database.h"
#include "support.h"

namespace guardian::archive::test {

/// What a unit of work that must succeed returns.
template <class Work>
auto must(store::Database& database, const Work& work) {
  using Value = std::invoke_result_t<Work, store::Transaction&>;
  auto done = database.write([&](store::Transaction& t) -> Result<Value> { return work(t); });
  if (!done) throw std::runtime_error(describe(done.error(), Language::english));
  return std::move(*done);
}

struct NewRecording {
  std::string tenant;
  std::string object = {};  ///< empty: none that exists
  std::int64_t bytes = 1000;
  std::optional<std::string> same_as = std::nullopt;
  std::optional<std::string> counterpart = std::nullopt;
  std::int64_t uploaded_ms = 1000;
  std::string name_sealed = "x";
};

inline void add_tenant(store::Transaction& t, const std::string& tenant) {
  t.execute("INSERT INTO tenants (id, name, created_ms) VALUES (?, 'x', 0)", {tenant});
}

inline std::string add_recording(store::Transaction& t, const NewRecording& recording) {
  auto id = make_id();
  t.execute(
      "INSERT INTO recordings (id, tenant_id, name_sealed, object_id, bytes, sha256, same_as, counterpart,"
      " uploaded_ms, state) VALUES (?, ?, ?, ?, ?, 'x', ?, ?, ?, 'waiting')",
      {id, recording.tenant, store::Blob{recording.name_sealed},
       recording.object.empty() ? make_id() : recording.object, recording.bytes,
       store::or_null(recording.same_as), store::or_null(recording.counterpart), recording.uploaded_ms});
  return id;
}

inline std::string state_of(store::Database& database, const std::string& recording) {
  return must(database, [&](store::Transaction& t) {
    return t.first("SELECT state FROM recordings WHERE id = ?", {recording})->text("state");
  });
}

}  // namespace guardian::archive::test
