// pipeline/listener.h - the first half of a job: a recording in, what is in it and who said what out.
// media/ and speech/ in their order. The second half is pipeline/assessor.h.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "media/recording.h"
#include "media/source.h"
#include "speech/second_hearing.h"
#include "speech/transcript.h"

namespace guardian::pipeline {

/// A recording that has been listened to.
struct HeardRecording {
  media::Recording recording;
  speech::Transcript transcript;
  bool whole = true;  ///< false: only samples of it were listened to
};

/// Called with the share of the work done, in [0, 1].
using Progress = std::function<void(double share)>;

/// Holds the speech models; loading them takes a second or two, so one Listener serves many recordings, one
/// at a time.
class Listener {
 public:
  struct Options {
    std::string model;             ///< name of a speech model; empty: the default one
    std::filesystem::path policy;  ///< folder with roles.yaml, by which customer and employee are told apart
    int threads = 0;               ///< 0: one per core
  };

  /// What is known of a recording from outside, and how closely it is to be listened to.
  struct Hints {
    std::optional<int> customer_channel;  ///< from 0
    int one_window_in = 1;  ///< of so many windows of 30 s of speech only the loudest is listened to;
                            ///< recordings under three minutes are heard whole
  };

  /// Errors: model, policy.
  static Result<Listener> load(const Options& options);
  Listener(Listener&&) noexcept;
  Listener& operator=(Listener&&) noexcept;
  ~Listener();

  /// Errors: not_found, unreadable, damaged, no_speech_source, model, cancelled. Memory does not grow with
  /// the recording's length beyond its transcript.
  Result<HeardRecording> listen(const media::Source& source, const Hints& hints, const Progress& progress,
                                const std::stop_token& stop);

  /// True if the recogniser can weigh given words against the sound.
  bool can_hear_again() const;

  /// Weighs wordings of some stretches of a recording that was listened to before: see
  /// speech/second_hearing.h.
  Result<std::vector<std::vector<double>>> hear_again(const media::Source& source,
                                                      const media::Recording& recording,
                                                      const std::vector<speech::Doubt>& doubts,
                                                      const std::stop_token& stop);

 private:
  struct Impl;
  explicit Listener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// A ready transcript in place of a recording: the file's name and hash, the last turn's end as its length.
/// Errors: not_found, unreadable, damaged.
Result<HeardRecording> read_ready_transcript(const std::filesystem::path& file);

}  // namespace guardian::pipeline
