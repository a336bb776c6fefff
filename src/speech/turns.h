// speech/turns.h - what one person says in one go, although they paused for breath, is one utterance.
// After recognition, which cuts at every longer pause and at the borders of its windows: half a sentence by
// itself means something else ("I will put your face on the net" before "they said to me"), and the judge
// has learnt from whole turns. docs/decisions/0005-three-witnesses.md
#pragma once

#include <vector>

#include "speech/sound_cues.h"
#include "speech/transcript.h"

namespace guardian::speech {

/// Joins neighbouring utterances of one voice where nobody else began between them, the pause is short and
/// the turn does not get too long to be quoted. Voices that were not told apart are left as they are. `cues`
/// belongs to the utterances by position and stays so; of joined ones the louder part's cues count, for an
/// outburst must not vanish among calm words.
void join_turns(Transcript& transcript, std::vector<RawCues>& cues);

}  // namespace guardian::speech
