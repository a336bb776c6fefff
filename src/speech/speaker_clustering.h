// speech/speaker_clustering.h - which of many embeddings are the same voice.
// Used by diarization.h; apart from it so that it can be tested on points instead of sound.
#pragma once

#include <vector>

#include "speech/speaker_encoder.h"

namespace guardian::speech {

struct ClusteringOptions {
  /// Two groups of embeddings are one voice if the mean cosine between them is at least this share of the
  /// mean cosine within them. Relative, because a telephone band makes all voices more alike.
  double second_voice = 0.90;
  double further_voice = 0.75;  ///< the same for a third voice and more: conversations have two sides
  std::size_t most_voices = 4;
  std::size_t fewest_windows = 5;    ///< smaller groups are outliers of another voice
  double least_share = 0.03;         ///< of all windows, for the same reason
  std::size_t most_compared = 1000;  ///< embeddings compared with each other; more are sampled evenly
};

/// The typical embedding of each voice, of length one; at least one if there is any embedding.
/// Agglomerative clustering with average linkage, then spherical k-means over all embeddings.
/// Time: most_compared squared, plus linear.
std::vector<SpeakerEncoder::Embedding> find_voices(const std::vector<SpeakerEncoder::Embedding>& embeddings,
                                                   const ClusteringOptions& options);

/// Cosine of two embeddings of length one.
double cosine(const SpeakerEncoder::Embedding& a, const SpeakerEncoder::Embedding& b);

}  // namespace guardian::speech
