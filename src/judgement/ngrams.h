// judgement/ngrams.h - which short runs of characters an utterance contains: the wording, where a sentence
// vector has the meaning. Japanese needs no word borders for this, and a wrong character of a recogniser
// spoils only a few runs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace guardian::judgement {

/// How often each run of one to four characters occurs in the normalised text without punctuation, by a hash
/// of the run (FNV-1a, 64 bits). `text` must be valid UTF-8. Of very long texts the first 400 characters
/// count.
std::map<std::uint64_t, int> count_ngrams(std::string_view text);

}  // namespace guardian::judgement
