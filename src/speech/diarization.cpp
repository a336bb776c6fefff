#include "speech/diarization.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "speech/speaker_clustering.h"
#include "speech/speaker_encoder.h"

namespace guardian::speech {
namespace {

using Embedding = SpeakerEncoder::Embedding;

constexpr double kRate_hz = 16000.0;
constexpr double kFrame_s = 0.01;
constexpr double kSlot_s = 0.1;  // resolution of the answer
constexpr double kShortestTurn_s = 0.4;
constexpr std::size_t kFrameValues = SpeakerEncoder::kMels;
constexpr std::size_t kWindowValues = SpeakerEncoder::kWindowFrames * kFrameValues;
constexpr std::size_t kPendingWindows = 16;
constexpr double kLevel = 0.0316;  // -30 dBFS, the level the encoder was trained at
constexpr double kSilence = 1e-5;

/// Where a window's sound lies.
struct WindowPlace {
  double start_s = 0.0;
  double end_s = 0.0;
};

struct SpeechSpan {
  double start_s = 0.0;
  double end_s = 0.0;
  std::size_t first_window = 0;
  std::size_t windows = 0;
};

std::vector<float> at_training_level(std::span<const float> pcm) {
  double energy = 0.0;
  std::vector<float> levelled(pcm.begin(), pcm.end());
  for (float& sample : levelled) {
    sample = std::isfinite(sample) ? std::clamp(sample, -1.0F, 1.0F) : 0.0F;
    energy += static_cast<double>(sample) * static_cast<double>(sample);
  }
  const double rms = std::sqrt(energy / static_cast<double>(std::max<std::size_t>(1, pcm.size())));
  const auto gain = static_cast<float>(kLevel / std::max(rms, kSilence));
  for (float& sample : levelled) sample *= gain;
  return levelled;
}

/// How much each voice is heard in each slot of one span: the cosines of the windows over it, those centred
/// on it most.
std::vector<double> voice_scores(const SpeechSpan& span, const std::vector<WindowPlace>& places,
                                 const std::vector<std::vector<double>>& cosines, std::size_t slots) {
  const std::size_t voices = cosines.front().size();
  std::vector<double> scores(slots * voices);
  std::vector<double> weights(slots);
  for (std::size_t w = span.first_window; w < span.first_window + span.windows; ++w) {
    const double centre_s = (places[w].start_s + places[w].end_s) / 2.0;
    const double half_s = std::max(kSlot_s, (places[w].end_s - places[w].start_s) / 2.0);
    const auto first = static_cast<std::size_t>(std::max(0.0, (places[w].start_s - span.start_s) / kSlot_s));
    for (std::size_t slot = first; slot < slots; ++slot) {
      const double distance_s =
          std::abs(span.start_s + (static_cast<double>(slot) + 0.5) * kSlot_s - centre_s);
      if (distance_s > half_s + kSlot_s) break;
      const double weight = std::max(0.05, 1.0 - distance_s / half_s);
      weights[slot] += weight;
      for (std::size_t v = 0; v < voices; ++v) scores[slot * voices + v] += weight * cosines[w][v];
    }
  }
  for (std::size_t slot = 0; slot < slots; ++slot) {
    if (weights[slot] == 0.0) continue;
    for (std::size_t v = 0; v < voices; ++v) scores[slot * voices + v] /= weights[slot];
  }
  return scores;
}

/// The best sequence of voices if every change costs `change_cost` (Viterbi).
std::vector<int> best_sequence(const std::vector<double>& scores, std::size_t voices, double change_cost) {
  const std::size_t slots = scores.size() / voices;
  std::vector<double> best(scores.begin(), scores.begin() + static_cast<std::ptrdiff_t>(voices));
  std::vector<int> came_from(slots * voices);
  for (std::size_t slot = 1; slot < slots; ++slot) {
    const auto leader = static_cast<std::size_t>(std::max_element(best.begin(), best.end()) - best.begin());
    const double changed = best[leader] - change_cost;
    for (std::size_t v = 0; v < voices; ++v) {
      const bool stays = best[v] >= changed;
      came_from[slot * voices + v] = static_cast<int>(stays ? v : leader);
      best[v] = std::max(best[v], changed) + scores[slot * voices + v];
    }
  }
  std::vector<int> sequence(slots);
  auto voice = static_cast<int>(std::max_element(best.begin(), best.end()) - best.begin());
  for (std::size_t slot = slots; slot-- > 0;) {
    sequence[slot] = voice;
    voice = came_from[slot * voices + static_cast<std::size_t>(voice)];
  }
  return sequence;
}

void append_spans(const SpeechSpan& span, const std::vector<int>& sequence, std::vector<SpeakerSpan>& spans) {
  for (std::size_t slot = 0; slot < sequence.size(); ++slot) {
    const double start_s = span.start_s + static_cast<double>(slot) * kSlot_s;
    const double end_s = slot + 1 == sequence.size() ? span.end_s : start_s + kSlot_s;
    if (slot > 0 && sequence[slot] == sequence[slot - 1]) {
      spans.back().end_s = end_s;
    } else {
      spans.push_back({start_s, end_s, sequence[slot]});
    }
  }
}

void number_by_appearance(std::vector<SpeakerSpan>& spans) {
  std::map<int, int> numbers;
  for (SpeakerSpan& span : spans) {
    span.voice = numbers.try_emplace(span.voice, static_cast<int>(numbers.size())).first->second;
  }
}

}  // namespace

struct Diarizer::Impl {
  SpeakerEncoder encoder;
  DiarizerOptions options;
  std::vector<SpeechSpan> spans;
  std::vector<WindowPlace> places;
  std::vector<Embedding> embeddings;
  std::vector<float> pending;  // windows not embedded yet

