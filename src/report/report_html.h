// report/report_html.h - the report for people: one HTML file with sound, which needs nothing else and asks
// nobody.
#pragma once

#include <optional>
#include <string>

#include "media/playback.h"
#include "report/report.h"

namespace guardian::report {

/// What of the recording to embed: all of it up to 30 minutes, else at most 30 clips around findings and
/// cries for help.
media::PlaybackOptions playback_options(const Report& report);

/// A self-contained page. Its content security policy allows its own script and style by their hashes and no
/// address at all. Every text of the recording is data, never markup. Without `playback` there is no player.
std::string to_html(const Report& report, const std::optional<media::Playback>& playback);

}  // namespace guardian::report
