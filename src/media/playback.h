// media/playback.h - the recording, or the clips around its evidence, as a small MP3 that a browser plays
// inside the report. Beside the path: report/ embeds the bytes and asks where a second of the recording is
// heard in them.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "media/source.h"

namespace guardian::media {

/// A stretch of the recording, [start_s, end_s), seconds from its start.
struct PlaybackClip {
  double start_s = 0.0;
  double end_s = 0.0;
};

struct PlaybackOptions {
  std::vector<PlaybackClip> clips;  ///< in any order, overlapping ones are joined; none: the whole recording
  std::vector<PlaybackClip> silences;  ///< in any order: no sample of the recording is heard in them
  bool first_channel_only = false;     ///< for dual-mono recordings, where the others would only cost bytes
};

/// Where a stretch of the recording is heard in the playback.
struct PlaybackSpan {
  double recording_start_s = 0.0;
  double playback_start_s = 0.0;
  double duration_s = 0.0;
};

struct Playback {
  std::string mp3;                  ///< constant bit rate, so that browsers seek to the exact place
  int channels = 0;                 ///< 1, or 2 with the recording's first channel on the left
  std::vector<PlaybackSpan> spans;  ///< in order of time, without gaps in the playback

  double duration_s() const;

  /// Playback time of a recording time; empty where the recording was left out.
  std::optional<double> at(double recording_s) const;
};

/// Encodes a recording at 16 kHz: mono with 32 kbit/s (240 KB a minute), two channels as joint stereo with 48
/// kbit/s (360 KB a minute). More than two channels are mixed to mono. Clips beyond the recording's end give
/// nothing. Errors: as Decoder::open and Decoder::read; usage for a clip that ends before it starts; storage
/// if libmp3lame is missing in the installed libavcodec; cancelled.
Result<Playback> encode_playback(const Source& source, const PlaybackOptions& options,
                                 const std::stop_token& stop);

}  // namespace guardian::media
