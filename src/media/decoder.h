// media/decoder.h - libav behind one door: a file's sound track as float PCM on a continuous timeline.
// Used by inspect, AudioReader and encode_playback; no libav header is seen outside media/*.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "media/source.h"

namespace guardian::media {

/// Consecutive samples of all channels; samples are in [-1, 1].
struct Pcm {
  double start_s = 0.0;                      ///< of the first sample, seconds from the start of the recording
  std::vector<std::vector<float>> channels;  ///< equally long
};

/// What the container says before anything is decoded.
struct TrackFacts {
  int channels = 0;
  int sample_rate_hz = 0;
  std::string codec;
  bool video = false;                       ///< there is a moving picture, not only a cover
  std::optional<double> stated_duration_s;  ///< absent where the container only estimates it
  double estimated_duration_s = 0.0;        ///< for progress; 0 if unknown
};

/// Decodes the best sound track of a file from start to end.
///
/// The bytes are read here: libavformat never sees the name, so a name like "concat:x" or "http://x" is only
/// a name, and formats that point to other files or hosts (playlists, SDP) are not in the list of those
/// tried.
class Decoder {
 public:
  /// `rate_hz`: sample rate of the result, 0 to keep the file's.
  /// `stop`: ends reading within one block of the file, even while libavformat searches for the next packet.
  /// Errors: not_found, unreadable (also for folders, pipes and devices), damaged, no_speech_source,
  /// cancelled.
  static Result<Decoder> open(const Source& source, int rate_hz, const std::stop_token& stop = {});
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;
  ~Decoder();

  const TrackFacts& facts() const;

  /// The next samples, at most a few thousand; empty at the end. Damaged packets are skipped and counted;
  /// gaps in the timestamps become silence, so that times match what a player shows. Errors: damaged, if
  /// nothing at all can be decoded or the recording is longer than 24 hours; cancelled.
  Result<std::optional<Pcm>> read();

  /// Packets that could not be decoded so far.
  int damaged_packets() const;

  /// True if reading ended by an error rather than at the end of the file.
  bool broke_off() const;

 private:
  struct Impl;
  explicit Decoder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::media
