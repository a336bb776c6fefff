#include "media/level_meter.h"

#include <ebur128.h>

#include <algorithm>
#include <cmath>

namespace guardian::media {
namespace {

constexpr double kSilent_lufs = -70.0;  // EBU R 128's absolute gate
constexpr float kFullScale =
    0.98F;  // the highest code of mu-law is 0.9804, of A-law 0.984, of 8-bit PCM 0.992
constexpr double kActive_dbfs = -55.0;  // telephone noise floors lie below, quiet speech above
constexpr double kActivityBlock_s = 0.1;
constexpr std::int64_t kLongSilenceBlocks = 600;  // a minute
constexpr std::size_t kMaximumSlices = 2000;
constexpr std::int64_t kFirstSliceSamples = 256;
constexpr double kSameSound = 0.98;  // correlation; two lines of a call with crosstalk stay well below

struct LoudnessRelease {
  void operator()(ebur128_state* state) const { ebur128_destroy(&state); }
};

/// Lowest and highest samples in slices that double in length whenever there are too many of them.
class Waveform {
 public:
  void add(const std::vector<float>& samples) {
    for (const float sample : samples) {
      if (filled_ == 0) slices_.push_back({sample, sample});
      auto& slice = slices_.back();
      slice.low = std::min(slice.low, sample);
      slice.high = std::max(slice.high, sample);
      if (++filled_ == slice_samples_) filled_ = 0;
      if (filled_ == 0 && slices_.size() == kMaximumSlices) halve();
    }
  }
  const std::vector<Peak>& slices() const { return slices_; }

 private:
  void halve() {
    for (std::size_t i = 0; i < kMaximumSlices / 2; ++i)
      slices_[i] = {std::min(slices_[2 * i].low, slices_[2 * i + 1].low),
                    std::max(slices_[2 * i].high, slices_[2 * i + 1].high)};
    slices_.resize(kMaximumSlices / 2);
    slice_samples_ *= 2;
  }

  std::vector<Peak> slices_;
  std::int64_t slice_samples_ = kFirstSliceSamples;
  std::int64_t filled_ = 0;
};

/// One channel's running measures.
struct Lane {
  std::unique_ptr<ebur128_state, LoudnessRelease> loudness;
  Waveform waveform;
  double peak = 0.0;
  std::int64_t clipped = 0;
  std::int64_t active_blocks = 0;
  std::vector<bool> closed;  // the blocks that ended in the last samples: was there a sound?
  double block_energy = 0.0;
  std::int64_t block_filled = 0;
  double sum = 0.0;
  double energy = 0.0;
  double product = 0.0;  // with the first channel

  void add(const std::vector<float>& samples, const std::vector<float>& first, std::int64_t block_samples) {
    closed.clear();
    ebur128_add_frames_float(loudness.get(), samples.data(), samples.size());
    waveform.add(samples);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const double sample = samples[i];
      peak = std::max(peak, std::abs(sample));
      clipped += std::abs(samples[i]) >= kFullScale ? 1 : 0;
      sum += sample;
      energy += sample * sample;
      product += sample * first[i];
      block_energy += sample * sample;
      if (++block_filled == block_samples) close_block();
    }
  }

  void close_block() {
    const double mean = block_energy / static_cast<double>(block_filled);
    closed.push_back(mean > std::pow(10.0, kActive_dbfs / 10.0));
    if (closed.back()) ++active_blocks;
    block_energy = 0.0;
    block_filled = 0;
  }
};

/// Correlation of a channel with the first one, in [-1, 1]; 0 if one of them is constant. Means are taken
/// out, or a constant offset of cheap hardware would make any two quiet channels alike.
double correlation(const Lane& first, const Lane& other, std::int64_t samples) {
  const auto count = static_cast<double>(samples);
  const double first_variance = first.energy - first.sum * first.sum / count;
  const double other_variance = other.energy - other.sum * other.sum / count;
  const double covariance = other.product - first.sum * other.sum / count;
  const double scale = std::sqrt(std::max(first_variance * other_variance, 0.0));
  return scale > 0.0 ? covariance / scale : 0.0;
}

}  // namespace

