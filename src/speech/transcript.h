// speech/transcript.h - who said what, when, and how it sounded.
// speech/ makes it from PCM, or it is read from a file of the contract (transcript.schema.json); judgement/
// reads it.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace guardian::speech {

enum class Speaker { customer, employee, unknown };

/// The contract's word: "customer", "employee" or "unknown".
constexpr const char* speaker_id(Speaker speaker) {
  if (speaker == Speaker::customer) return "customer";
  return speaker == Speaker::employee ? "employee" : "unknown";
}

enum class Setting { phone, meeting, counter };

/// One recognised word. Times are seconds from the start of the recording.
struct Word {
  std::string text;
  double start_s = 0.0;
  double end_s = 0.0;
  double probability = 0.0;  ///< the recogniser's, in [0, 1]
};

/// Words less probable than this were hard to make out: of their characters 60 % were wrong on 110 synthetic
/// calls (Whisper base), of the others' 14 %.
constexpr double kDoubtfulBelow = 0.4;

/// Of at least one word.
inline double mean_probability(const std::vector<Word>& words) {
  double sum = 0.0;
  for (const auto& word : words) sum += word.probability;
  return sum / static_cast<double>(words.size());
}

/// Utterance::confidence, to three decimals; empty without words.
inline std::optional<double> confidence_of(const std::vector<Word>& words) {
  if (words.empty()) return std::nullopt;
  return std::round(mean_probability(words) * 1000.0) / 1000.0;
}

/// How an utterance sounded, measured on its own channel. Empty where it could not be measured.
struct SoundCues {
  std::optional<double> loudness_db;         ///< mean speech level, dB relative to full scale
  std::optional<double> loudness_change_db;  ///< above (+) the same speaker's own median in this recording
  std::optional<double> pitch_hz;            ///< median F0 of the voiced parts
  std::optional<double> pitch_change_st;     ///< semitones above (+) the same speaker's own median
  std::optional<double> rate_morae_per_s;    ///< speech rate
  std::optional<double> overlap_s;           ///< time spoken while the other side was speaking
  std::optional<double>
      response_gap_s;         ///< silence between the other side's last words and this; negative: cut in
  bool interruption = false;  ///< began while the other side was speaking and took the floor
};

/// A stretch of speech by one person without a long pause: the unit that is judged and quoted.
struct Utterance {
  int index = 0;
  Speaker speaker = Speaker::unknown;
  int channel =
      0;  ///< in the file, from 0; for mono recordings the diarized voice, from 0, or -1 if not told apart
  std::string text;
  double start_s = 0.0;
  double end_s = 0.0;
  std::optional<double> confidence;  ///< mean word probability; empty for ready transcripts
  std::vector<Word> words;           ///< empty for ready transcripts
  SoundCues cues;
};

/// Utterances in order of start, numbered from 0.
struct Transcript {
  std::string id;
  std::optional<Setting> setting;
  std::string industry;
  std::optional<bool> company_fault;
  std::vector<Utterance> utterances;
  double speech_s = 0.0;       ///< time in which anybody spoke
  std::string asr_model;       ///< name of the recogniser's model; "none" for ready transcripts
  bool timed = true;           ///< false if a ready transcript carried no times; all are 0 then
  std::vector<Text> warnings;  ///< e.g. how roles were decided, text that was rejected as invented
};

}  // namespace guardian::speech
