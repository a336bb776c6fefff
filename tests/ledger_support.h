// tests/ledger_support.h - a company with recordings, for tests of what is counted from them.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "access/audit.h"
#include "access/caller.h"
#include "access/keyring.h"
#include "archive/analysed.h"
#include "base/clock.h"
#include "base/id.h"
#include "store/database.h"
#include "support.h"
#include "wellbeing/exposure.h"

namespace guardian::test {

/// "2026-11-25T00:00:00Z" in milliseconds.
inline std::int64_t at(const std::string& text) {
  return std::chrono::milliseconds(parse_rfc3339(text).value().instant.time_since_epoch()).count();
}

struct Quote {
  std::string category;
  int severity = 0;
  double start_s = 0.0;
  double end_s = 0.0;
};

inline report::Report report_of(double duration_s, const std::vector<Quote>& quotes = {}) {
  report::Report report;
  report.recording.duration_s = duration_s;
  for (std::size_t i = 0; i < quotes.size(); ++i) {
    judgement::Finding finding;
    finding.category = quotes[i].category;
    finding.label = {quotes[i].category + " ja", quotes[i].category};
    finding.severity = quotes[i].severity;
    finding.utterance = static_cast<int>(i);
    finding.start_s = quotes[i].start_s;
    finding.end_s = quotes[i].end_s;
    report.verdict.findings.push_back(finding);
  }
  report.exposure = wellbeing::measure_exposure(report.verdict, report.transcript);
  return report;
}

/// A data folder with companies in it.
class Company {
 public:
  explicit Company(int count = 1) {
    for (int i = 0; i < count; ++i) {
      tenants.push_back(make_id());
      write([&](store::Transaction& t) {
        t.execute("INSERT INTO tenants (id, name, created_ms) VALUES (?, 'x', 0)", {tenants.back()});
        keyring.add_tenant(t, tenants.back());
      });
    }
  }

  /// One unit of work that must succeed.
  template <class Work>
  void write(const Work& work) {
    const auto done = database->write([&](store::Transaction& t) -> Result<void> {
      work(t);
      return {};
    });
    if (!done) throw std::runtime_error(describe(done.error(), Language::english));
  }
  /// One unit of work with an answer.
  template <class Work>
  auto ask(const Work& work) {
    return database->write(work);
  }

  std::string add_group(const std::string& tenant, const std::string& name) {
    auto id = make_id();
    write([&](store::Transaction& t) {
      t.execute("INSERT INTO groups (id, tenant_id, name) VALUES (?, ?, ?)", {id, tenant, name});
    });
    return id;
  }
  std::string add_employee(const std::string& tenant, const std::optional<std::string>& group = {}) {
    auto id = make_id();
    write([&](store::Transaction& t) {
      t.execute("INSERT INTO employees (id, tenant_id, group_id, code, name) VALUES (?, ?, ?, ?, 'x')",
                {id, tenant, store::or_null(group), id});
    });
    return id;
  }
  std::string add_recording(const std::string& tenant, const std::string& content,
                            const std::optional<std::string>& group = {},
                            const std::string& state = "analysed") {
    auto id = make_id();
    write([&](store::Transaction& t) {
      t.execute(
          "INSERT INTO recordings (id, tenant_id, name_sealed, object_id, bytes, sha256, group_id, "
          "uploaded_ms, "
          "state) VALUES (?, ?, ?, '', 0, ?, ?, 0, ?)",
          {id, tenant, store::Blob{"x"}, content, store::or_null(group), state});
    });
    return id;
  }

  TemporaryFolder folder;
  std::unique_ptr<store::Database> database =
      std::move(*store::open_embedded((folder.path() / "guardian.db").string()));
  Key master = Key::random();
  access::Keyring keyring = std::move(*access::Keyring::open(*database, master));
  access::AuditLog audit{*database, keyring};
  std::vector<std::string> tenants;
};

}  // namespace guardian::test
