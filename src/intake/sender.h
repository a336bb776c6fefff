// intake/sender.h - one file on its way to a server: the tus protocol (1.0), which goes on where a cut
// connection left it. The file is read as it goes, never kept in memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "archive/upload_details.h"
#include "base/result.h"

namespace guardian::intake {

struct ServerAddress {
  std::string url;                ///< "https://guardian.example.jp"; http only for hosts within this house
  std::string api_key;            ///< "kgk_..."
  std::filesystem::path ca_file;  ///< PEM of a company's own authorities; empty: the system's
};

/// One thread at a time.
class Sender {
 public:
  explicit Sender(ServerAddress server);
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;
  ~Sender();

  /// `upload`: where the server keeps what came so far, from an earlier try; empty: none. `begun` hears of
  /// the place as soon as there is one, so that a restart finds it. Returns the recording's id.
  /// Errors: usage, for what the server refuses for good (type, size, details); forbidden, unknown_caller for
  /// the key; network, storage on the server, busy: worth another try; cancelled; not_found, unreadable,
  /// conflict if the file changed while it was sent.
  Result<std::string> send(const std::filesystem::path& file, const archive::DetailFields& details,
                           const std::string& upload,
                           const std::function<Result<void>(const std::string& upload)>& begun,
                           const std::stop_token& stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Errors: usage, for what is no http address, or one that would send key and recordings unencrypted to a
/// host outside.
Result<void> check_server_url(const std::string& url);

}  // namespace guardian::intake
