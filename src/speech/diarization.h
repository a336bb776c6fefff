// speech/diarization.h - who of several voices speaks when, in a recording with one channel for all.
// Beside recognition: every stretch of speech goes through the speaker encoder while it is at hand, the
// voices are told apart at the end, and the transcript is then cut where the voice changes. Only for mono and
// dual-mono recordings. Embeddings live as long as the Diarizer; nothing by which a person could be
// recognised is kept.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "speech/sound_cues.h"
#include "speech/transcript.h"

namespace guardian::speech {

/// A stretch in which one voice speaks. Times are seconds from the start of the recording.
struct SpeakerSpan {
  double start_s = 0.0;
  double end_s = 0.0;
  int voice = 0;  ///< from 0, in order of first appearance
};

/// Defaults were chosen by bench/diarization_error.cpp, see docs/decisions/0003.
struct DiarizerOptions {
  double hop_s = 0.4;           ///< between two windows of 1.6 s
  double second_voice = 0.90;   ///< likeness below which there is a second voice, see ClusteringOptions
  double further_voice = 0.75;  ///< and a third or fourth
  int most_voices = 4;
  double shortest_voice_s = 2.0;  ///< a voice heard for less is taken for an outlier of another
  double change_cost = 0.25;      ///< cosine that a change of voice within a span must gain
};

/// Tells voices apart. One per recording.
class Diarizer {
 public:
  /// `folder` as for SpeakerEncoder::load. Errors: model.
  static Result<Diarizer> load(const std::filesystem::path& folder, const DiarizerOptions& options = {});
  Diarizer(Diarizer&&) noexcept;
  Diarizer& operator=(Diarizer&&) noexcept;
  ~Diarizer();

  /// The next stretch of speech, 16 kHz in [-1, 1]. Stretches come in order and do not overlap. About 1 KB is
  /// kept per `hop_s` of speech.
  void add(double start_s, std::span<const float> pcm);

  /// Who spoke in what was added, in order. Empty if nothing was. Similarities are computed between at most
  /// 1,000 windows spread over the recording, so that the cost stays linear in its length.
  std::vector<SpeakerSpan> finish();

 private:
  struct Impl;
  explicit Diarizer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Gives every utterance its voice as `Utterance::channel`, after cutting it between words where the voice
/// changes. Utterances that no span touches, and all if `spans` is empty, get -1: not told apart. `cues`
/// belongs to the utterances by position and stays so; parts of a cut utterance have none, since it was
/// measured as a whole.
void apply_speakers(Transcript& transcript, std::vector<RawCues>& cues,
                    const std::vector<SpeakerSpan>& spans);

}  // namespace guardian::speech
