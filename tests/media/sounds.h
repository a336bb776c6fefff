// tests/media/sounds.h - small recordings with known content, written by ourselves or coded by the ffmpeg
// program.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "media/audio_reader.h"
#include "media/recording.h"
#include "support.h"

namespace guardian::test {

using Samples = std::vector<std::vector<float>>;  // [channel][sample]

inline void append_number(std::string& bytes, std::uint32_t value, int size) {
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFFU);
}

/// Header of a PCM16 WAV file.
inline std::string wav_header(int channels, int rate_hz, std::uint32_t data_bytes) {
  std::string bytes = "RIFF";
  append_number(bytes, 36 + data_bytes, 4);
  bytes += "WAVEfmt ";
  append_number(bytes, 16, 4);
  append_number(bytes, 1, 2);
  append_number(bytes, static_cast<std::uint32_t>(channels), 2);
  append_number(bytes, static_cast<std::uint32_t>(rate_hz), 4);
  append_number(bytes, static_cast<std::uint32_t>(rate_hz * channels * 2), 4);
  append_number(bytes, static_cast<std::uint32_t>(channels * 2), 2);
  append_number(bytes, 16, 2);
  bytes += "data";
  append_number(bytes, data_bytes, 4);
  return bytes;
}

inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_wav(const std::filesystem::path& path, const Samples& samples, int rate_hz) {
  std::string data;
  for (std::size_t i = 0; i < samples[0].size(); ++i)
    for (const auto& channel : samples)
      append_number(
          data, static_cast<std::uint32_t>(std::lround(std::clamp(channel[i], -1.0F, 1.0F) * 32767.0F)), 2);
  write_bytes(
      path,
      wav_header(static_cast<int>(samples.size()), rate_hz, static_cast<std::uint32_t>(data.size())) + data);
}

/// A file of silence that takes no room on the disk.
inline void write_long_silence(const std::filesystem::path& path, double seconds) {
  constexpr int kRate_hz = 8000;
  const auto data_bytes = static_cast<std::uint32_t>(seconds * kRate_hz * 2);
  const std::string header = wav_header(1, kRate_hz, data_bytes);
  write_bytes(path, header);
  std::filesystem::resize_file(path, header.size() + data_bytes);
}

struct Tone {
  double start_s;
  double end_s;
  double frequency_hz;
  double amplitude;
};

/// Silence of `seconds` with one tone in it.
inline std::vector<float> tone(const Tone& wanted, double seconds, int rate_hz) {
  std::vector<float> samples(static_cast<std::size_t>(seconds * rate_hz));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double time_s = static_cast<double>(i) / rate_hz;
    if (time_s >= wanted.start_s && time_s < wanted.end_s)
      samples[i] = static_cast<float>(wanted.amplitude *
                                      std::sin(2 * std::numbers::pi * wanted.frequency_hz * time_s));
  }
  return samples;
}

inline std::vector<float> noise(double seconds, int rate_hz, double amplitude, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> samples(static_cast<std::size_t>(seconds * rate_hz));
  for (auto& sample : samples)
    sample = static_cast<float>(
        amplitude * (static_cast<double>(random()) / static_cast<double>(std::mt19937::max()) * 2 - 1));
  return samples;
}

/// Four seconds; channel n has its tone from 0.5 + 0.8 n seconds on, 0.6 s long.
inline Samples staircase(int channels, int rate_hz) {
  Samples samples;
  for (int i = 0; i < channels; ++i)
    samples.push_back(tone({0.5 + 0.8 * i, 1.1 + 0.8 * i, 440.0 + 200.0 * i, 0.5}, 4.0, rate_hz));
  return samples;
}

inline bool have_ffmpeg() {
  static const bool found = std::system("ffmpeg -version >/dev/null 2>&1") == 0;
  return found;
}

/// Runs ffmpeg on `input` and returns the file it made; an empty path if it could not.
inline std::filesystem::path converted(const std::filesystem::path& input, const std::string& name,
                                       const std::string& arguments) {
  const auto output = input.parent_path() / name;
  const std::string command = "timeout 30 ffmpeg -nostdin -v error -y -i '" + input.string() + "' " +
                              arguments + " '" + output.string() + "' 2>/dev/null";
  return std::system(command.c_str()) == 0 ? output : std::filesystem::path();
}

/// Everything that AudioReader gives, one lane per channel.
inline Result<Samples> read_all(const std::filesystem::path& path) {
  auto reader = media::AudioReader::open(path);
  if (!reader) return tl::unexpected<Error>(reader.error());
  Samples samples(static_cast<std::size_t>(reader->channels()));
  for (;;) {
    auto block = reader->read();
    if (!block) return tl::unexpected<Error>(block.error());
    if (!*block) return samples;
    for (std::size_t i = 0; i < samples.size(); ++i)
      samples[i].insert(samples[i].end(), (*block)->channels[i].begin(), (*block)->channels[i].end());
  }
}

/// Seconds until the lane first gets loud; -1 if it never does.
inline double onset_s(const std::vector<float>& lane, float level = 0.2F) {
  const auto found =
      std::find_if(lane.begin(), lane.end(), [=](float sample) { return std::abs(sample) > level; });
  return found == lane.end() ? -1.0 : static_cast<double>(found - lane.begin()) / media::kListeningRate_hz;
}

inline bool warns_of(const media::Recording& recording, media::Warning::Code code) {
  return std::any_of(recording.warnings.begin(), recording.warnings.end(),
                     [=](const auto& warning) { return warning.code == code; });
}

/// The warnings in one line, for failure messages.
inline std::string warnings_of(const media::Recording& recording) {
  std::string line;
  for (const auto& warning : recording.warnings) line += warning.text.en + "; ";
  return line;
}

inline long peak_memory_MB() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

#ifdef __SANITIZE_ADDRESS__
constexpr bool kMemoryIsMeasurable = false;  // the sanitizer keeps freed memory
#else
constexpr bool kMemoryIsMeasurable = true;
#endif

}  // namespace guardian::test

#define GUARDIAN_NEEDS_FFMPEG() \
  if (!guardian::test::have_ffmpeg()) GTEST_SKIP() << "needs the ffmpeg program, not installed"