struct LevelMeter::Impl {
  int rate_hz = 0;
  std::int64_t samples = 0;
  std::vector<Lane> lanes;
  std::int64_t silent_run = 0;     // blocks
  std::int64_t silent_blocks = 0;  // in long runs that are over

  void follow_silence() {
    for (std::size_t block = 0; block < lanes[0].closed.size(); ++block) {
      const bool sound =
          std::any_of(lanes.begin(), lanes.end(), [&](const Lane& l) { return l.closed[block]; });
      if (!sound) ++silent_run;
      if (!sound) continue;
      silent_blocks += long_run();
      silent_run = 0;
    }
  }

  std::int64_t long_run() const { return silent_run >= kLongSilenceBlocks ? silent_run : 0; }
};

LevelMeter::LevelMeter(int channels, int rate_hz) : impl_(std::make_unique<Impl>()) {
  impl_->rate_hz = rate_hz;
  impl_->lanes.resize(static_cast<std::size_t>(channels));
  for (auto& lane : impl_->lanes)
    lane.loudness.reset(
        ebur128_init(1, static_cast<unsigned long>(rate_hz), EBUR128_MODE_I | EBUR128_MODE_HISTOGRAM));
}
LevelMeter::LevelMeter(LevelMeter&&) noexcept = default;
LevelMeter& LevelMeter::operator=(LevelMeter&&) noexcept = default;
LevelMeter::~LevelMeter() = default;

void LevelMeter::add(const Pcm& pcm) {
  const auto block_samples = static_cast<std::int64_t>(kActivityBlock_s * impl_->rate_hz);
  for (std::size_t i = 0; i < impl_->lanes.size(); ++i)
    impl_->lanes[i].add(pcm.channels[i], pcm.channels[0], block_samples);
  impl_->follow_silence();
  impl_->samples += static_cast<std::int64_t>(pcm.channels[0].size());
}

double LevelMeter::silence_s() const {
  const auto blocks = static_cast<double>(impl_->silent_blocks + impl_->long_run());
  return std::min(duration_s(), blocks * kActivityBlock_s);
}

double LevelMeter::duration_s() const { return static_cast<double>(impl_->samples) / impl_->rate_hz; }

std::vector<ChannelLevel> LevelMeter::levels() const {
  std::vector<ChannelLevel> levels;
  for (const auto& lane : impl_->lanes) {
    ChannelLevel level;
    double loudness = kSilent_lufs;
    if (ebur128_loudness_global(lane.loudness.get(), &loudness) == EBUR128_SUCCESS && std::isfinite(loudness))
      level.loudness_lufs = std::max(loudness, kSilent_lufs);
    level.peak = lane.peak;
    level.clipped_share =
        impl_->samples == 0 ? 0.0 : static_cast<double>(lane.clipped) / static_cast<double>(impl_->samples);
    level.active_s = static_cast<double>(lane.active_blocks) * kActivityBlock_s;
    levels.push_back(level);
  }
  return levels;
}

std::vector<std::vector<Peak>> LevelMeter::peaks() const {
  std::vector<std::vector<Peak>> peaks;
  for (const auto& lane : impl_->lanes) peaks.push_back(lane.waveform.slices());
  return peaks;
}

bool LevelMeter::is_dual_mono() const {
  const auto& lanes = impl_->lanes;
  if (lanes.size() < 2 || lanes[0].active_blocks == 0) return false;
  // A copy with swapped wires is a copy too, hence the absolute value.
  return std::all_of(lanes.begin() + 1, lanes.end(), [&](const Lane& lane) {
    return lane.active_blocks > 0 && std::abs(correlation(lanes[0], lane, impl_->samples)) > kSameSound;
  });
}

}  // namespace guardian::media
