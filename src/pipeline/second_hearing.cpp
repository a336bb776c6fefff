#include "pipeline/second_hearing.h"

namespace guardian::pipeline {
namespace {

/// One doubt per utterance: first as it was heard, then each suspicion's wording.
std::vector<speech::Doubt> to_doubts(const std::vector<judgement::Suspicion>& suspicions,
                                     const HeardRecording& heard) {
  std::vector<speech::Doubt> doubts;
  int last = -1;
  for (const auto& suspicion : suspicions) {
    const auto& utterance = heard.transcript.utterances[static_cast<std::size_t>(suspicion.utterance)];
    if (suspicion.utterance != last)
      doubts.push_back({heard.recording.has_one_sound() ? 0 : utterance.channel,
                        utterance.start_s,
                        utterance.end_s,
                        {utterance.text}});
    last = suspicion.utterance;
    doubts.back().texts.push_back(suspicion.suspected_text);
  }
  return doubts;
}

}  // namespace

Result<std::vector<judgement::Hearing>> hear_again(Listener& listener, const judgement::Judge& judge,
                                                   const media::Source& source, const HeardRecording& heard,
                                                   const std::stop_token& stop) {
  std::vector<judgement::Hearing> hearings;
  if (!listener.can_hear_again()) return hearings;
  auto suspicions = judge.suspicions(heard.transcript);
  const auto doubts = to_doubts(suspicions, heard);
  const auto weighed = listener.hear_again(source, heard.recording, doubts, stop);
  if (!weighed) return tl::unexpected<Error>(weighed.error());
  std::size_t next = 0;
  for (std::size_t i = 0; i < doubts.size(); ++i)
    for (std::size_t text = 1; text < doubts[i].texts.size(); ++text) {
      auto& suspicion = suspicions[next++];
      if ((*weighed)[i].empty()) continue;
      hearings.push_back({std::move(suspicion), (*weighed)[i][0], (*weighed)[i][text]});
    }
  return hearings;
}

}  // namespace guardian::pipeline
