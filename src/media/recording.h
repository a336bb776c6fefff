// media/recording.h - what is known of a recording before anybody listens to its words.
// The first value on the path: `inspect` fills it in one pass over the file, speech/ relies on it, report/
// prints it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace guardian::media {

enum class Kind { audio, video, transcript };

/// Something about the recording that a person should know, and that makes the analysis less certain.
struct Warning {
  enum class Code {
    silence,          ///< no sound above the noise floor at all
    very_quiet,       ///< speech level so low that words may be lost
    clipping,         ///< overdriven: peaks cut off
    dual_mono,        ///< all channels carry the same sound: nobody can be told apart by channel
    silent_channel,   ///< one channel of several is empty
    truncated,        ///< the file ends before its own index says, or decoding broke off
    wrong_length,     ///< the container's stated duration is not what was decoded
    short_recording,  ///< under a second: too short to judge
    unknown_start     ///< nobody said when it began, or when earlier dealings with its counterpart did
  };
  Code code;
  Text text;
};

/// One channel's level over the whole recording.
struct ChannelLevel {
  double loudness_lufs = -70.0;  ///< integrated loudness, ITU-R BS.1770 / EBU R 128; -70 when silent
  double peak = 0.0;             ///< largest absolute sample in [0, 1]
  double clipped_share = 0.0;    ///< share of samples at full scale, in [0, 1]
  double active_s = 0.0;         ///< seconds above the noise floor
};

/// Lowest and highest sample of one slice of time, for drawing a waveform.
struct Peak {
  float low = 0.0F;
  float high = 0.0F;
};

struct Recording {
  std::string name;    ///< file name without folders, made printable
  std::string sha256;  ///< of the file's bytes, lower-case hexadecimal
  Kind kind = Kind::audio;
  double duration_s = 0.0;               ///< as decoded, not as the container claims
  double silence_s = 0.0;                ///< in stretches of a minute or more, all channels silent
  int channels = 0;                      ///< in the file
  int sample_rate_hz = 0;                ///< in the file
  std::string codec;                     ///< libavcodec's name, e.g. "pcm_mulaw"
  std::vector<ChannelLevel> levels;      ///< one per channel
  std::vector<std::vector<Peak>> peaks;  ///< [channel][slice]; slices have equal length, at most 2000 of them
  bool dual_mono = false;                ///< every channel carries the same sound

  /// True if there is one sound only, so that channels tell nobody apart.
  bool has_one_sound() const { return channels <= 1 || dual_mono; }

  std::vector<Warning> warnings;
  std::string counterpart;           ///< the user's id for the customer; empty: not told
  std::optional<Moment> started_at;  ///< as the user told it
};

}  // namespace guardian::media
