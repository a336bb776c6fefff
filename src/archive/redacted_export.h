// archive/redacted_export.h - what may leave the building, or be shown to those who may not know who spoke: a
// report whose words say no names and numbers, and its sound with the same places silent.
// After the analysis, beside report/: redaction/ finds the details, this takes them out of everything that a
// report says, and out of the sound.
// Recognisers place a word in time only roughly, so more than the word is silenced; and what they misheard is
// not found. docs/keeping.md says how far this can be relied on.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "media/playback.h"
#include "media/source.h"
#include "redaction/redactor.h"
#include "report/report.h"

namespace guardian::archive {

/// Seconds that are silenced before and after a word: an assumption, about twice what the recogniser's word
/// times were seen to be off by.
constexpr double kSilencePad_s = 0.3;

/// Of sound that is exported at once: it is encoded in memory, at most 65 MB.
constexpr double kLongestExport_s = 3.0 * 3600.0;

struct RedactedReport {
  report::Report report;
  /// Where its details were said, padded, in order of time, apart from each other. Where an utterance has no
  /// word times that fit its text, all of it.
  std::vector<media::PlaybackClip> silences;
};

/// Also without file name and the id for the customer. What a finding quotes is redacted as its utterance is.
RedactedReport redact(report::Report report, const redaction::Redactor& redactor);

/// The sound of it: the whole, or one clip of it, as MP3; always from the sound of the recording itself.
/// Errors: as media::encode_playback; too_large beyond kLongestExport_s.
Result<media::Playback> redacted_sound(const media::Source& source, const RedactedReport& redacted,
                                       const std::optional<media::PlaybackClip>& clip,
                                       const std::stop_token& stop);

/// The page for people with its sound. Errors: as media::encode_playback.
Result<std::string> redacted_html(const media::Source& source, const RedactedReport& redacted,
                                  const std::stop_token& stop);

}  // namespace guardian::archive
