// judgement/history.h - what earlier dealings with the same counterpart say about this one: contact again and
// again after a refusal, silent calls, conduct that comes back, scores that climb.
// Everything here is counted from facts of earlier reports; nothing is judged again. Reasons and limits:
// docs/decisions/0007-counterpart-history.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "judgement/verdict.h"
#include "policy/policy.h"
#include "speech/transcript.h"

namespace guardian::judgement {

/// An earlier dealing with the same counterpart, as its report tells it.
struct EarlierDealing {
  std::string name;                  ///< of its recording
  std::optional<Moment> started_at;  ///< empty: unknown, and it counts only for its place in the order
  double duration_s = 0.0;
  double counterpart_speech_s = 0.0;
  int score = 0;  ///< 0-100
  bool suspected = false;
  bool refused = false;  ///< the employee warned or refused in it
};

/// What is known of the dealing that is judged, beside its words. A default value says nothing and changes
/// nothing.
struct History {
  std::optional<Moment> started_at;  ///< of this dealing; empty: nothing that counts days or hours is found
  double duration_s = 0.0;           ///< of this recording
  std::vector<EarlierDealing> earlier;  ///< oldest first
};

/// Seconds that the counterpart may have spoken: everybody's but the employee's.
double counterpart_speech_s(const speech::Transcript& transcript);

/// Raises the severity of conduct after an earlier suspected dealing, then adds findings about the whole
/// dealing (utterance -1). Their grounds name the recordings and times that they rest on. An earlier dealing
/// more never lowers a severity. To be called before the score is worked out.
void follow_history(Verdict& verdict, const History& history, const speech::Transcript& transcript,
                    const policy::Policy& policy);

/// If this dealing is suspected and the scores have climbed from dealing to dealing up to it, says so in the
/// gravest finding's grounds and raises the axis of persistence to the height climbed. Needs the score.
void note_escalation(Verdict& verdict, const History& history, const policy::HistoryScale& scale);

}  // namespace guardian::judgement
