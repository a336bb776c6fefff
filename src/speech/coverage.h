// speech/coverage.h - speech that a recogniser passed over.
// Whisper sometimes ends a window's text early although somebody is still speaking. What was said there would
// be lost without a trace, so the pieces concerned are listened to again, each by itself.
#pragma once

#include <cstddef>
#include <vector>

#include "speech/recognizer.h"
#include "speech/window_packer.h"

namespace guardian::speech {

/// Pieces (by index) of which at least the last half second has no words, or that have no words at all. Empty
/// for windows of one piece: heard again they would give the same answer.
std::vector<std::size_t> find_unheard_pieces(const PackedWindow& window, const Recognition& recognition);

/// The piece as a window of its own.
PackedWindow window_of_piece(const PackedWindow& window, std::size_t piece);

/// Takes the piece's tokens out of the recognition. Returns how many bytes of text they had.
std::size_t take_out_piece(const PackedWindow& window, std::size_t piece, Recognition& recognition);

}  // namespace guardian::speech
