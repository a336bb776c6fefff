#include "evaluation/mishearing.h"

#include <algorithm>

#include "base/text.h"

namespace guardian::evaluation {
namespace {

constexpr std::uint32_t kCalibrationSeed = 20261124;
constexpr int kCalibrationSteps = 12;
constexpr double kMaximumScale = 4.0;
constexpr double kMostWrong = 0.95;

/// Whether the next draw falls within the share. Not a distribution of <random>: those differ between
/// libraries.
bool draw(double share, std::mt19937& generator) {
  return static_cast<double>(generator()) < share * static_cast<double>(std::mt19937::max());
}

bool is_left_alone(const Morpheme& word) {
  return word.part_of_speech.starts_with("記号") || word.part_of_speech.starts_with("名詞,数");
}

bool is_in_kana(const Morpheme& word) { return to_hiragana(word.surface) == word.reading; }

/// Marks and letters that the dictionary takes for words have no sound to confuse.
bool is_kana(std::string_view character) { return character >= "ぁ" && character <= "ー"; }

/// The words of a text and the kana of all of them, each knowing its word.
struct Reading {
  std::vector<Morpheme> words;
  std::vector<std::string> kana;
  std::vector<std::size_t> word_of;

  Reading(const std::string& text, const Morphology& morphology) : words(morphology.analyze(text)) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      for (const auto character : split_characters(words[i].reading)) {
        if (!is_kana(character)) continue;
        kana.emplace_back(character);
        word_of.push_back(i);
      }
    }
  }
};

/// What became of one said word.
struct Fate {
  std::vector<std::pair<std::string, std::string>> kana;  ///< said and heard
  std::string written;                                    ///< the heard words that it lies in
  bool wrong = false;
};

std::vector<Fate> fates_of(const Reading& said, const Reading& heard) {
  std::vector<Fate> fates(said.words.size());
  std::vector<std::optional<std::size_t>> last_word(said.words.size());
  std::size_t word = 0;
  for (const auto& pair : align(said.kana, heard.kana)) {
    if (pair.said) word = said.word_of[*pair.said];
    if (word >= fates.size()) break;
    auto& fate = fates[word];
    if (pair.said) fate.kana.emplace_back(said.kana[*pair.said], "");
    if (pair.heard) {
      // What is heard beyond what was said joins the kana before it.
      if (!fate.kana.empty()) fate.kana.back().second += heard.kana[*pair.heard];
      const std::size_t other = heard.word_of[*pair.heard];
      if (last_word[word] != other) fate.written += heard.words[other].surface;
      last_word[word] = other;
    }
    fate.wrong = fate.wrong || !pair.said || !pair.heard || said.kana[*pair.said] != heard.kana[*pair.heard];
  }
  return fates;
}

}  // namespace

Mishearing Mishearing::learn(const std::vector<HeardPair>& pairs, Morphology morphology,
                             Homophones homophones) {
  Mishearing mishearing(std::move(morphology), std::move(homophones));
  for (const auto& pair : pairs) mishearing.learn_pair(pair);
  mishearing.calibrate(pairs);
  return mishearing;
}

Result<Mishearing> Mishearing::load(const std::filesystem::path& pairs) {
  const auto heard = read_heard_pairs(pairs);
  if (!heard) return tl::unexpected<Error>(heard.error());
  auto morphology = Morphology::load();
  if (!morphology) return tl::unexpected<Error>(morphology.error());
  auto homophones = Homophones::load(Homophones::installed_source());
  if (!homophones) return tl::unexpected<Error>(homophones.error());
  return learn(*heard, std::move(*morphology), std::move(*homophones));
}

void Mishearing::learn_pair(const HeardPair& pair) {
  errors_ += count_errors(pair.said, pair.heard);
  const Reading said(pair.said, morphology_);
  const auto fates = fates_of(said, Reading(pair.heard, morphology_));
  bool after_wrong = false;
  for (std::size_t i = 0; i < said.words.size(); ++i) {
    const auto& word = said.words[i];
    const auto& fate = fates[i];
    if (is_left_alone(word)) continue;
    (after_wrong ? wrong_after_wrong_ : wrong_after_right_).add(fate.wrong);
    after_wrong = fate.wrong;
    if (fate.wrong) {
      for (const auto& [kana, heard] : fate.kana) became_[kana].push_back(heard);
    } else if (!is_in_kana(word)) {
      const bool rewritten = fate.written.find(word.surface) == std::string::npos;
      rewritten_.add(rewritten);
      if (rewritten) rewritten_as_kana_.add(to_hiragana(fate.written) == word.reading);
    }
  }
}

/// Bisection: the more words are wrong, the more characters are.
void Mishearing::calibrate(const std::vector<HeardPair>& pairs) {
  double low = 0.0;
  double high = kMaximumScale;
  for (int step = 0; step < kCalibrationSteps; ++step) {
    scale_ = (low + high) / 2.0;
    (errors_of(pairs).rate() < errors_.rate() ? low : high) = scale_;
  }
}

CharacterErrors Mishearing::errors_of(const std::vector<HeardPair>& pairs) const {
  std::mt19937 generator(kCalibrationSeed);
  CharacterErrors errors;
  for (const auto& pair : pairs) errors += count_errors(pair.said, hear(pair.said, generator));
  return errors;
}

std::string Mishearing::hear(const std::string& text, std::mt19937& generator) const {
  std::string heard;
  std::size_t copied = 0;
  bool wrong = false;
  for (const auto& word : morphology_.analyze(text)) {
    heard += text.substr(copied, word.begin - copied);
    copied = word.end;
    if (is_left_alone(word)) {
      heard += word.surface;
      continue;
    }
    const double share = (wrong ? wrong_after_wrong_ : wrong_after_right_).value() * scale_;
    wrong = draw(std::min(share, kMostWrong), generator);
    heard += hear_word(word, wrong, generator);
  }
  return heard + text.substr(copied);
}

std::string Mishearing::hear_word(const Morpheme& word, bool wrong, std::mt19937& generator) const {
  std::string reading = wrong ? hear_reading(word.reading, generator) : word.reading;
  if (reading == word.reading && (is_in_kana(word) || !draw(rewritten_.value(), generator)))
    return word.surface;
  if (is_in_kana(word) || draw(rewritten_as_kana_.value(), generator)) return reading;
  return homophones_.write(reading, word.surface);
}

std::string Mishearing::hear_reading(const std::string& reading, std::mt19937& generator) const {
  std::string heard;
  for (const auto character : split_characters(reading)) {
    const auto known = became_.find(std::string(character));
    if (known == became_.end())
      heard += character;
    else
      heard += known->second[generator() % known->second.size()];
  }
  return heard;
}

}  // namespace guardian::evaluation
