// intake/pickup.h - a folder into which a recorder drops files: each is sent once it is whole, with what lies
// beside it (sidecar.h), by a sender (sender.h), and remembered. Behind `guardian watch`.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <stop_token>
#include <string>

#include "intake/sender.h"
#include "intake/sidecar.h"

namespace guardian::intake {

struct PickupOptions {
  std::filesystem::path folder;
  bool recursive = false;
  double settle_s = 5.0;              ///< a file that changed within so long is still being written
  bool wait_for_sidecar = false;      ///< a recording without one waits
  std::filesystem::path move_to;      ///< where sent ones go; empty: they stay
  std::filesystem::path journal;      ///< empty: .guardian-watch.json in the folder
  std::string utc_offset = "+09:00";  ///< of times that come without one
};

/// What one look at the folder came to.
struct Round {
  int sent = 0;
  int waiting = 0;    ///< still being written, or without the sidecar it needs
  int refused = 0;    ///< by the server or for a broken sidecar; the reason was told
  bool again = false; /**< the server was away or busy: what is left is worth another try */
};

/// Says once what a person should know of a file.
using Told = std::function<void(const std::filesystem::path& file, const Text& what)>;

class Pickup {
 public:
  /// Reads the journal. Errors: damaged, unreadable; not_found, if there is no folder.
  static Result<Pickup> open(PickupOptions options, Told told);

  /// Sends all that is whole. One file's trouble never keeps another from being sent; only a server that is
  /// away or a key that is refused ends the round. Errors: forbidden, unknown_caller; storage for the
  /// journal; cancelled.
  Result<Round> go_round(Sender& sender, const std::stop_token& stop);

 private:
  /// What became of a file, as long as it is the same.
  struct Entry {
    std::uint64_t bytes = 0;
    std::int64_t changed_ns = 0;
    std::string state;  ///< "sending", "sent" or "refused"
    std::string upload;
    std::string recording;

    template <class Io>
    friend void fields(Io& io, Entry& entry) {
      io("bytes", entry.bytes);
      io("changed_ns", entry.changed_ns);
      io("state", entry.state);
      io("upload", entry.upload);
      io("recording", entry.recording);
    }
  };
  struct Found {
    std::filesystem::path path;
    std::string name;  ///< from the folder, with '/'
    std::uint64_t bytes = 0;
    std::int64_t changed_ns = 0;
    double age_s = 0.0;
  };
  enum class Fate { sent, waiting, refused, again };

  Pickup(PickupOptions options, Told told) : options_(std::move(options)), told_(std::move(told)) {}
  Result<void> read_journal();
  Result<void> write_journal() const;
  std::vector<Found> find_recordings() const;
  Result<Fate> handle(const Found& found, Sender& sender, const std::stop_token& stop);
  Result<Fate> send(const Found& found, const archive::DetailFields& details, Sender& sender,
                    const std::stop_token& stop);
  Result<std::optional<archive::DetailFields>> details_of(const Found& found);
  void put_away(const Found& found);
  void tell(const std::filesystem::path& file, const Text& what);

  PickupOptions options_;
  Told told_;
  std::map<std::string, Entry> entries_;
  std::map<std::filesystem::path, Result<SidecarTable>> tables_;  ///< of this round, by file
  std::set<std::string> said_;
};

}  // namespace guardian::intake
