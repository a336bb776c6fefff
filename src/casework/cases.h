// casework/cases.h - a suspected dealing that a person has to look at: opened by its analysis, acknowledged,
// worked on, closed with a reason.
// After archive/ has noted a report, as one of its consequences (archive/analysed.h); notices (outbox.h) are
// written in the same unit of work.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "access/audit.h"
#include "access/caller.h"
#include "access/keyring.h"
#include "access/people.h"
#include "archive/analysed.h"
#include "base/result.h"
#include "casework/outbox.h"
#include "judgement/verdict.h"
#include "redaction/redactor.h"
#include "store/database.h"

namespace guardian::casework {

constexpr int kHighestLevel = 5;                             ///< of Case::escalation
constexpr std::int64_t kLatestDue_ms = 253'402'300'799'000;  ///< the year 9999

enum class State { open, acknowledged, working, closed };

/// What an analysis said of the dealing.
struct Gravity {
  int score = 0;
  judgement::Band band = judgement::Band::none;
  std::vector<std::string> categories;  ///< ids
};

struct CaseEvent {
  std::int64_t at_ms = 0;
  std::string kind;   ///< "opened", "worsened", "rescored", "acknowledged", "assigned", "released", "noted",
                      ///< "escalated", "due", "aftercare", "closed", "reopened"
  std::string actor;  ///< users.id, api_keys.id, "recipient" of a notice, or "system"
  std::string name;   ///< of the actor
  std::string note;
};

/// Something that was done for the employee: "heard" (what happened was told by them), "relieved" (taken off
/// the dealing or given a break), "support" (shown where to turn), "safety" (ways home and shifts looked
/// at), "followed_up" (asked again some days later). Guideline, measures for the employee concerned.
struct Aftercare {
  std::string step;
  std::int64_t done_ms = 0;
  std::string name;  ///< of who did it
};

struct Case {
  std::string id;
  std::string recording;
  std::optional<std::string> group;
  std::optional<std::string> employee;
  std::int64_t occurred_ms = 0;  ///< when the dealing began
  std::int64_t opened_ms = 0;
  Gravity at_opening;
  Gravity now;  ///< by the last analysis
  State state = State::open;
  int escalation = 0;                      ///< level L0 to L5
  std::optional<std::string> owner;        ///< users.id
  std::optional<std::string> owner_name;   ///< as it is today
  std::optional<std::int64_t> due_ms;      ///< by when its owner has to have done something
  std::optional<std::int64_t> noticed_ms;  ///< when the first notice arrived
  std::optional<std::int64_t> acknowledged_ms;
  std::string acknowledged_by;  ///< like CaseEvent::actor; empty: nobody yet
  std::string acknowledged_name;
  /// From the first notice, or the opening if there was none, to the acknowledgement: a company that knew and
  /// did nothing makes it weigh more. Source: domain reference 6.1.
  std::optional<std::int64_t> waited_ms;
  std::optional<std::int64_t> closed_ms;
  std::string closed_reason;
  std::int64_t version = 0;
  // only of `Cases::get`
  std::vector<std::string> earlier;  ///< cases of the same counterpart before it, newest first, at most 50,
                                     ///< that the caller may see
  std::vector<CaseEvent> history;    ///< oldest first
  std::vector<Aftercare> aftercare;  ///< what was done
};

struct CaseFilter {
  std::optional<State> state;
  std::optional<std::string> group;
  std::optional<std::string> owner;
  std::optional<std::string> category;
  int minimum_score = 0;
  std::string after;  ///< id of the last case of the page before; empty: from the start
  int limit = 50;
};

/// Safe to use from several threads. All references must outlive it.
class Cases {
 public:
  Cases(store::Database& database, access::Keyring& keyring, access::AuditLog& audit, const Outbox& outbox,
        const redaction::Redactor& redactor)
      : database_(database), keyring_(keyring), audit_(audit), outbox_(outbox), redactor_(redactor) {}

  /// Part of the unit of work that opens a case, e.g. to keep its recording for longer.
  using Opened =
      std::function<void(store::Transaction&, const std::string& tenant, const std::string& recording)>;
  /// Before anybody else uses this.
  void when_opened(Opened opened) { opened_ = std::move(opened); }

  /// Opens a case if the recording is suspected and its band is at least that of the settings. One recording
  /// has one case: analysed again, the case is brought up to date, and where it has grown worse, those who do
  /// not know that yet are told; a closed one is opened again. A copy of a recording that has a case gets
  /// none. Throws store::Fault.
  Result<void> open_case(store::Transaction& transaction, const archive::Analysed& analysed) const;
  archive::Consequence consequence() const {
    return
        [this](store::Transaction& t, const archive::Analysed& analysed) { return open_case(t, analysed); };
  }

  /// Part of the unit of work that deletes a recording: that there was a case, its time and its scores stay;
  /// whom it was about, what people wrote of it and what was not sent yet go.
  void forget(store::Transaction& transaction, const std::string& tenant, const std::string& recording) const;

  // For whoever may work on cases, within the caller's reach. Errors: forbidden; usage for a bad value;
  // not_found, also for what is out of reach; conflict, if the case is closed (reopen: if it is not).
  /// Unacknowledged first, then those in hand, then closed ones; the gravest first.
  Result<std::vector<Case>> list(const access::Caller& by, const CaseFilter& filter) const;
  /// With history. Noted in the audit log.
  Result<Case> get(const access::Caller& by, const std::string& id) const;
  /// Does nothing if somebody has already.
  Result<Case> acknowledge(const access::Caller& by, const std::string& id) const;
  /// `user` must be able to work on this case. Acknowledges it, too.
  Result<Case> assign(const access::Caller& by, const std::string& id, const std::string& user) const;
  /// Nobody looks after it any more; it stays acknowledged. Does nothing if nobody did.
  Result<Case> release(const access::Caller& by, const std::string& id) const;
  /// Who could look after it, by name.
  Result<std::vector<access::User>> possible_owners(const access::Caller& by, const std::string& id) const;
  /// `level` 0 to 5 with a reason. Acknowledges it, too.
  Result<Case> escalate(const access::Caller& by, const std::string& id, int level,
                        const std::string& reason) const;
  /// Without a time there is none any more.
  Result<Case> set_due(const access::Caller& by, const std::string& id,
                       std::optional<std::int64_t> due_ms) const;
  /// Errors: also usage for an unknown step. A closed case takes it, too: care goes on.
  Result<Case> note_aftercare(const access::Caller& by, const std::string& id, const std::string& step,
                              bool done) const;
  Result<Case> note(const access::Caller& by, const std::string& id, const std::string& text) const;
  /// Acknowledges it, too.
  Result<Case> close(const access::Caller& by, const std::string& id, const std::string& reason) const;
  Result<Case> reopen(const access::Caller& by, const std::string& id, const std::string& reason) const;

 private:
  template <class Change>
  Result<Case> change(const access::Caller& by, const std::string& id, const Change& change) const;
  Result<Case> with_history(store::Transaction& transaction, const access::Caller& by,
                            const store::Row& row) const;
  void bring_up_to_date(store::Transaction& transaction, const archive::Analysed& analysed,
                        const store::Row& row) const;
  void tell(store::Transaction& transaction, const archive::Analysed& analysed, const std::string& id) const;

  store::Database& database_;
  access::Keyring& keyring_;
  access::AuditLog& audit_;
  const Outbox& outbox_;
  const redaction::Redactor& redactor_;
  Opened opened_;
};

/// "open", "acknowledged", "working", "closed", and back.
std::string name_of(State state);
std::optional<State> state_named(std::string_view name);

}  // namespace guardian::casework
