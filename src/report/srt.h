// report/srt.h - the transcript as subtitles, with who speaks.
#pragma once

#include <string>

#include "speech/transcript.h"

namespace guardian::report {

/// SubRip, UTF-8, one block per utterance. Control characters of the transcript are replaced, so that no text
/// can end a block or begin another.
std::string to_srt(const speech::Transcript& transcript, Language language = Language::japanese);

}  // namespace guardian::report