  Impl(SpeakerEncoder loaded, const DiarizerOptions& chosen) : encoder(std::move(loaded)), options(chosen) {}

  void embed_pending() {
    const std::vector<Embedding> fresh = encoder.embed(pending);
    embeddings.insert(embeddings.end(), fresh.begin(), fresh.end());
    pending.clear();
  }

  /// `frames` whole frames of mel values; a span shorter than a window is repeated until it fills one.
  void add_window(const std::vector<float>& mels, std::size_t frames, std::size_t first,
                  double span_start_s) {
    const std::size_t length = std::min(frames, SpeakerEncoder::kWindowFrames);
    for (std::size_t i = 0; i < SpeakerEncoder::kWindowFrames; ++i) {
      const auto frame = mels.begin() + static_cast<std::ptrdiff_t>((first + i % length) * kFrameValues);
      pending.insert(pending.end(), frame, frame + static_cast<std::ptrdiff_t>(kFrameValues));
    }
    const double start_s = span_start_s + static_cast<double>(first) * kFrame_s;
    places.push_back({start_s, start_s + static_cast<double>(length) * kFrame_s});
    if (pending.size() >= kPendingWindows * kWindowValues) embed_pending();
  }
};

Diarizer::Diarizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Diarizer::Diarizer(Diarizer&&) noexcept = default;
Diarizer& Diarizer::operator=(Diarizer&&) noexcept = default;
Diarizer::~Diarizer() = default;

Result<Diarizer> Diarizer::load(const std::filesystem::path& folder, const DiarizerOptions& options) {
  auto encoder = SpeakerEncoder::load(folder);
  if (!encoder) return tl::unexpected<Error>(encoder.error());
  return Diarizer(std::make_unique<Impl>(std::move(*encoder), options));
}

void Diarizer::add(double start_s, std::span<const float> pcm) {
  if (pcm.empty()) return;
  const std::vector<float> mels = impl_->encoder.mel_frames(at_training_level(pcm));
  const std::size_t frames = mels.size() / kFrameValues;
  const auto hop = static_cast<std::size_t>(std::max(1.0, std::round(impl_->options.hop_s / kFrame_s)));
  SpeechSpan span{start_s, start_s + static_cast<double>(pcm.size()) / kRate_hz, impl_->places.size(), 0};
  const std::size_t last =
      frames > SpeakerEncoder::kWindowFrames ? frames - SpeakerEncoder::kWindowFrames : 0;
  for (std::size_t first = 0; first < last; first += hop) impl_->add_window(mels, frames, first, start_s);
  impl_->add_window(mels, frames, last, start_s);
  span.windows = impl_->places.size() - span.first_window;
  impl_->spans.push_back(span);
}

std::vector<SpeakerSpan> Diarizer::finish() {
  impl_->embed_pending();
  const DiarizerOptions& options = impl_->options;
  // Windows filled by repeating a scrap of sound would found voices of their own.
  std::vector<Embedding> whole;
  for (std::size_t w = 0; w < impl_->places.size(); ++w) {
    if (impl_->places[w].end_s - impl_->places[w].start_s >= 1.0) whole.push_back(impl_->embeddings[w]);
  }
  ClusteringOptions clustering;
  clustering.second_voice = options.second_voice;
  clustering.further_voice = options.further_voice;
  clustering.most_voices = static_cast<std::size_t>(std::max(1, options.most_voices));
  clustering.fewest_windows =
      static_cast<std::size_t>(std::max(1.0, options.shortest_voice_s / options.hop_s));
  const std::vector<Embedding> voices = find_voices(whole.empty() ? impl_->embeddings : whole, clustering);

  std::vector<std::vector<double>> cosines;
  for (const Embedding& embedding : impl_->embeddings) {
    std::vector<double>& own = cosines.emplace_back();
    for (const Embedding& voice : voices) own.push_back(cosine(embedding, voice));
  }
  std::vector<SpeakerSpan> result;
  for (const SpeechSpan& span : impl_->spans) {
    const auto slots =
        static_cast<std::size_t>(std::max(1.0, std::round((span.end_s - span.start_s) / kSlot_s)));
    const std::vector<double> scores = voice_scores(span, impl_->places, cosines, slots);
    append_spans(span, best_sequence(scores, voices.size(), options.change_cost), result);
  }
  number_by_appearance(result);
  return result;
}

// ---- transcript ----

namespace {

/// The voice heard longest within [start_s, end_s]; -1 if none. `from`: index of the first span that can
/// matter; moves forward with the questions, which come in order of time.
int voice_within(const std::vector<SpeakerSpan>& spans, double start_s, double end_s) {
  auto at = std::lower_bound(spans.begin(), spans.end(), start_s,
                             [](const SpeakerSpan& span, double time_s) { return span.end_s <= time_s; });
  std::map<int, double> heard_s;
  for (; at != spans.end() && at->start_s < end_s; ++at) {
    heard_s[at->voice] += std::min(end_s, at->end_s) - std::max(start_s, at->start_s);
  }
  int voice = -1;
  double longest_s = 0.0;
  for (const auto& [candidate, duration_s] : heard_s) {
    if (duration_s > longest_s) {
      voice = candidate;
      longest_s = duration_s;
    }
  }
  return voice;
}

/// A word between two voices' spans belongs to whoever it lies nearest to in the sentence: its neighbour
/// before.
std::vector<int> voices_of_words(const Utterance& utterance, const std::vector<SpeakerSpan>& spans) {
  std::vector<int> voices;
  for (const Word& word : utterance.words) {
    const int heard = voice_within(spans, word.start_s, std::max(word.end_s, word.start_s + 0.01));
    voices.push_back(heard >= 0 || voices.empty() ? heard : voices.back());
  }
  for (std::size_t i = voices.size(); i-- > 1;) {
    if (voices[i - 1] < 0) voices[i - 1] = voices[i];
  }
  return voices;
}

/// Runs of one voice, as indices of the words that begin them. Runs too short to be somebody's turn are noise
/// of the border and go to the voice before them (after them at the start).
std::vector<std::size_t> turns_of_words(const Utterance& utterance, std::vector<int>& voices) {
  std::vector<std::size_t> begins;
  for (std::size_t begin = 0; begin < voices.size();) {
    std::size_t end = begin;
    while (end < voices.size() && voices[end] == voices[begin]) ++end;
    const bool too_short = utterance.words[end - 1].end_s - utterance.words[begin].start_s < kShortestTurn_s;
    if (too_short && (begin > 0 || end < voices.size())) {
      const int neighbour = begin > 0 ? voices[begin - 1] : voices[end];
      std::fill(voices.begin() + static_cast<std::ptrdiff_t>(begin),
                voices.begin() + static_cast<std::ptrdiff_t>(end), neighbour);
    }
    begin = end;
  }
  for (std::size_t i = 0; i < voices.size(); ++i) {
    if (i == 0 || voices[i] != voices[i - 1]) begins.push_back(i);
  }
  return begins;
}

Utterance part_of(const Utterance& whole, std::size_t begin, std::size_t end) {
  Utterance part;
  part.speaker = whole.speaker;
  part.words.assign(whole.words.begin() + static_cast<std::ptrdiff_t>(begin),
                    whole.words.begin() + static_cast<std::ptrdiff_t>(end));
  for (const Word& word : part.words) part.text += word.text;
  part.start_s = begin == 0 ? whole.start_s : part.words.front().start_s;
  part.end_s = end == whole.words.size() ? whole.end_s : part.words.back().end_s;
  if (whole.confidence) part.confidence = mean_probability(part.words);
  return part;
}

/// True if the text is its words one after the other, so that parts of the words are parts of the text.
bool words_make_the_text(const Utterance& utterance) {
  std::string joined;
  for (const Word& word : utterance.words) joined += word.text;
  return joined == utterance.text;
}

}  // namespace

void apply_speakers(Transcript& transcript, std::vector<RawCues>& cues,
                    const std::vector<SpeakerSpan>& spans) {
  cues.resize(transcript.utterances.size());
  std::vector<Utterance> utterances;
  std::vector<RawCues> kept_cues;
  for (std::size_t i = 0; i < transcript.utterances.size(); ++i) {
    Utterance& whole = transcript.utterances[i];
    std::vector<int> voices = words_make_the_text(whole) ? voices_of_words(whole, spans) : std::vector<int>{};
    const std::vector<std::size_t> begins = turns_of_words(whole, voices);
    if (begins.size() < 2) {
      whole.channel = voices.empty() ? voice_within(spans, whole.start_s, whole.end_s) : voices.front();
      utterances.push_back(std::move(whole));
      kept_cues.push_back(cues[i]);
      continue;
    }
    for (std::size_t turn = 0; turn < begins.size(); ++turn) {
      const std::size_t end = turn + 1 < begins.size() ? begins[turn + 1] : voices.size();
      utterances.push_back(part_of(whole, begins[turn], end));
      utterances.back().channel = voices[begins[turn]];
      kept_cues.emplace_back();
    }
  }
  for (std::size_t i = 0; i < utterances.size(); ++i) utterances[i].index = static_cast<int>(i);
  transcript.utterances = std::move(utterances);
  cues = std::move(kept_cues);
}

}  // namespace guardian::speech
