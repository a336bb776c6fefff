// tests/speech/listening.h - recordings for tests of speech/: made sounds, WAV files, and the way from file
// to transcript.
#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "media/audio_reader.h"
#include "media/inspect.h"
#include "speech/open_recognizer.h"
#include "speech/transcribe.h"
#include "support.h"

namespace guardian::test {

inline std::filesystem::path models_dir() { return source_dir() / ".deps/models"; }
inline std::filesystem::path voice_activity_weights() { return models_dir() / "silero-vad/silero_vad.onnx"; }

using Sound = std::vector<float>;

inline Sound silence(double seconds) { return Sound(static_cast<std::size_t>(seconds * 16000.0), 0.0F); }

inline Sound tone(double hertz, float amplitude, double seconds) {
  Sound sound = silence(seconds);
  for (std::size_t i = 0; i < sound.size(); ++i)
    sound[i] = amplitude * static_cast<float>(
                               std::sin(2.0 * std::numbers::pi * hertz * static_cast<double>(i) / 16000.0));
  return sound;
}

/// White noise, the same in every run.
inline Sound noise(float amplitude, double seconds) {
  std::minstd_rand generator(1);
  std::uniform_real_distribution<float> sample(-amplitude, amplitude);
  Sound sound = silence(seconds);
  for (auto& value : sound) value = sample(generator);
  return sound;
}

/// Chords that change every half second and fade, such as a telephone plays while one waits.
inline Sound waiting_music(double seconds) {
  constexpr double kChords[4][3] = {{262, 330, 392}, {220, 262, 330}, {175, 220, 262}, {196, 247, 294}};
  Sound sound = silence(seconds);
  for (std::size_t i = 0; i < sound.size(); ++i) {
    const double moment_s = static_cast<double>(i) / 16000.0;
    const auto& chord = kChords[static_cast<std::size_t>(moment_s * 2.0) % 4];
    const double fade = std::exp(-3.0 * std::fmod(moment_s, 0.5));
    for (const double hertz : chord)
      sound[i] += static_cast<float>(0.15 * fade * std::sin(2.0 * std::numbers::pi * hertz * moment_s));
  }
  return sound;
}

/// 16-bit WAV at 16 kHz; channels of equal length.
inline void write_wav(const std::filesystem::path& path, const std::vector<Sound>& channels) {
  std::ofstream file(path, std::ios::binary);
  const auto put = [&](std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) file.put(static_cast<char>((value >> (8 * i)) & 0xFFU));
  };
  const auto count = static_cast<std::uint32_t>(channels.size());
  const auto data_bytes = static_cast<std::uint32_t>(channels[0].size()) * count * 2;
  file << "RIFF";
  put(36 + data_bytes, 4);
  file << "WAVEfmt ";
  put(16, 4);
  put(1, 2);
  put(count, 2);
  put(16000, 4);
  put(16000 * count * 2, 4);
  put(count * 2, 2);
  put(16, 2);
  file << "data";
  put(data_bytes, 4);
  for (std::size_t i = 0; i < channels[0].size(); ++i)
    for (const auto& channel : channels)
      put(static_cast<std::uint32_t>(static_cast<std::int32_t>(std::lround(channel[i] * 32767.0F))), 2);
}

/// All channels of a file at 16 kHz.
inline std::vector<Sound> read_channels(const std::filesystem::path& path) {
  auto reader = media::AudioReader::open(path);
  if (!reader) throw std::runtime_error(describe(reader.error(), Language::english));
  std::vector<Sound> channels(static_cast<std::size_t>(reader->channels()));
  for (;;) {
    const auto block = reader->read();
    if (!block) throw std::runtime_error(describe(block.error(), Language::english));
    if (!*block) return channels;
    for (std::size_t i = 0; i < channels.size(); ++i)
      channels[i].insert(channels[i].end(), (*block)->channels[i].begin(), (*block)->channels[i].end());
  }
}

/// The default model, loaded once per test program.
inline speech::Recognizer& default_recognizer() {
  static const auto recognizer = [] {
    const auto model = speech::read_model_folder(models_dir() / "whisper-base");
    if (!model) throw std::runtime_error(describe(model.error(), Language::english));
    auto opened = speech::open_recognizer(*model, 2);
    if (!opened) throw std::runtime_error(describe(opened.error(), Language::english));
    return std::move(*opened);
  }();
  return *recognizer;
}

inline Result<speech::HeardSpeech> listen(const std::filesystem::path& path, speech::Recognizer& recognizer,
                                          const speech::TranscribeHooks& hooks = {}) {
  const auto recording = media::inspect(path, {}, {});
  if (!recording) return tl::unexpected<Error>(recording.error());
  auto reader = media::AudioReader::open(path);
  if (!reader) return tl::unexpected<Error>(reader.error());
  return speech::transcribe({[&] { return reader->read(); }, &*recording, voice_activity_weights()},
                            recognizer, hooks);
}

}  // namespace guardian::test
