#include "speech/turns.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <string_view>
#include <utility>

namespace guardian::speech {
namespace {

constexpr double kLongestPause_s = 2.0;
constexpr double kLongestTurn_s = 20.0;
constexpr double kHeardPause_s = 0.5;  // shorter ones are a cut within a word or between two windows
constexpr int kNotToldApart = -1;

bool is_one_turn(const Utterance& before, const Utterance& after) {
  return before.channel == after.channel && before.channel != kNotToldApart &&
         before.speaker == after.speaker && after.start_s - before.end_s <= kLongestPause_s &&
         std::max(before.end_s, after.end_s) - before.start_s <= kLongestTurn_s;
}

bool ends_with_mark(std::string_view text) {
  static constexpr std::array<std::string_view, 8> kMarks = {"。", "、", "?", "？", "!", "！", "…", " "};
  return std::any_of(kMarks.begin(), kMarks.end(), [&](auto mark) { return text.ends_with(mark); });
}

/// Between both goes the mark that the recogniser itself writes where it hears a pause.
void append(Utterance& turn, Utterance&& next) {
  if (!ends_with_mark(turn.text) && next.start_s - turn.end_s >= kHeardPause_s) {
    constexpr std::string_view kPause = "、";
    turn.text += kPause;
    if (!turn.words.empty()) turn.words.back().text += kPause;
  }
  turn.text += next.text;
  turn.end_s = std::max(turn.end_s, next.end_s);
  std::move(next.words.begin(), next.words.end(), std::back_inserter(turn.words));
  turn.confidence = confidence_of(turn.words);
}

double level_of(const RawCues& cues) { return cues.level_db.value_or(std::numeric_limits<double>::lowest()); }

}  // namespace

void join_turns(Transcript& transcript, std::vector<RawCues>& cues) {
  cues.resize(transcript.utterances.size());
  std::vector<Utterance> turns;
  std::vector<RawCues> kept_cues;
  for (std::size_t i = 0; i < transcript.utterances.size(); ++i) {
    auto& utterance = transcript.utterances[i];
    if (!turns.empty() && is_one_turn(turns.back(), utterance)) {
      append(turns.back(), std::move(utterance));
      if (level_of(cues[i]) > level_of(kept_cues.back())) kept_cues.back() = cues[i];
      continue;
    }
    utterance.index = static_cast<int>(turns.size());
    turns.push_back(std::move(utterance));
    kept_cues.push_back(cues[i]);
  }
  transcript.utterances = std::move(turns);
  cues = std::move(kept_cues);
}

}  // namespace guardian::speech
