// speech/transcript_file.h - ready transcripts from a file: the other way to a Transcript, without sound.
// Format: contract transcript.schema.json, {"turns":[{"speaker","text","start","end"}]}.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "speech/transcript.h"

namespace guardian::speech {

/// Reads a transcript, or the transcript inside one of our own reports, so that past calls can be judged
/// anew. `name` is what errors call it. Turns without words are left out. Turns are put in order of start if
/// every one has a time; if none has, `Transcript::timed` is false and all times are 0. Errors: damaged,
/// naming the turn and the field.
Result<Transcript> parse_transcript(std::string_view json, const std::string& name);

/// The same from a file of at most 64 MiB. Errors: also not_found, unreadable.
Result<Transcript> read_transcript(const std::filesystem::path& path);

}  // namespace guardian::speech
