#include "speech/utterance_builder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "base/clock.h"
#include "speech/voice_activity.h"

namespace guardian::speech {
namespace {

constexpr double kPause_s = 0.7;
constexpr double kLongUtterance_s = 15.0;
// Alignment may miss a pause by a few tokens; a sentence's end nearby is the better border.
constexpr std::size_t kBorderSearch = 3;

bool ends_sentence(const Token& token) {
  static constexpr std::array<std::string_view, 5> kMarks = {"。", "?", "!", "?", "!"};
  return std::any_of(kMarks.begin(), kMarks.end(),
                     [&](std::string_view mark) { return token.text.ends_with(mark); });
}

/// Where the recogniser itself sees a border behind a token: a sentence's end, or the space it puts between
/// phrases, which may come with the token before it or the one after.
bool ends_phrase(const std::vector<Token>& tokens, std::size_t index) {
  return ends_sentence(tokens[index]) || tokens[index].text.ends_with(' ') ||
         (index + 1 < tokens.size() && tokens[index + 1].text.starts_with(' '));
}

/// For every token the piece it was spoken in.
std::vector<std::size_t> assign_pieces(const PackedWindow& window, const std::vector<Token>& tokens) {
  std::vector<std::size_t> pieces;
  for (const auto& token : tokens) {
    const std::size_t piece = find_piece(window, token.start_s, token.end_s);
    pieces.push_back(pieces.empty() ? piece : std::max(piece, pieces.back()));
  }
  return pieces;
}

/// Moves each border between two pieces to the end of a sentence that lies within a few tokens.
void snap_to_sentences(const std::vector<Token>& tokens, std::vector<std::size_t>& pieces) {
  for (std::size_t border = 1; border < tokens.size(); ++border) {
    const std::size_t before = pieces[border - 1];
    const std::size_t after = pieces[border];
    if (before == after || ends_phrase(tokens, border - 1)) continue;
    for (std::size_t distance = 1; distance <= kBorderSearch; ++distance) {
      if (border > distance && ends_phrase(tokens, border - 1 - distance)) {
        for (std::size_t i = border - distance; i < border && pieces[i] == before; ++i) pieces[i] = after;
        break;
      }
      const std::size_t ahead = border + distance - 1;
      if (ahead < tokens.size() && pieces[ahead] == after && ends_phrase(tokens, ahead)) {
        for (std::size_t i = border; i <= ahead; ++i) pieces[i] = before;
        border = ahead + 1;
        break;
      }
    }
  }
}

class Builder {
 public:
  explicit Builder(const PackedWindow& window) : window_(window) {}

  void add(const Token& token, std::size_t piece_index) {
    const auto& piece = window_.pieces[piece_index];
    const double start_s = to_milliseconds(to_recording_time(piece, token.start_s));
    const double end_s = to_milliseconds(std::max(start_s, to_recording_time(piece, token.end_s)));
    if (starts_anew(piece_index)) close();
    auto& utterance = open_.utterance;
    auto text = token.text;
    if (utterance.words.empty()) {
      text.erase(0, text.find_first_not_of(' '));
      if (text.empty()) return;
      utterance.channel = window_.channel;
      utterance.start_s = start_s;
      open_.window_start_s = token.start_s;
    }
    utterance.text += text;
    utterance.end_s = std::max(utterance.end_s, end_s);
    utterance.words.push_back({text, start_s, end_s, token.probability});
    open_.window_end_s = std::max(open_.window_end_s, token.end_s);
    piece_ = piece_index;
    sentence_ended_ = ends_sentence(token);
  }

  std::vector<WindowUtterance> finish() {
    close();
    return std::move(utterances_);
  }

 private:
  bool starts_anew(std::size_t piece_index) const {
    const auto& utterance = open_.utterance;
    if (utterance.words.empty()) return false;
    if (sentence_ended_ && utterance.end_s - utterance.start_s > kLongUtterance_s) return true;
    if (piece_index == piece_) return false;
    const auto& last = window_.pieces[piece_];
    // Spans carry padding on both sides.
    return window_.pieces[piece_index].start_s - (last.start_s + last.length_s) >
           kPause_s - (kPadBefore_s + kPadAfter_s);
  }

  void close() {
    auto& utterance = open_.utterance;
    while (!utterance.words.empty() &&
           utterance.words.back().text.find_first_not_of(" \n") == std::string::npos)
      drop_last_word();
    if (!utterance.words.empty()) {
      utterance.confidence = confidence_of(utterance.words);
      utterances_.push_back(std::move(open_));
    }
    open_ = WindowUtterance{};
  }

  void drop_last_word() {
    auto& utterance = open_.utterance;
    utterance.text.erase(utterance.text.size() - utterance.words.back().text.size());
    utterance.words.pop_back();
  }

  const PackedWindow& window_;
  WindowUtterance open_;
  std::vector<WindowUtterance> utterances_;
  std::size_t piece_ = 0;
  bool sentence_ended_ = false;
};

}  // namespace

std::vector<WindowUtterance> build_utterances(const PackedWindow& window, const Recognition& recognition) {
  if (window.pieces.empty()) return {};
  auto pieces = assign_pieces(window, recognition.tokens);
  snap_to_sentences(recognition.tokens, pieces);
  Builder builder(window);
  for (std::size_t i = 0; i < recognition.tokens.size(); ++i) builder.add(recognition.tokens[i], pieces[i]);
  return builder.finish();
}

}  // namespace guardian::speech
