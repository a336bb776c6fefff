#include "server/metering_gate.h"

#include <cmath>
#include <filesystem>

#include "archive/recordings.h"

namespace guardian::server {

Result<std::int64_t> MeteringGate::estimated_s(store::Transaction& t, const std::string& tenant,
                                               const std::string& recording) const {
  const auto found = archive::find_recording(t, keyring_, tenant, recording);
  if (!found) return tl::unexpected<Error>(found.error());
  usage::Upload upload;
  upload.duration_s = found->duration_s;
  upload.bytes = static_cast<std::uint64_t>(found->bytes);
  auto ending = std::filesystem::path(found->name).extension().string();
  if (!ending.empty()) upload.type = ending.substr(1);
  const auto guess = usage::estimate(upload);
  return guess ? guess->seconds : 0;  // of what nothing is known it is known after it was heard
}

Result<std::optional<Text>> MeteringGate::hold_back(store::Transaction& t, const std::string& tenant,
                                                    const std::string& recording) const {
  const auto seconds = estimated_s(t, tenant, recording);
  if (!seconds) return tl::unexpected<Error>(seconds.error());
  const auto permit = metering_.may_start(t, tenant, recording, *seconds);
  if (!permit) return tl::unexpected<Error>(permit.error());
  if (permit->start) return std::optional<Text>();
  return std::optional<Text>(permit->reason);
}

Result<int> MeteringGate::release(store::Transaction& t, const std::string& tenant) const {
  auto left_s = metering_.releasable(t, tenant);
  if (!left_s) return tl::unexpected<Error>(left_s.error());
  int released = 0;
  for (const auto& row : t.query(
           "SELECT recording_id FROM jobs WHERE tenant_id = ? AND state = 'held' ORDER BY priority DESC, id",
           {tenant})) {
    const auto seconds = estimated_s(t, tenant, row.text("recording_id"));
    if (!seconds || *seconds > *left_s) continue;
    *left_s -= *seconds;
    released += static_cast<int>(queue_.release(t, tenant, row.text("recording_id")));
  }
  return released;
}

Result<int> MeteringGate::release_all(store::Transaction& t) const {
  int released = 0;
  for (const auto& row : t.query("SELECT DISTINCT tenant_id FROM jobs WHERE state = 'held'")) {
    auto some = release(t, row.text("tenant_id"));
    if (!some) return some;
    released += *some;
  }
  return released;
}

}  // namespace guardian::server
