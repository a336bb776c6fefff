#include "speech/speaker_clustering.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <random>

namespace guardian::speech {
namespace {

using Embedding = SpeakerEncoder::Embedding;

constexpr int kRefinements = 5;

/// Groups of embeddings and the mean cosine between each two of them.
class Groups {
 public:
  explicit Groups(const std::vector<Embedding>& embeddings) : members_(embeddings.size()) {
    const std::size_t count = embeddings.size();
    similarity_.resize(count * count);
    for (std::size_t i = 0; i < count; ++i) {
      members_[i] = {i};
      for (std::size_t j = 0; j < i; ++j) {
        similarity_[i * count + j] = similarity_[j * count + i] =
            static_cast<float>(cosine(embeddings[i], embeddings[j]));
      }
    }
    nearest_.resize(count);
    for (std::size_t i = 0; i < count; ++i) find_nearest(i);
  }

  /// The most similar pair. False if fewer than two groups are left.
  bool closest(std::size_t& first, std::size_t& second, double& similarity) const {
    bool found = false;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (members_[i].empty() || nearest_[i] == i) continue;
      const double own = similarity_[i * members_.size() + nearest_[i]];
      if (found && own <= similarity) continue;
      found = true;
      first = i;
      second = nearest_[i];
      similarity = own;
    }
    return found;
  }

  void merge(std::size_t into, std::size_t from) {
    const std::size_t count = members_.size();
    const auto into_size = static_cast<float>(members_[into].size());
    const auto from_size = static_cast<float>(members_[from].size());
    for (std::size_t k = 0; k < count; ++k) {
      const float mean =
          (into_size * similarity_[into * count + k] + from_size * similarity_[from * count + k]) /
          (into_size + from_size);
      similarity_[into * count + k] = similarity_[k * count + into] = mean;
    }
    members_[into].insert(members_[into].end(), members_[from].begin(), members_[from].end());
    members_[from].clear();
    for (std::size_t k = 0; k < count; ++k) {
      if (!members_[k].empty() && (k == into || nearest_[k] == into || nearest_[k] == from)) find_nearest(k);
    }
  }

  /// Groups of at least `fewest` members, the largest first.
  std::vector<std::size_t> large(std::size_t fewest) const {
    std::vector<std::size_t> groups;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (!members_[i].empty() && members_[i].size() >= fewest) groups.push_back(i);
    }
    std::stable_sort(groups.begin(), groups.end(),
                     [&](std::size_t a, std::size_t b) { return members_[a].size() > members_[b].size(); });
    return groups;
  }

  const std::vector<std::size_t>& members(std::size_t group) const { return members_[group]; }

 private:
  void find_nearest(std::size_t group) {
    const std::size_t count = members_.size();
    std::size_t best = group;
    for (std::size_t k = 0; k < count; ++k) {
      if (k == group || members_[k].empty()) continue;
      if (best == group || similarity_[group * count + k] > similarity_[group * count + best]) best = k;
    }
    nearest_[group] = best;
  }

  std::vector<std::vector<std::size_t>> members_;
  std::vector<float> similarity_;
  std::vector<std::size_t> nearest_;
};

/// At most `most` of the embeddings, one from each of as many equal stretches; which one is left to chance,
/// so that no rhythm in the recording can hide a voice. The same recording always gives the same sample.
std::vector<Embedding> sample(const std::vector<Embedding>& embeddings, std::size_t most) {
  if (embeddings.size() <= most) return embeddings;
  std::minstd_rand random(1);
  std::vector<Embedding> sampled;
  for (std::size_t i = 0; i < most; ++i) {
    const std::size_t begin = i * embeddings.size() / most;
    const std::size_t end = (i + 1) * embeddings.size() / most;
    sampled.push_back(embeddings[begin + random() % (end - begin)]);
  }
  return sampled;
}

/// Sums of embeddings, made means of length one.
struct Mean {
  std::array<double, std::tuple_size_v<Embedding>> sum{};

  void add(const Embedding& embedding) {
    for (std::size_t i = 0; i < embedding.size(); ++i) sum[i] += static_cast<double>(embedding[i]);
  }

