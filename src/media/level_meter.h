// media/level_meter.h - level, clipping, likeness of channels and the waveform, measured while samples pass
// by.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "media/decoder.h"
#include "media/recording.h"

namespace guardian::media {

/// Memory does not grow with the recording's length.
class LevelMeter {
 public:
  LevelMeter(int channels, int rate_hz);
  LevelMeter(LevelMeter&&) noexcept;
  LevelMeter& operator=(LevelMeter&&) noexcept;
  ~LevelMeter();

  void add(const Pcm& pcm);

  double duration_s() const;
  /// In stretches of a minute or more in which no channel rises above the noise floor.
  double silence_s() const;
  std::vector<ChannelLevel> levels() const;
  std::vector<std::vector<Peak>> peaks() const;

  /// True if all channels carry the same sound, up to the noise of lossy coding and a difference in level.
  bool is_dual_mono() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::media
