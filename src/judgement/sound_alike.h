// judgement/sound_alike.h - phrases that a recogniser wrote wrongly but that sound like what a rule looks
// for. 「晒してやる」 heard as 「探してやる」: さらして / さがして differ by one consonant.
#pragma once

#include <optional>
#include <string_view>

#include "policy/pattern.h"

namespace guardian::judgement {

struct SoundAlike {
  policy::Match in_reading;
  double distance = 0.0;  ///< weighted edits per kana of the phrase, in [0, 1]
};

/// Best place of `phrase` (hiragana) in `reading` (hiragana) with at most `limit` weighted edits per kana.
/// Kana that differ in voicing, in a long vowel or in size count less than others. Empty for phrases under
/// four kana: they sound like too much. Exact occurrences count too. Time: product of both lengths.
std::optional<SoundAlike> find_sound_alike(std::string_view reading, std::string_view phrase, double limit);

}  // namespace guardian::judgement