  /// Mean cosine between two different ones of the `count` embeddings of length one that were added.
  double cohesion(std::size_t count) const {
    double square = 0.0;
    for (const double value : sum) square += value * value;
    const auto n = static_cast<double>(count);
    return count < 2 ? 1.0 : (square - n) / (n * (n - 1.0));
  }

  Embedding unit() const {
    double square = 0.0;
    for (const double value : sum) square += value * value;
    const double scale = square > 0.0 ? 1.0 / std::sqrt(square) : 0.0;
    Embedding mean{};
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] = static_cast<float>(sum[i] * scale);
    return mean;
  }
};

void refine(std::vector<Embedding>& voices, const std::vector<Embedding>& embeddings) {
  for (int round = 0; round < kRefinements; ++round) {
    std::vector<Mean> means(voices.size());
    std::vector<std::size_t> counts(voices.size());
    for (const Embedding& embedding : embeddings) {
      std::size_t best = 0;
      for (std::size_t v = 1; v < voices.size(); ++v) {
        if (cosine(embedding, voices[v]) > cosine(embedding, voices[best])) best = v;
      }
      means[best].add(embedding);
      ++counts[best];
    }
    for (std::size_t v = 0; v < voices.size(); ++v) {
      if (counts[v] > 0) voices[v] = means[v].unit();
    }
  }
}

Embedding mean_of(const std::vector<Embedding>& embeddings) {
  Mean mean;
  for (const Embedding& embedding : embeddings) mean.add(embedding);
  return mean.unit();
}

/// Two large groups about to be joined, and the voices as they were just before.
struct Candidate {
  double likeness = 0.0;  // mean cosine between the two groups, relative to the mean cosine within each
  std::vector<Embedding> voices;
};

/// Joins groups until one is left; gives the last joins of large groups, the very last first.
std::vector<Candidate> candidates(const std::vector<Embedding>& compared, std::size_t fewest,
                                  std::size_t most_voices) {
  Groups groups(compared);
  const auto mean_of_group = [&](std::size_t group) {
    Mean mean;
    for (const std::size_t member : groups.members(group)) mean.add(compared[member]);
    return mean;
  };
  std::deque<Candidate> last;
  std::size_t first = 0;
  std::size_t second = 0;
  double similarity = 0.0;
  while (groups.closest(first, second, similarity)) {
    const std::size_t smaller = std::min(groups.members(first).size(), groups.members(second).size());
    if (smaller >= fewest) {
      const double within = (mean_of_group(first).cohesion(groups.members(first).size()) +
                             mean_of_group(second).cohesion(groups.members(second).size())) /
                            2.0;
      Candidate candidate{within > 0.0 ? similarity / within : 1.0, {}};
      for (const std::size_t group : groups.large(fewest)) {
        candidate.voices.push_back(mean_of_group(group).unit());
      }
      last.push_front(std::move(candidate));
      if (last.size() + 1 > most_voices) last.pop_back();
    }
    groups.merge(first, second);
  }
  return {last.begin(), last.end()};
}

/// Two voices if the last two groups are unlike; more only where they are very unlike.
std::vector<Embedding> choose(const std::vector<Candidate>& joins, const ClusteringOptions& options) {
  std::vector<Embedding> voices;
  for (const Candidate& join : joins) {
    if (join.likeness >= (voices.empty() ? options.second_voice : options.further_voice)) break;
    if (join.voices.size() > options.most_voices) break;
    voices = join.voices;
  }
  return voices;
}

}  // namespace

double cosine(const Embedding& a, const Embedding& b) {
  float sum = 0.0F;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return static_cast<double>(sum);
}

std::vector<Embedding> find_voices(const std::vector<Embedding>& embeddings,
                                   const ClusteringOptions& options) {
  if (embeddings.empty()) return {};
  const std::vector<Embedding> compared = sample(embeddings, options.most_compared);
  const auto share = static_cast<std::size_t>(options.least_share * static_cast<double>(compared.size()));
  const std::size_t fewest = std::max({std::size_t{2}, options.fewest_windows, share});
  std::vector<Embedding> voices = choose(candidates(compared, fewest, options.most_voices), options);
  if (voices.empty()) voices.push_back(mean_of(compared));
  refine(voices, embeddings);
  return voices;
}

}  // namespace guardian::speech
