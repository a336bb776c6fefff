// speech/repetition.h - recognisers get stuck and repeat themselves; this notices and cuts it.
#pragma once

#include <cstddef>
#include <vector>

namespace guardian::speech {

/// Shortens a loop to its first two rounds: a phrase of 1 to 30 tokens that comes at least 4 times in a row
/// (8 times for a single token, since people do say 「いやいやいやいや」). Everything after the loop is kept.
/// Returns whether anything was cut. Time: linear in the length times the longest phrase.
bool cut_loop(std::vector<std::size_t>& tokens);

}  // namespace guardian::speech
