#include "speech/log_mel.h"

#include <kiss_fftr.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace guardian::speech {
namespace {

constexpr int kFft = 400;
constexpr int kHop = 160;
constexpr int kBins = kFft / 2 + 1;
constexpr double kRate_hz = 16000.0;
constexpr float kFloor = 1e-10F;
constexpr float kDynamicRange = 8.0F;  // decades

// Slaney's mel scale: linear below 1 kHz, logarithmic above.
constexpr double kLinearStep_hz = 200.0 / 3.0;
constexpr double kBreak_hz = 1000.0;
constexpr double kBreak_mel = kBreak_hz / kLinearStep_hz;
const double kLogStep = std::log(6.4) / 27.0;

double to_mel(double hz) {
  return hz < kBreak_hz ? hz / kLinearStep_hz : kBreak_mel + std::log(hz / kBreak_hz) / kLogStep;
}
double to_hz(double mel) {
  return mel < kBreak_mel ? mel * kLinearStep_hz : kBreak_hz * std::exp((mel - kBreak_mel) * kLogStep);
}

/// A triangular filter: weights for consecutive bins.
struct Filter {
  int first = 0;
  std::vector<float> weights;
};

std::vector<Filter> make_filters(int bands) {
  std::vector<double> edges_hz;
  edges_hz.reserve(static_cast<std::size_t>(bands) + 2);
  const double top_mel = to_mel(kRate_hz / 2.0);
  for (int i = 0; i < bands + 2; ++i) edges_hz.push_back(to_hz(top_mel * i / (bands + 1)));
  std::vector<Filter> filters;
  for (std::size_t band = 0; band < static_cast<std::size_t>(bands); ++band) {
    const double low = edges_hz[band];
    const double middle = edges_hz[band + 1];
    const double high = edges_hz[band + 2];
    Filter filter;
    for (int bin = 0; bin < kBins; ++bin) {
      const double hz = bin * kRate_hz / kFft;
      const double slope = std::min((hz - low) / (middle - low), (high - hz) / (high - middle));
      if (slope <= 0.0) continue;
      if (filter.weights.empty()) filter.first = bin;
      filter.weights.push_back(static_cast<float>(slope * 2.0 / (high - low)));
    }
    filters.push_back(std::move(filter));
  }
  return filters;
}

struct FftRelease {
  void operator()(kiss_fftr_state* state) const { kiss_fftr_free(state); }
};

}  // namespace

struct LogMel::Impl {
  std::vector<Filter> filters;
  std::vector<float> hann;
  std::unique_ptr<kiss_fftr_state, FftRelease> fft{kiss_fftr_alloc(kFft, 0, nullptr, nullptr)};
  std::vector<float> padded;  // the window with half a frame of its own reflection on both sides

  void pad(std::span<const float> pcm) {
    constexpr std::size_t half = kFft / 2;
    padded.assign(kWindowSamples + kFft, 0.0F);
    std::copy(pcm.begin(), pcm.end(), padded.begin() + static_cast<std::ptrdiff_t>(half));
    constexpr std::size_t last = half + kWindowSamples - 1;
    for (std::size_t i = 1; i <= half; ++i) {
      padded[half - i] = padded[half + i];
      padded[last + i] = padded[last - i];
    }
  }
};

LogMel::LogMel(int bands) : impl_(std::make_unique<Impl>()) {
  impl_->filters = make_filters(bands);
  for (int i = 0; i < kFft; ++i)
    impl_->hann.push_back(static_cast<float>(0.5 - 0.5 * std::cos(2.0 * std::numbers::pi * i / kFft)));
}
LogMel::LogMel(LogMel&&) noexcept = default;
LogMel& LogMel::operator=(LogMel&&) noexcept = default;
LogMel::~LogMel() = default;

int LogMel::bands() const { return static_cast<int>(impl_->filters.size()); }

void LogMel::compute(std::span<const float> pcm, std::span<float> features) {
  impl_->pad(pcm.first(std::min<std::size_t>(pcm.size(), kWindowSamples)));
  std::vector<float> frame(kFft);
  std::vector<kiss_fft_cpx> spectrum(kBins);
  std::vector<float> power(kBins);
  float loudest = std::log10(kFloor);
  for (std::size_t t = 0; t < kWindowFrames; ++t) {
    for (std::size_t i = 0; i < kFft; ++i) frame[i] = impl_->padded[t * kHop + i] * impl_->hann[i];
    kiss_fftr(impl_->fft.get(), frame.data(), spectrum.data());
    for (std::size_t i = 0; i < kBins; ++i)
      power[i] = spectrum[i].r * spectrum[i].r + spectrum[i].i * spectrum[i].i;
    for (std::size_t band = 0; band < impl_->filters.size(); ++band) {
      const auto& filter = impl_->filters[band];
      float energy = 0.0F;
      for (std::size_t i = 0; i < filter.weights.size(); ++i)
        energy += filter.weights[i] * power[static_cast<std::size_t>(filter.first) + i];
      const float value = std::log10(std::max(energy, kFloor));
      features[band * kWindowFrames + t] = value;
      loudest = std::max(loudest, value);
    }
  }
  for (float& value : features.first(impl_->filters.size() * kWindowFrames))
    value = (std::max(value, loudest - kDynamicRange) + 4.0F) / 4.0F;
}

}  // namespace guardian::speech
