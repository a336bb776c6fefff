// archive/recordings.h - the recordings a server keeps, each with what was told of it and what became of it.
// archive/uploads.h brings them in, archive/queue.h has them analysed. A caller sees those within its reach
// and no others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "access/caller.h"
#include "access/keyring.h"
#include "base/clock.h"
#include "base/result.h"
#include "store/database.h"
#include "store/objects.h"

namespace guardian::archive {

enum class State { waiting, held, analysing, analysed, failed, cancelled, deleted };

std::string_view name_of(State state);
std::optional<State> state_named(std::string_view name);

/// A row of `recordings`, opened.
struct Recording {
  std::string id;
  std::string tenant;
  std::string name;    ///< file name, as told: any characters; never a path to open
  std::string object;  ///< in the object store; several recordings of the same bytes share one
  std::int64_t bytes = 0;
  std::string content;                         ///< keyed hash of the bytes' SHA-256
  std::optional<std::string> same_as;          ///< an earlier recording of the same bytes
  std::optional<std::string> employee;         ///< employees.id
  std::optional<std::string> group;            ///< groups.id
  std::optional<std::string> counterpart;      ///< the user's id for the customer
  std::optional<std::string> counterpart_key;  ///< its keyed hash, to find others of the same
  std::optional<std::string> direction;        ///< "inbound" or "outbound"
  std::optional<std::string> product;          ///< what the dealing was about, as the company calls it
  std::optional<Moment> started;               ///< as told
  std::optional<int> customer_channel;         ///< from 0
  std::int64_t uploaded_ms = 0;
  std::string uploaded_by;  ///< users.id or api_keys.id
  State state = State::waiting;
  std::optional<Text> reason;  ///< why it is held or failed

  std::optional<std::string> report;  ///< JSON, in the object store
  std::optional<std::int64_t> analysed_ms;
  std::optional<double> duration_s;
  std::optional<double> silence_s;
  std::optional<double> loudness_lufs;
  std::optional<std::int64_t> score;
  std::optional<std::string> band;
  std::optional<bool> harassment;
  std::vector<std::string> categories;

  std::string grade = "ordinary";
  bool legal_hold = false;
  std::optional<std::int64_t> delete_after_ms;
};

/// Part of a WHERE, with its values.
struct Condition {
  std::string sql;
  store::Values values;
};

/// A pattern for LIKE with '!' as escape: the word between blanks.
std::string like_word(const std::string& word);

/// What a caller may know of: of the tenant, the group or the employee. For queries on `table` under that
/// name, which has the columns tenant_id, group_id and employee_id; always holds the tenant.
Condition within_reach(const access::Caller& caller, const std::string& table = "recordings");

/// Errors: not_found, also for what is deleted or beyond the caller's reach; damaged.
Result<Recording> find_recording(store::Transaction& transaction, const access::Keyring& keyring,
                                 const access::Caller& caller, const std::string& id);

/// For the server's own work, which is nobody's. Errors: as above.
Result<Recording> find_recording(store::Transaction& transaction, const access::Keyring& keyring,
                                 const std::string& tenant, const std::string& id);

/// Both borders belong to it; without one it is open there. Recordings without a value are outside of it.
struct Between {
  std::optional<std::int64_t> least = std::nullopt;
  std::optional<std::int64_t> most = std::nullopt;
};

struct RecordingFilter {
  std::optional<State> state;
  std::optional<std::string> employee;     ///< employees.id
  std::optional<std::string> counterpart;  ///< the user's id for the customer
  std::string before;  ///< only those that were uploaded before this id; empty: newest first
  int limit = 50;
  std::optional<std::int64_t> least_score = std::nullopt;
  std::optional<std::string> band = std::nullopt;
  std::optional<std::string> category = std::nullopt;    ///< one of its findings has it
  std::optional<std::int64_t> from_ms = std::nullopt;    ///< the dealing began then or later...
  std::optional<std::int64_t> before_ms = std::nullopt;  ///< ...and before this; uploads where nobody said
  Between silence_s = {};
  Between duration_s = {};
  Between loudness_lufs = {};
  std::string words = {};  ///< search::WordIndex::match_expression; empty: whatever was said
};

/// Newest first, without deleted ones. Errors: damaged.
Result<std::vector<Recording>> list_recordings(store::Transaction& transaction,
                                               const access::Keyring& keyring, const access::Caller& caller,
                                               const RecordingFilter& filter);

/// What a new recording is: everything up to `uploaded_by`. If the tenant has the same bytes already,
/// `same_as` and `object` become the earlier one's. Waiting from now on.
void insert_recording(store::Transaction& transaction, const access::Keyring& keyring, Recording& recording);

/// `reason` is kept where it is given, else taken away. Returns false if there is no such recording.
bool set_state(store::Transaction& transaction, const std::string& tenant, const std::string& id, State state,
               const std::optional<Text>& reason = std::nullopt);

/// True while a recording that is not deleted has this object. Whoever deletes a recording asks this in the
/// same unit of work, and removes the object after it only if nobody has it.
bool is_object_used(store::Transaction& transaction, const std::string& tenant, const std::string& object);

/// By which recordings of the same counterpart are found.
std::string counterpart_key(const access::Keyring& keyring, const std::string& tenant,
                            const std::string& counterpart);

/// The key for a new object of a tenant, and the way to those of earlier ones.
store::ObjectKey object_key(const access::Keyring& keyring, const std::string& tenant);
store::KeyFinder object_keys(const access::Keyring& keyring, const std::string& tenant);

}  // namespace guardian::archive
