// speech/window_packer.h - fills the recogniser's 30 s windows with speech.
// Whisper spends the same work on a window whether it is full or not, so the spans of one channel are put one
// after the other, with a short silence between them, and every window remembers where its pieces came from.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace guardian::speech {

/// One stretch of the recording inside a window.
struct Piece {
  double window_s = 0.0;  ///< where it begins in the window
  double start_s = 0.0;   ///< where it begins in the recording
  double length_s = 0.0;
};

struct PackedWindow {
  int channel = 0;
  std::vector<float> pcm;     ///< 16 kHz, at most 30 s
  std::vector<Piece> pieces;  ///< in order
};

class WindowPacker {
 public:
  explicit WindowPacker(int channel) : channel_(channel) {}

  /// Adds a stretch of speech that begins at `start_s` in the recording. Returns the windows that are full; a
  /// stretch too long for one window is cut at its quietest moments.
  std::vector<PackedWindow> add(std::span<const float> pcm, double start_s);

  /// The last, partly filled window, if there is one.
  std::optional<PackedWindow> finish();

 private:
  void append(std::span<const float> pcm, double start_s);

  int channel_;
  PackedWindow open_;
};

/// Index of the piece that a stretch of the window shares most time with. Alignment often begins the first
/// word after a pause within the pause, so the stretch's middle would be a worse guide.
std::size_t find_piece(const PackedWindow& window, double begin_s, double end_s);

/// The moment of the recording behind a moment of the window, kept within the given piece.
double to_recording_time(const Piece& piece, double window_s);

}  // namespace guardian::speech
