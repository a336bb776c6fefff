// casework/case_rows.h - the steps of a case's life as rows: what cases.cpp and deep_links.cpp share. For
// casework/ alone.
#pragma once

#include <cstdint>
#include <string>

#include "access/keyring.h"
#include "store/database.h"

namespace guardian::casework {

/// Who does something to a case.
struct Actor {
  std::string id;    ///< users.id, api_keys.id, "recipient" or "system"
  std::string name;  ///< for people; sealed at rest
};

/// One entry of the case's history.
void note_event(store::Transaction& transaction, const access::Keyring& keyring, const std::string& tenant,
                const std::string& id, const char* kind, const Actor& actor, const std::string& note);

/// Notes who acknowledged it and how long that took. False if somebody has already, or it is closed.
bool acknowledge_row(store::Transaction& transaction, const access::Keyring& keyring,
                     const std::string& tenant, const std::string& id, const Actor& actor);

/// To be called after every change: the place in the list, and the version.
void settle_row(store::Transaction& transaction, const std::string& tenant, const std::string& id);

}  // namespace guardian::casework
