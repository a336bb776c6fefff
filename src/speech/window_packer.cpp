#include "speech/window_packer.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace guardian::speech {
namespace {

constexpr double kRate_hz = 16000.0;
constexpr std::size_t kCapacity =
    std::size_t{29} * 16000;                      // a little less than 30 s: the last word needs room to end
constexpr std::size_t kSilence = 16000 * 3 / 10;  // between two pieces: heard as the end of a phrase
constexpr std::size_t kSearch = std::size_t{8} * 16000;  // where in an overlong stretch a cut is looked for
constexpr std::size_t kQuietBlock = 320;                 // 20 ms

double seconds(std::size_t samples) { return static_cast<double>(samples) / kRate_hz; }

/// Where to cut a stretch that is too long: the quietest 20 ms in the last seconds that fit.
std::size_t find_cut(std::span<const float> pcm) {
  std::size_t best = kCapacity;
  double least = std::numeric_limits<double>::max();
  for (std::size_t begin = kCapacity - kSearch; begin + kQuietBlock <= kCapacity; begin += kQuietBlock) {
    double energy = 0.0;
    for (const float sample : pcm.subspan(begin, kQuietBlock)) energy += static_cast<double>(sample) * sample;
    if (energy >= least) continue;
    least = energy;
    best = begin + kQuietBlock / 2;
  }
  return best;
}

}  // namespace

void WindowPacker::append(std::span<const float> pcm, double start_s) {
  if (!open_.pcm.empty()) open_.pcm.insert(open_.pcm.end(), kSilence, 0.0F);
  open_.channel = channel_;
  open_.pieces.push_back({seconds(open_.pcm.size()), start_s, seconds(pcm.size())});
  open_.pcm.insert(open_.pcm.end(), pcm.begin(), pcm.end());
}

std::vector<PackedWindow> WindowPacker::add(std::span<const float> pcm, double start_s) {
  std::vector<PackedWindow> full;
  while (!pcm.empty()) {
    const bool fits = open_.pcm.empty() || open_.pcm.size() + kSilence + pcm.size() <= kCapacity;
    if (!fits) {
      full.push_back(std::exchange(open_, PackedWindow{}));
      continue;
    }
    const std::size_t take = pcm.size() <= kCapacity ? pcm.size() : find_cut(pcm);
    append(pcm.first(take), start_s);
    start_s += seconds(take);
    pcm = pcm.subspan(take);
  }
  return full;
}

std::optional<PackedWindow> WindowPacker::finish() {
  if (open_.pcm.empty()) return std::nullopt;
  return std::exchange(open_, PackedWindow{});
}

std::size_t find_piece(const PackedWindow& window, double begin_s, double end_s) {
  std::size_t best = 0;
  double most_s = std::numeric_limits<double>::lowest();
  for (std::size_t i = 0; i < window.pieces.size(); ++i) {
    const auto& piece = window.pieces[i];
    // Negative where they do not meet: then the distance, so that silence belongs to the nearer piece.
    const double shared_s =
        std::min(end_s, piece.window_s + piece.length_s) - std::max(begin_s, piece.window_s);
    if (shared_s <= most_s) continue;
    most_s = shared_s;
    best = i;
  }
  return best;
}

double to_recording_time(const Piece& piece, double window_s) {
  return piece.start_s + std::clamp(window_s - piece.window_s, 0.0, piece.length_s);
}

}  // namespace guardian::speech
