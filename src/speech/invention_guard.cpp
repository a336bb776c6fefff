#include "speech/invention_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/clock.h"
#include "base/text.h"

namespace guardian::speech {
namespace {

constexpr double kInaudible_dbfs = -62.0;
constexpr double kBlock_s = 0.02;
constexpr double kLoudShare = 0.1;  // the loudest tenth of the blocks stands for the speech in it
constexpr double kNoSpeech = 0.6;   // both thresholds as in the reference code
constexpr double kUnlikely = -1.0;
constexpr double kMaximumCharactersPerSecond = 25.0;
constexpr double kMinimumDuration_s = 0.3;
constexpr std::size_t kVideoPhraseSlack = 8;  // characters besides the phrase, e.g. 「最後まで」
constexpr double kCertain = 0.9;

// Said at the end of videos, never to a shop or a call centre.
constexpr std::array<std::string_view, 9> kVideoPhrases = {"ご視聴ありがとうございました",
                                                           "ご清聴ありがとうございました",
                                                           "チャンネル登録",
                                                           "高評価",
                                                           "ご視聴いただき",
                                                           "ご視聴いただきありがとうございました",
                                                           "次の動画でお会いしましょう",
                                                           "字幕視聴ありがとうございました",
                                                           "ご覧いただきありがとうございます"};
// Also said by people, so only rejected where the recogniser itself is not certain.
constexpr std::array<std::string_view, 4> kFarewells = {"おやすみなさい", "ありがとうございました",
                                                        "お疲れ様でした", "バイバイ"};

double speech_level_dbfs(std::span<const float> sound) {
  const auto block = static_cast<std::size_t>(kBlock_s * 16000);
  std::vector<double> levels;
  for (; sound.size() >= block; sound = sound.subspan(block)) {
    double energy = 0.0;
    for (const float sample : sound.first(block)) energy += static_cast<double>(sample) * sample;
    levels.push_back(energy / static_cast<double>(block));
  }
  if (levels.empty()) return 0.0;  // too short to say anything against it
  const auto index = static_cast<std::ptrdiff_t>(static_cast<double>(levels.size()) * (1.0 - kLoudShare));
  std::nth_element(levels.begin(), levels.begin() + std::min(index, std::ssize(levels) - 1), levels.end());
  return 10.0 * std::log10(std::max(levels[static_cast<std::size_t>(std::min(index, std::ssize(levels) - 1))],
                                    1e-12));
}

template <std::size_t size>
bool is_mostly(const std::string& text, const std::array<std::string_view, size>& phrases,
               std::size_t slack) {
  return std::any_of(phrases.begin(), phrases.end(), [&](std::string_view phrase) {
    return text.find(phrase) != std::string::npos &&
           count_characters(text) <= count_characters(phrase) + slack;
  });
}

}  // namespace

Invention find_invention(const Utterance& utterance, std::span<const float> sound,
                         const Recognition& window) {
  if (speech_level_dbfs(sound) < kInaudible_dbfs) return Invention::no_sound;
  if (window.no_speech_probability > kNoSpeech && window.average_log_probability < kUnlikely)
    return Invention::not_speech;
  const std::string text = normalize(utterance.text).text;
  if (is_mostly(text, kVideoPhrases, kVideoPhraseSlack)) return Invention::video_phrase;
  const double confidence = utterance.confidence.value_or(1.0);
  if (is_mostly(text, kFarewells, 2) && window.no_speech_probability > kNoSpeech && confidence < kCertain)
    return Invention::not_speech;
  const double duration_s = std::max(utterance.end_s - utterance.start_s, kMinimumDuration_s);
  if (static_cast<double>(count_characters(text)) / duration_s > kMaximumCharactersPerSecond)
    return Invention::impossible_rate;
  return Invention::none;
}

Text describe_rejection(const Utterance& utterance, Invention reason) {
  const auto position = format_position(utterance.start_s);
  const auto text = printable(utterance.text);
  const auto say = [&](std::string_view ja, std::string_view en) {
    return Text{fmt::format("{} の「{}」は採用しませんでした ({})", position, text, ja),
                fmt::format("rejected \"{}\" at {} ({})", text, position, en)};
  };
  switch (reason) {
    case Invention::no_sound:
      return say("その時刻に音がない", "there is no sound at that time");
    case Invention::video_phrase:
      return say("認識器が作り出しがちな定型句", "a phrase that recognisers invent");
    case Invention::not_speech:
      return say("人の声ではない可能性が高い", "most likely not speech");
    case Invention::impossible_rate:
      return say("その時間では話せない長さ", "too long for the time");
    case Invention::none:
      break;
  }
  return {};
}

}  // namespace guardian::speech
